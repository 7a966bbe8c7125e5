import ChatProtocol
import NIOCore
import Transport

@testable import ChatClient

/// A connection of a simulated process.
final class SimulatedConnection: LinkConnection, FrameConnectionDelegate {
    private let base: FrameConnection
    private let wire: ProcessWire
    private var delegate: (any FrameConnectionDelegate)?
    private var held: [(correlation: UInt32, bytes: ByteBuffer)] = []
    private var unanswered: Set<UInt32> = []
    private var lost: UInt32?
    /// Of the server that it is a connection to.
    private let life: Int

    init(_ base: FrameConnection, _ wire: ProcessWire) {
        self.base = base
        self.wire = wire
        life = wire.life.number
    }

    /// Nothing passes any more.
    private var isCut: Bool { wire.isCut || wire.life.isOver(life) }

    var eventLoop: any EventLoop { base.eventLoop }
    var channelBinding: [UInt8] { base.channelBinding }

    func start(delegate: any FrameConnectionDelegate) {
        self.delegate = delegate
        wire.opened(self)
        base.start(delegate: self)
        if isCut { close(flushing: false) }
    }

    func close(flushing: Bool) { base.close(flushing: flushing) }

    private static let free: Set<FrameKind> = [.loginByDevice, .loginByIdentity, .loginByPassword, .register, .ping]

    func write(_ bytes: ByteBuffer) {
        guard !isCut else { return }
        var rest = bytes
        guard rest.readInteger(as: UInt32.self) != nil, let kind = rest.readInteger(as: UInt8.self),
            let correlation = rest.readInteger(as: UInt32.self), let frame = FrameKind(rawValue: kind),
            correlation != 0, !Self.free.contains(frame)
        else { return base.write(bytes) }
        switch wire.meets(frame, Array(rest.readableBytesView), on: self) {
        case .goes: send(correlation, bytes)
        case .waits: held.append((correlation, bytes))
        case .isLost: base.close(flushing: false)
        case .losesAnswer:
            lost = correlation
            send(correlation, bytes)
        }
    }

    func sendHeld() {
        guard !held.isEmpty else { return }
        let next = held.removeFirst()
        send(next.correlation, next.bytes)
    }

    private func send(_ correlation: UInt32, _ bytes: ByteBuffer) {
        guard !isCut else { return }
        unanswered.insert(correlation)
        wire.sent()
        base.write(bytes)
    }

    // MARK: What comes

    func connectionDidOpen(_ connection: FrameConnection) { delegate?.connectionDidOpen(connection) }
    func connectionReadComplete(_ connection: FrameConnection) { delegate?.connectionReadComplete(connection) }
    func connectionDidBecomeWritable(_ connection: FrameConnection) {
        delegate?.connectionDidBecomeWritable(connection)
    }

    func connection(_ connection: FrameConnection, didReceive frame: RawFrame) {
        guard !isCut else { return }
        if frame.correlation != 0, frame.correlation == lost { return base.close(flushing: false) }
        delegate?.connection(connection, didReceive: frame)
        if unanswered.remove(frame.correlation) != nil { wire.answered() }
    }

    func connection(_ connection: FrameConnection, didReceiveInvalid error: FrameError) {
        delegate?.connection(connection, didReceiveInvalid: error)
    }

    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        wire.closed(self, unanswered: unanswered.count)
        unanswered = []
        held = []
        delegate?.connectionDidClose(connection, reason: reason)
        delegate = nil
    }
}
