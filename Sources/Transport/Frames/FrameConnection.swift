import ChatProtocol
import NIOCore

/// Hears what happens on a connection, on its event loop and never from within a call to the connection.
package protocol FrameConnectionDelegate: AnyObject {
    /// A server's part of the TLS handshake is done: what is written now goes out with it, to whoever has connected, and saves a
    /// round trip.
    func connectionMayGreet(_ connection: FrameConnection)
    /// The TLS handshake is done.
    func connectionDidOpen(_ connection: FrameConnection)
    func connection(_ connection: FrameConnection, didReceive frame: RawFrame)
    /// What came in is no frame. Nothing more is received; the delegate may `write` a last word and `close`. If it does
    /// not, the connection ends at once.
    func connection(_ connection: FrameConnection, didReceiveInvalid error: FrameError)
    /// All frames that came in together were given.
    func connectionReadComplete(_ connection: FrameConnection)
    /// `isWritable` was false and is true again.
    func connectionDidBecomeWritable(_ connection: FrameConnection)
    /// The end; comes exactly once, whatever came before it, and nothing after it.
    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason)
}

extension FrameConnectionDelegate {
    package func connectionMayGreet(_ connection: FrameConnection) {}
    package func connection(_ connection: FrameConnection, didReceiveInvalid error: FrameError) {}
}

/// A connection that carries frames over TLS.
///
/// Not Sendable: it and its delegate live on one event loop. The connection holds its delegate until it has closed.
package final class FrameConnection {
    enum State: Equatable {
        case handshaking
        case open
        /// Sending what is left, then the goodbye; nothing is received any more.
        case draining
        case closed
    }

    /// Bytes waiting beyond which `isWritable` is false: enough to keep a socket busy for a tick.
    package static let highWater = 64 << 10

    /// Who is at the other end.
    package let remoteAddress: NetworkAddress
    package var eventLoop: any EventLoop { loop.eventLoop }
    package internal(set) var delegate: (any FrameConnectionDelegate)?

    let loop: TransportLoop
    let limits: ConnectionLimits
    let engine: TLSEngine
    /// What carries it; nil before and after.
    private(set) var channel: (any ByteChannel)?
    var state = State.handshaking
    var reason: CloseReason?

    // Receiving.
    var splitter: FrameSplitter
    var inbound = ByteBuffer()
    /// Nil once the handshake is done, and where hellos are not judged.
    var helloGate: HelloGate?
    /// Plaintext that came in one record with a frame after which reading was paused.
    var heldPlaintext: [UInt8] = []
    var isPaused: Bool
    /// The channel asked to read while reading was paused.
    var hasReadWaiting = false
    var isReceiving = false
    var framesReceived: UInt64 = 0

    // Sending.
    var backlog = OutboundBacklog()
    /// Bytes that the channel could not hand to the kernel at once; nothing is encrypted until it has.
    var bytesInChannel = 0
    var blockings: UInt64 = 0
    var isDirty = false
    var owesWritable = false
    var hasSaidGoodbye = false
    var hasHalfClosed = false

    // Timers, each nil unless running.
    var deadline: Scheduled<Void>?
    var frameTimer: Scheduled<Void>?
    var stallTimer: Scheduled<Void>?

    init(
        loop: TransportLoop, remoteAddress: NetworkAddress, engine: TLSEngine, limits: ConnectionLimits,
        isPaused: Bool
    ) {
        self.loop = loop
        self.remoteAddress = remoteAddress
        self.engine = engine
        self.limits = limits
        self.isPaused = isPaused
        splitter = FrameSplitter(limit: limits.frameLimit)
        helloGate = limits.helloLimit.map { HelloGate(limit: $0) }
    }

    func attach(to channel: any ByteChannel) { self.channel = channel }
    func detach() { channel = nil }

    /// Whether the handshake is done and the connection not closing.
    package var isOpen: Bool { state == .open }

    /// 32 bytes that only the two ends of this connection know (RFC 9266); empty before it is open and after its end.
    package var channelBinding: [UInt8] { state == .open ? engine.channelBinding : [] }

    /// The key that the peer proved to hold; nil where it showed no certificate.
    package var peerPin: PublicKeyPin? { engine.peerPin }

    /// The largest `length` of a frame (kind, correlation, body) accepted from the next frame on. A frame after which
    /// reading was paused is the last one judged by the old limit.
    package func setFrameLimit(_ limit: Int) { splitter.limit = limit }

    /// Bytes that a frame which has not come whole will take; none where there is no such frame.
    package var announcedBytes: Int { splitter.isMidFrame ? splitter.announcedBytes : 0 }
    /// Bytes of memory that it takes now.
    package var halfReadBytes: Int { splitter.isMidFrame ? splitter.reservedBytes : 0 }

    // MARK: Sending

    /// Bytes written that the kernel has not taken yet.
    package var pendingBytes: Int { backlog.bytes + bytesInChannel }

    /// Whether more should be written now. Asking when it is not promises `connectionDidBecomeWritable`.
    package var isWritable: Bool {
        let isWritable = bytesInChannel == 0 && backlog.bytes < Self.highWater
        if !isWritable { owesWritable = true }
        return isWritable
    }

    /// Sends encoded frames, at the end of this tick together with all that is written in it. The buffer may be shared
    /// between connections. Ignored once the connection is closing.
    package func write(_ bytes: ByteBuffer) {
        guard state == .open || state == .handshaking else { return }
        backlog.append(bytes)
        markDirty()
    }

    /// Sends what waits now and not at the end of the tick.
    package func flush() {
        guard state == .open || state == .draining, bytesInChannel == 0 else { return }
        sealBacklog()
    }

    // MARK: Receiving

    /// No frame is given any more until `resumeReading`, and the peer is made to wait.
    package func pauseReading() { isPaused = true }

    package func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        guard !isReceiving else { return }
        loop.later { self.continueReading() }
    }

    // MARK: Closing

    /// Ends the connection: with `flushing` after what was written was sent and the peer has closed its side too, at
    /// the latest after `ConnectionLimits.closeTimeout`; else at once. The delegate hears of it once it is done.
    package func close(flushing: Bool) {
        if flushing && state == .open { drain(because: .closedHere) } else { end(because: .closedHere) }
    }

    /// For a client: gives the connection its delegate and lets frames in. Where the connection has ended meanwhile,
    /// the delegate hears of that.
    package func start(delegate: any FrameConnectionDelegate) {
        self.delegate = delegate
        if state == .closed {
            reportClosed()
        } else {
            resumeReading()
        }
    }
}
