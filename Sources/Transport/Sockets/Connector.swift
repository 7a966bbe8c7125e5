import ChatProtocol
import NIOCore
import NIOPosix

/// What a server must show before a connection to it may be used.
package enum TrustPolicy: Equatable, Sendable {
    /// This key, whatever its certificate says.
    case pin(PublicKeyPin)
    /// A certificate for this name that verifies against the authorities.
    case certificateAuthority(name: String)
    /// Nothing: the caller looks at `PeerIdentity` and closes the connection or starts it. With a name, it is told too
    /// whether the certificate verifies for that.
    case inspect(name: String?)
}

/// What a server showed.
package struct PeerIdentity: Equatable, Sendable {
    /// Its key, which it proved to hold.
    package var pin: PublicKeyPin
    package enum Verification: Equatable, Sendable {
        /// Nobody asked.
        case notAsked
        /// The certificate is for the name and an authority vouches for it.
        case verified
        /// It is not, for this reason.
        case failed(String)
    }
    package var verification: Verification
}

/// Why there is no connection.
package enum ConnectError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nothing answers there; the kernel's or resolver's words.
    case unreachable(String)
    /// Not done in the time given.
    case timedOut
    /// The server ended the connection during the handshake.
    case closed(String)
    case tls(TLSFailure)
    /// It shows something else than the policy demands. Nothing was sent.
    case untrusted(PeerIdentity)
    /// Nothing is left of memory or the like.
    case internalFailure(String)

    package var description: String {
        switch self {
        case .unreachable(let reason): reason
        case .timedOut: "no answer in time"
        case .closed(let reason): "the server ended the handshake: \(reason)"
        case .tls(let failure): failure.description
        case .untrusted(let peer): "the server shows the key \(peer.pin), which is not the one expected"
        case .internalFailure(let reason): reason
        }
    }
}

/// A connection whose handshake is done and whose server fits the policy. Nothing was sent on it.
package struct OpenedConnection: Sendable {
    package var peer: PeerIdentity
    /// When its certificate ends.
    package var certificateEnd: Timestamp
    package var eventLoop: any EventLoop
    private var bound: NIOLoopBound<FrameConnection>

    init(peer: PeerIdentity, certificateEnd: Timestamp, connection: FrameConnection) {
        self.peer = peer
        self.certificateEnd = certificateEnd
        eventLoop = connection.eventLoop
        bound = NIOLoopBound(connection, eventLoop: connection.eventLoop)
    }

    /// The connection, on its event loop only. It receives nothing until `start(delegate:)`.
    package var connection: FrameConnection { bound.value }
}

/// Makes connections to servers.
package enum Connector {
    /// Connects to `address`, whose host may be a name: all its addresses are tried (RFC 8305).
    ///
    /// Call it on the event loop of `loop`. `timeout` covers everything from the look-up to the end of the handshake.
    ///
    /// - Parameter proxy: through which it goes; what `trust` demands is of the server all the same.
    package static func connect(
        to address: NetworkAddress, through proxy: Proxy? = nil, trust: TrustPolicy, timeout: TimeAmount,
        on loop: TransportLoop, authorities: TrustedAuthorities = .system
    ) -> EventLoopFuture<OpenedConnection> {
        ConnectAttempt(address: address, proxy: proxy, trust: trust, authorities: authorities, loop: loop)
            .run(timeout: timeout)
    }
}
