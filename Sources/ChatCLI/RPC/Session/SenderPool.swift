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
    private struct Submission: Sendable {
        var message: OutgoingMessage
        var tag: UInt64
        var since: ContinuousClock.Instant
    }

    private struct State {
        var replies: [UInt64: RPCReply] = [:]
        var nextTag: UInt64 = 0
        var isClosed = false
    }

    private let sender: MessageSender
    private let inbox = Mailbox<Submission>()
    private let state = Mutex(State())
    private let idle: @Sendable () -> Void

    /// - Parameter idle: called when the last message under way is decided.
    init(client: Client, options: SendOptions, idle: @escaping @Sendable () -> Void) {
        let sender = client.makeSender(options: options)
        self.sender = sender
        self.idle = idle
        Task { await self.feed() }
        Task { for await result in sender.results { self.take(result) } }
    }

    /// False where it is closed.
    func submit(_ message: OutgoingMessage, reply: RPCReply) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.replies[state.nextTag] = reply
            // Under the lock, so that the order of tags is the order of messages.
            inbox.post(Submission(message: message, tag: state.nextTag, since: .now))
            state.nextTag += 1
            return true
        }
    }

    /// Closes it where nothing is under way.
    func closeIfIdle() -> Bool {
        let closes = state.withLock { state in
            guard state.replies.isEmpty else { return false }
            state.isClosed = true
            return true
        }
        if closes { inbox.signal.set() }
        return closes
    }

    /// Beside the session: it waits while as many are with the sender as may be.
    private func feed() async {
        while true {
            for submission in inbox.drain() {
                await sender.submit(submission.message, tag: submission.tag, since: submission.since)
            }
            if state.withLock({ $0.isClosed }) { return await sender.finish() }
            await inbox.signal.wait()
        }
    }

    private func take(_ result: SendResult) {
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
