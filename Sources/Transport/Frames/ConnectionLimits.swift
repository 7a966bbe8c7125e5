import ChatProtocol
import NIOCore

/// How long a connection waits for its peer, and how much it keeps for it.
package struct ConnectionLimits: Sendable {
    /// From accept to the end of the TLS handshake; nil: not watched.
    package var handshakeTimeout: TimeAmount?
    /// From a frame's first byte to its last, once it did not come whole; nil: not watched.
    package var frameTimeout: TimeAmount?
    /// Without progress while something waits to be sent; nil: not watched.
    package var stallTimeout: TimeAmount?
    /// From `close(flushing: true)` to the hard end.
    package var closeTimeout: TimeAmount
    /// The largest `length` of a frame accepted at first.
    package var frameLimit: Int
    /// The largest message of the peer before the handshake is encrypted; nil: what OpenSSL takes.
    package var helloLimit: Int?

    package init(
        handshakeTimeout: TimeAmount?, frameTimeout: TimeAmount?, stallTimeout: TimeAmount?,
        closeTimeout: TimeAmount = .seconds(5), frameLimit: Int, helloLimit: Int? = nil
    ) {
        self.handshakeTimeout = handshakeTimeout
        self.frameTimeout = frameTimeout
        self.stallTimeout = stallTimeout
        self.closeTimeout = closeTimeout
        self.frameLimit = frameLimit
        self.helloLimit = helloLimit
    }

    /// What a server grants strangers (`Limits`).
    package static let server = ConnectionLimits(
        handshakeTimeout: .seconds(Int64(Limits.handshakeSeconds)),
        frameTimeout: .seconds(Int64(Limits.stalledSeconds)),
        stallTimeout: .seconds(Int64(Limits.stalledSeconds)),
        frameLimit: Limits.frameBeforeLogin, helloLimit: HelloGate.usualLimit)

    /// What a client grants the server it chose: any frame; its own time-outs, of which that of the connection attempt is one,
    /// bound the rest.
    package static let client = ConnectionLimits(
        handshakeTimeout: nil, frameTimeout: nil, stallTimeout: nil, frameLimit: Limits.frame)
}
