import ChatClient
import Synchronization

/// The senders of a session: one for each way of sending, many messages in flight in each.
final class SenderPool: Sendable {
    private let client: Client
    private let lanes = Mutex<[SendOptions: SendLane]>([:])

    init(client: Client) { self.client = client }

    /// Messages that are sent alike go out in the order of the calls.
    func send(_ message: OutgoingMessage, options: SendOptions, reply: RPCReply) {
        lanes.withLock { lanes in
            if let lane = lanes[options], lane.submit(message, reply: reply) { return }
            let lane = SendLane(client: client, options: options) { [weak self] in self?.rest(options) }
            lanes[options] = lane
            _ = lane.submit(message, reply: reply)
        }
    }

    /// A lane has nothing to do: it stays, unless there are many.
    private func rest(_ options: SendOptions) {
        lanes.withLock { lanes in
            guard lanes.count > RPCLimits.idleSenders, let lane = lanes[options], lane.closeIfIdle() else { return }
            lanes[options] = nil
        }
    }
}

/// A long-lived sender, and who waits for what became of each of its messages.
final class SendLane: Sendable {
    private let sender: MessageSender
    private let waiting: WaitingReplies

    /// - Parameter idle: called when the last message under way is decided.
    init(client: Client, options: SendOptions, idle: @escaping @Sendable () -> Void) {
        let waiting = WaitingReplies(idle: idle)
        self.waiting = waiting
        sender = client.makeSender(options: options) { waiting.take($0) }
    }

    /// False where it is closed.
    func submit(_ message: OutgoingMessage, reply: RPCReply) -> Bool {
        waiting.add(reply) { sender.post(message, tag: $0) }
    }

    /// Closes it where nothing is under way.
    func closeIfIdle() -> Bool {
        guard waiting.closeIfEmpty() else { return false }
        Task { await sender.close() }
        return true
    }
}

/// The replies that messages of a lane wait for.
private final class WaitingReplies: Sendable {
    private struct State {
        var replies: [UInt64: RPCReply] = [:]
        var nextTag: UInt64 = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let idle: @Sendable () -> Void

    init(idle: @escaping @Sendable () -> Void) { self.idle = idle }

    /// - Parameter send: hands over the message, under the lock: the order of tags is the order of messages.
    /// - Returns: false where it is closed.
    func add(_ reply: RPCReply, send: (UInt64) -> Void) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.replies[state.nextTag] = reply
            send(state.nextTag)
            state.nextTag += 1
            return true
        }
    }

    func closeIfEmpty() -> Bool {
        state.withLock { state in
            guard state.replies.isEmpty else { return false }
            state.isClosed = true
            return true
        }
    }

    func take(_ result: SendResult) {
        let (reply, isLast) = state.withLock { state in
            (state.replies.removeValue(forKey: result.tag), state.replies.isEmpty)
        }
        let acknowledgement = result.acknowledgement
        if let problem = acknowledgement.problem {
            reply?.fail(RPCError(problem, acknowledgement))
        } else {
            reply?.succeed(JSONLines.acknowledgement(acknowledgement))
        }
        if isLast { idle() }
    }
}
