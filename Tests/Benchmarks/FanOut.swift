import ChatProtocol
import NIOCore
import Transport

/// Sends messages with a fixed number in flight, until all were answered and every receiver has got all of them.
/// Confined to its event loop.
final class FanOut {
    struct Load: Sendable {
        var bodyBytes: Int
        var inFlight: Int
        var messages: Int
        var receivers: Int
        var deliveries: Double { Double(messages * receivers) }
    }

    private let load: Load
    private let promise: EventLoopPromise<Void>
    private let send: (Int) -> Void
    private var sent = 0
    private var answered = 0
    private var received = 0

    /// `send` sends the message with that number.
    init(_ load: Load, on eventLoop: any EventLoop, send: @escaping (Int) -> Void) {
        self.load = load
        self.send = send
        promise = eventLoop.makePromise()
    }

    func run() -> EventLoopFuture<Void> {
        sendMore()
        watch(progress: 0)
        return promise.futureResult
    }

    /// Receivers got so many entries.
    func gotEntries(_ count: Int) {
        received += count
        finishIfDone()
    }

    /// The sender got an answer.
    func gotAnswer(_ frame: RawFrame) {
        guard frame.frameKind != .failure else {
            return promise.fail((try? frame.decode(Failure.self)) ?? Failure(.internalError))
        }
        answered += 1
        sendMore()
        finishIfDone()
    }

    func fail(_ error: any Error) { promise.fail(error) }

    /// A run that has got stuck says where, rather than never ending.
    private func watch(progress before: Int) {
        guard !isDone else { return }
        let progress = answered + received
        guard progress > before || before == 0 else {
            let state = "\(sent) sent, \(answered) answered, \(received) of \(load.messages * load.receivers) received"
            return fail(Child.Failed(description: "no progress: " + state))
        }
        promise.futureResult.eventLoop.assumeIsolated().scheduleTask(in: .seconds(20)) {
            self.watch(progress: progress)
        }
    }

    private var isDone: Bool { answered == load.messages && received == load.messages * load.receivers }

    private func sendMore() {
        while sent < load.messages && sent - answered < load.inFlight {
            sent += 1
            send(sent)
        }
    }

    private func finishIfDone() {
        if isDone { promise.succeed() }
    }
}

/// A connection to a server that only forwards.
final class ForwarderClient: FrameConnectionDelegate {
    var connection: FrameConnection?
    var onFrame: (RawFrame) -> Void = { _ in }
    var onClose: (CloseReason) -> Void = { _ in }

    func connectionDidOpen(_ connection: FrameConnection) {}
    func connection(_ connection: FrameConnection, didReceive frame: RawFrame) { onFrame(frame) }
    func connectionReadComplete(_ connection: FrameConnection) {}
    func connectionDidBecomeWritable(_ connection: FrameConnection) {}
    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        onClose(reason)
        (onFrame, onClose) = ({ _ in }, { _ in })
        self.connection = nil
    }
}
