import CLISupport
import ChatProtocol
import NIOCore

/// Sends messages in the order in which they are submitted, many in flight, across lost connections.
package actor MessageSender {
    /// Messages under way beyond which `submit` waits: two windows, so that the wire never runs dry.
    static let capacity = 2 * SendQueue.window

    private enum Event: Sendable {
        case connected(Link)
        case connectFailed(Problem)
        case resolved(ConversationName, Result<ConversationID, Problem>, on: ObjectIdentifier)
        case replied(tag: UInt64, Result<Appended, Problem>, on: ObjectIdentifier)
        case receipt(ConversationID, ReceiptState)
    }

    /// One for each submitted message, when it is decided; ends after `finish`, when all are.
    package nonisolated let results: AsyncStream<SendResult>

    private let client: Client
    private let options: SendOptions
    /// Whether a first connection that fails is tried again.
    private let isPatient: Bool
    private let continuation: AsyncStream<SendResult>.Continuation
    private let mailbox = Mailbox<Event>()
    private var queue: SendQueue
    private var contents: [UInt64: Content] = [:]
    /// Those for which the server keeps what was sent before.
    private var fromBefore: Set<UInt64> = []
    /// Whose receipts count, by conversation.
    private var recipients: [ConversationID: AccountID] = [:]
    private var link: Link?
    private var isConnecting = false
    private var hasBeenConnected = false
    private var backoff = Backoff()
    private var retryAt: Duration?
    private var isFinished = false
    private var givenUp: Problem?
    private var runner: Task<Void, Never>?
    private var submitters: [CheckedContinuation<Void, Never>] = []

    init(client: Client, options: SendOptions, isPatient: Bool) {
        self.client = client
        self.options = options
        self.isPatient = isPatient
        queue = SendQueue(options: options)
        (results, continuation) = AsyncStream.makeStream()
    }

    /// Hands over a message. Suspends while as many are under way as may be (the server is away, or slows us down).
    ///
    /// - Parameter since: from when its time counts.
    package func submit(
        _ message: OutgoingMessage, tag: UInt64, since: ContinuousClock.Instant = .now
    ) async {
        while queue.count >= Self.capacity {
            await withCheckedContinuation { submitters.append($0) }
        }
        let now = WallClock.now
        do throws(Problem) {
            let account = try await client.ownAccount()
            if options.wait > .accepted && message.conversation == .everyone {
                throw Problem(
                    .usage, "--wait \(options.wait.rawValue) is for direct messages; everyone is only accepted",
                    sent: .no)
            }
            if let givenUp { throw givenUp }
            let id = try MessageIdentity.id(
                key: message.key, account: account, conversation: message.conversation, now: now)
            let content = Content(body: message.body, replyTo: message.replyTo, sent: now, auto: message.auto)
            contents[tag] = content
            queue.submit(
                tag: tag, conversation: message.conversation, id: id, content: content,
                now: Monotonic.now - since.duration(to: .now))
        } catch {
            var problem = error
            problem.conversation = message.conversation.text
            problem.sent = .no
            continuation.yield(
                SendResult(
                    tag: tag,
                    acknowledgement: Acknowledgement(
                        id: nil, conversation: message.conversation, time: now, status: .failed, problem: problem)))
        }
        run()
    }

    /// No message follows.
    package func finish() {
        isFinished = true
        run()
    }

    /// Ends what is not decided, and what is still handed over, as given up: with `problem`, and whether it may have
    /// gone out.
    package func giveUp(_ problem: Problem) {
        givenUp = problem
        queue.giveUp(problem)
        run()
    }

    // MARK: The runner

    private func run() {
        // A loop that runs already may be asleep, with nothing under way.
        guard runner == nil else { return mailbox.signal.set() }
        runner = Task { await self.loop() }
    }

    private func loop() async {
        if options.wait > .accepted {
            let mailbox = mailbox
            await client.addReceiptSink(ObjectIdentifier(self)) { mailbox.post(.receipt($0, $1)) }
        }
        while true {
            await take(mailbox.drain())
            while case let decisions = queue.next(now: Monotonic.now), !decisions.isEmpty {
                await carryOut(decisions)
            }
            admit()
            if isFinished && queue.count == 0 { break }
            if queue.needsConnection { connect() } else { retryAt = nil }
            await mailbox.signal.wait(until: [queue.wakeAt, retryAt].compactMap { $0 }.min())
        }
        if options.wait > .accepted { await client.removeReceiptSink(ObjectIdentifier(self)) }
        continuation.finish()
    }

    private func admit() {
        guard queue.count < Self.capacity else { return }
        let waiting = submitters
        submitters = []
        for submitter in waiting { submitter.resume() }
    }

    private func connect() {
        guard !isConnecting else { return }
        if let retryAt, retryAt > Monotonic.now { return }
        retryAt = nil
        isConnecting = true
        let (client, mailbox) = (client, mailbox)
        Task {
            do throws(Problem) { mailbox.post(.connected(try await client.requestLink())) } catch {
                mailbox.post(.connectFailed(error))
            }
        }
    }

    private func take(_ events: [Event]) async {
        var accepted: [(Appended, Content)] = []
        let now = Monotonic.now
        for event in events {
            switch event {
            case .connected(let link):
                isConnecting = false
                hasBeenConnected = true
                self.link = link
                link.whenUnusable { [mailbox] in mailbox.signal.set() }
                queue.connected()
            case .connectFailed(let problem):
                isConnecting = false
                disconnected(problem)
            case .resolved(let name, let result, let origin):
                guard isCurrent(origin) else { continue }
                queue.resolved(name, result, now: now)
            case .replied(let tag, let result, let origin):
                guard isCurrent(origin) else { continue }
                if case .success(let appended) = result {
                    backoff.reset()
                    if let content = contents[tag] {
                        accepted.append((appended, content))
                        if appended.duplicate, appended.digest != Client.digest(content) { fromBefore.insert(tag) }
                    }
                }
                queue.replied(tag: tag, result, now: now)
            case .receipt(let conversation, let state):
                guard recipients[conversation] == state.account else { continue }
                queue.receipt(conversation, delivered: state.delivered, read: state.read)
            }
        }
        if let ended = link, let end = ended.end {
            link = nil
            disconnected(end, tookNothing: ended.tookNothing)
        } else if link?.isRetired ?? false {
            // What is under way goes out again on the connection that takes over; the server knows it by its identifier.
            link = nil
            queue.disconnected(Problem(.unreachable, "the connection was closed"))
        }
        // Before anybody hears of the acknowledgement the message is in the history.
        if !accepted.isEmpty { await client.storeSent(accepted) }
    }

    private func isCurrent(_ origin: ObjectIdentifier) -> Bool {
        link.map { ObjectIdentifier($0) == origin && $0.end == nil } ?? false
    }

    private func disconnected(_ problem: Problem, tookNothing: Bool = false) {
        queue.disconnected(problem, tookNothing: tookNothing)
        guard problem.mayPassByItself, isPatient || hasBeenConnected else { return queue.giveUp(problem) }
        retryAt = Monotonic.now + backoff.next(random: .random(in: 0...(.max)))
    }

    // MARK: Acting

    private func carryOut(_ decisions: [SendQueue.Decision]) async {
        for decision in decisions {
            switch decision {
            case .append(let tag, let append): send(append, tag: tag)
            case .resolve(let name, let anew): await resolve(name, anew: anew)
            case .watchReceipts(let conversation): watch(conversation)
            case .finish(let tag, let acknowledgement, let queues):
                await finish(tag: tag, acknowledgement, queues: queues)
            }
        }
    }

    private func send(_ append: Append, tag: UInt64) {
        guard let link else { return }
        let (mailbox, origin, address) = (mailbox, ObjectIdentifier(link), link.address)
        link.send(append) { reply in
            let result = reply.flatMap { frame in
                Result { () throws(Problem) in try Link.decode(frame, from: address) as Appended }
            }
            mailbox.post(.replied(tag: tag, result, on: origin))
        }
    }

    private func resolve(_ name: ConversationName, anew: Bool) async {
        guard let link else { return }
        let (mailbox, origin, client) = (mailbox, ObjectIdentifier(link), client)
        do throws(Problem) {
            if !anew, let known = try await client.knownConversation(name, on: link) {
                recipients[known.id] = known.recipient
                return queue.resolved(name, .success(known.id), now: Monotonic.now)
            }
        } catch { return queue.resolved(name, .failure(error), now: Monotonic.now) }
        Task {
            do throws(Problem) {
                let opened = try await client.openConversation(name, on: link)
                self.recipients[opened.id] = opened.recipient
                mailbox.post(.resolved(name, .success(opened.id), on: origin))
            } catch { mailbox.post(.resolved(name, .failure(error), on: origin)) }
        }
    }

    private func watch(_ conversation: ConversationID) {
        guard let link else { return }
        let mailbox = mailbox
        link.send(QueryReceipts(conversation: conversation, watch: true)) { reply in
            guard let frame = try? reply.get(), let receipts = try? frame.decode(Receipts.self) else { return }
            for state in receipts.states { mailbox.post(.receipt(conversation, state)) }
        }
    }

    private func finish(tag: UInt64, _ acknowledgement: Acknowledgement, queues: Bool) async {
        var acknowledgement = acknowledgement
        let content = contents.removeValue(forKey: tag)
        let isFromBefore = fromBefore.remove(tag) != nil
        if acknowledgement.status == .failed { acknowledgement.time = WallClock.now }
        if queues, let content, let id = acknowledgement.id {
            do throws(Problem) {
                try await client.queue(acknowledgement.conversation, id: id, content: content, expires: options.expires)
                acknowledgement.status = .queued
                acknowledgement.problem = Problem(
                    .queued, "\(acknowledgement.problem?.text ?? "the server is away"); the message is in the outbox",
                    hint: "do not send it again", id: id.uuid, conversation: acknowledgement.conversation.text,
                    sent: acknowledgement.problem?.sent)
            } catch { acknowledgement.problem = error }
        }
        continuation.yield(SendResult(tag: tag, acknowledgement: acknowledgement, isFromBefore: isFromBefore))
    }
}
