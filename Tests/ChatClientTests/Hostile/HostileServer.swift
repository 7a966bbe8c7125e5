import ChatProtocol
import NIOCore
import Synchronization
import Transport

@testable import ChatClient

/// The real server with one lie: what it says to one device is changed on its way, and what the device says is written down.
final class HostileServer: Sendable {
    typealias Lie = @Sendable (RawFrame) -> [RawFrame]

    private let lie: Lie
    private let ignored: FrameKind?
    private let heard = Mutex<[RawFrame]>([])

    /// - Parameter ignored: what it does not want to hear.
    init(ignoring ignored: FrameKind? = nil, _ lie: @escaping Lie) {
        self.ignored = ignored
        self.lie = lie
    }

    /// Changes one kind of what it says.
    static func frames<Body: FrameBody>(
        _ type: Body.Type, ignoring ignored: FrameKind? = nil, _ change: @escaping @Sendable (inout Body) -> Void
    ) -> HostileServer {
        HostileServer(ignoring: ignored) { frame in
            guard frame.kind == Body.kind.rawValue, var body = try? frame.decode(Body.self) else { return [frame] }
            change(&body)
            return [body.frame(correlation: frame.correlation)]
        }
    }

    /// Changes entries, as they are delivered and as they are read.
    static func entries(_ change: @escaping @Sendable (Entry) -> [Entry]) -> HostileServer {
        HostileServer { frame in
            if let entry = try? frame.decode(Entry.self), frame.frameKind == .entry {
                return change(entry).map { $0.frame() }
            }
            guard frame.frameKind == .logPage, var page = try? frame.decode(LogPage.self) else { return [frame] }
            page.entries = page.entries.flatMap(change)
            return [page.frame(correlation: frame.correlation)]
        }
    }

    /// What the device has said.
    func bodies<Body: FrameBody>(_ type: Body.Type = Body.self) -> [Body] {
        heard.withLock { $0 }.filter { $0.kind == Body.kind.rawValue }.compactMap { try? $0.decode(Body.self) }
    }

    func has(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return heard.withLock { $0 }.contains { frame in
            frame.body.indices.contains { frame.body[$0...].starts(with: bytes) }
        }
    }

    func line(_ connection: FrameConnection) -> any LinkConnection { LyingConnection(connection, self) }

    /// - Returns: whether it listens.
    fileprivate func hears(_ bytes: ByteBuffer) -> Bool {
        var rest = bytes
        guard rest.readInteger(as: UInt32.self) != nil, let kind = rest.readInteger(as: UInt8.self),
            let correlation = rest.readInteger(as: UInt32.self)
        else { return true }
        let frame = RawFrame(kind: kind, correlation: correlation, body: Array(rest.readableBytesView))
        heard.withLock { $0.append(frame) }
        return ignored == nil || frame.frameKind != ignored
    }

    fileprivate func says(_ frame: RawFrame) -> [RawFrame] { lie(frame) }
}

/// Whether a server has begun to lie, or has thought better of it.
final class Switch: Sendable {
    private let state = Mutex(false)
    var isOn: Bool { state.withLock { $0 } }
    func turnOn() { state.withLock { $0 = true } }
}

/// A connection on which that server lies.
private final class LyingConnection: LinkConnection, FrameConnectionDelegate {
    private let base: FrameConnection
    private let server: HostileServer
    private var delegate: (any FrameConnectionDelegate)?

    init(_ base: FrameConnection, _ server: HostileServer) {
        self.base = base
        self.server = server
    }

    var eventLoop: any EventLoop { base.eventLoop }
    var channelBinding: [UInt8] { base.channelBinding }

    func start(delegate: any FrameConnectionDelegate) {
        self.delegate = delegate
        base.start(delegate: self)
    }

    func write(_ bytes: ByteBuffer) {
        if server.hears(bytes) { base.write(bytes) }
    }

    func close(flushing: Bool) { base.close(flushing: flushing) }

    func connectionDidOpen(_ connection: FrameConnection) { delegate?.connectionDidOpen(connection) }
    func connectionReadComplete(_ connection: FrameConnection) { delegate?.connectionReadComplete(connection) }
    func connectionDidBecomeWritable(_ connection: FrameConnection) {
        delegate?.connectionDidBecomeWritable(connection)
    }
    func connection(_ connection: FrameConnection, didReceive frame: RawFrame) {
        for frame in server.says(frame) { delegate?.connection(connection, didReceive: frame) }
    }
    func connection(_ connection: FrameConnection, didReceiveInvalid error: FrameError) {
        delegate?.connection(connection, didReceiveInvalid: error)
    }
    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        delegate?.connectionDidClose(connection, reason: reason)
        delegate = nil
    }
}
