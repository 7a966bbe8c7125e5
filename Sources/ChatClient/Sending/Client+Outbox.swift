import CLISupport
import ChatProtocol
import Logging
import Transport

/// The outbox: what was queued goes first with the next connection.
extension Client {
    /// Messages that are sent without waiting for each other's acknowledgement.
    private static let outboxWindow = 64

    package func outbox() throws(Problem) -> [OutboxItem] {
        try storeForReading { try $0.outboxItems(now: WallClock.now) }
    }

    /// - Throws: 67 `no_such_name`.
    package func dropFromOutbox(_ id: MessageID) throws(Problem) {
        guard try store({ store in try store.write { try store.dropFromOutbox(id) } }) else {
            throw Problem(.noSuchName, "no message \(id.uuid) is in the outbox", hint: "see chat outbox list")
        }
    }

    /// Sends what is queued, failed ones too; an acknowledgement for each that was tried.
    ///
    /// - Throws: what stood in the way of all of them.
    package func flushOutbox(timeout: Duration? = .seconds(30)) async throws(Problem) -> [Acknowledgement] {
        // Connecting would send what waits, and nobody would be told.
        isFlushingOutbox = true
        defer { isFlushingOutbox = false }
        guard try !outbox().isEmpty else { return [] }
        let (link, _) = try await loggedInLink()
        return try await flush(on: link, includingFailed: true, timeout: timeout)
    }

    /// Sends what is queued, in the name of another command, whose outcome it does not change.
    func flushQuietly(on link: Link) async {
        do throws(Problem) {
            for item in try await flush(on: link, includingFailed: false, timeout: .seconds(10)) {
                if let problem = item.problem {
                    log.warning("a queued message to \(item.conversation) was not sent: \(problem.text)")
                } else {
                    log.info("a queued message to \(item.conversation) was sent")
                }
            }
        } catch { log.warning("the outbox was not sent: \(error.text)") }
    }

    /// Sends in the order of queuing until nothing is left, or something that may pass stands in the way.
    private func flush(
        on link: Link, includingFailed: Bool, timeout: Duration?
    ) async throws(Problem) -> [Acknowledgement] {
        let deadline = timeout.map { Monotonic.now + $0 }
        var done: [Acknowledgement] = []
        var tried: Set<Int64> = []
        while deadline.map({ Monotonic.now < $0 }) ?? true {
            let queued = try store { store in
                try store.write {
                    try store.takeQueued(
                        includingFailed: includingFailed, now: WallClock.now, limit: Self.outboxWindow + tried.count)
                }
            }
            let batch = queued.filter { !tried.contains($0.number) }.prefix(Self.outboxWindow)
            guard !batch.isEmpty else { break }
            tried.formUnion(batch.map(\.number))
            let (acknowledgements, goesOn) = await flush(Array(batch), on: link, deadline: deadline)
            done += acknowledgements
            guard goesOn else { break }
        }
        return done
    }

    private func flush(
        _ batch: [QueuedMessage], on link: Link, deadline: Duration?
    ) async -> (done: [Acknowledgement], goesOn: Bool) {
        var replies: [(QueuedMessage, ReplyBox?, Problem?)] = []
        var blocked: Set<ConversationName> = []
        for message in batch where !blocked.contains(message.conversation) {
            do throws(Problem) {
                let known = try recall(message.conversation)
                let conversation: OpenedConversation
                if let known {
                    conversation = known
                } else {
                    conversation = try await openConversation(message.conversation, on: link)
                }
                let append = Append(
                    conversation: conversation.id, id: message.id, payload: message.content.wireBytes)
                replies.append((message, ReplyBox(append, on: link, deadline: deadline), nil))
            } catch {
                replies.append((message, nil, error))
                if error.mayPassByItself { blocked.insert(message.conversation) }
            }
        }
        var done: [Acknowledgement] = []
        var goesOn = true
        for (message, box, problem) in replies {
            var result: Result<Appended, Problem> = .failure(problem ?? Problem(.internalFault, "no reply"))
            if let box { result = await box.reply() }
            if case .failure(let problem) = result, problem.code == ErrorCode.noSuchConversation.name {
                result = await sendAnew(message, on: link, deadline: deadline)
            }
            let acknowledgement = settle(message, result)
            done.append(acknowledgement)
            if acknowledgement.problem?.mayPassByItself == true { goesOn = false }
        }
        return (done, goesOn)
    }

    /// Sends to a conversation that the server knows under another identifier than we did.
    private func sendAnew(
        _ message: QueuedMessage, on link: Link, deadline: Duration?
    ) async -> Result<Appended, Problem> {
        do throws(Problem) {
            let conversation = try await openConversation(message.conversation, on: link)
            let append = Append(conversation: conversation.id, id: message.id, payload: message.content.wireBytes)
            return await ReplyBox(append, on: link, deadline: deadline).reply()
        } catch { return .failure(error) }
    }

    /// Takes a message that was sent out of the outbox, or keeps why not.
    private func settle(_ message: QueuedMessage, _ result: Result<Appended, Problem>) -> Acknowledgement {
        var acknowledgement = Acknowledgement(
            id: message.id, conversation: message.conversation, time: WallClock.now, status: .failed)
        do throws(Problem) {
            let appended = try result.get()
            storeSent([(appended, message.content)])
            try store { store in try store.write { try store.removeFromOutbox(message.number) } }
            acknowledgement.seq = appended.seq
            acknowledgement.time = appended.time
            acknowledgement.status = .accepted
        } catch {
            var problem = error
            problem.id = message.id.uuid
            problem.conversation = message.conversation.text
            let passes = problem.mayPassByItself
            acknowledgement.status = passes ? .queued : .failed
            acknowledgement.problem = problem
            do throws(Problem) {
                try store { store in
                    try store.write { try store.noteAttempt(message.number, code: problem.code, failed: !passes) }
                }
            } catch { log.warning("the outbox was not kept: \(error.text)") }
        }
        return acknowledgement
    }

    static func digest(_ content: Content) -> [UInt8] { SHA256.hash(content.wireBytes) }
}

/// A reply that is waited for later.
private final class ReplyBox: Sendable {
    private let task: Task<Result<Appended, Problem>, Never>

    /// Sends at once, so that several go out in the order of their making.
    init(_ append: Append, on link: Link, deadline: Duration?) {
        let (stream, continuation) = AsyncStream.makeStream(of: Result<RawFrame, Problem>.self)
        link.send(append, timeout: deadline.map { max(.milliseconds(1), $0 - Monotonic.now) }) { reply in
            continuation.yield(reply)
            continuation.finish()
        }
        let address = link.address
        task = Task {
            for await reply in stream {
                return reply.flatMap { frame in
                    Result { () throws(Problem) in try Link.decode(frame, from: address) as Appended }
                }
            }
            return .failure(Problem(.unreachable, "the connection has ended"))
        }
    }

    func reply() async -> Result<Appended, Problem> { await task.value }
}
