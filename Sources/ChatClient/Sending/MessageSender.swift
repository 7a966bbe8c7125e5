import CLISupport
import ChatProtocol
import System

/// Sends messages in the order in which they are handed over, many in flight, across lost connections: the one engine
/// behind every way of sending.
package actor MessageSender {
    /// Messages under way beyond which `submit` waits: two windows, so that the wire never runs dry.
    static let capacity = 2 * SendQueue.window

    private let access: SendingAccess
    private let options: SendOptions
    private let decided: @Sendable (SendResult) -> Void
    private let mailbox = Mailbox<SenderEvent>()
    private var queue: SendQueue
    private var course: SenderCourse
    private var intake = SendIntake()
    private var messages: [UInt64: TrackedMessage] = [:]
    private var account: AccountID?
    /// Whose receipts count, by conversation.
    private var recipients: [ConversationID: AccountID] = [:]
    /// Conversations whose groups this device has to go on with before more is sent there, and what the server has said to the last
    /// message.
    private var stale: [ConversationName: ErrorCode?] = [:]
    private var wire: SenderWire?
    private var isFinished = false
    private var givenUp: Problem?
    private let done = Later<Void>()

    private init(
        _ access: SendingAccess, _ options: SendOptions, _ persistence: SenderCourse.Persistence,
        _ decided: @escaping @Sendable (SendResult) -> Void
    ) {
        self.access = access
        self.options = options
        self.decided = decided
        course = SenderCourse(persistence)
        queue = SendQueue(options: options, triesOnce: persistence == .oneConnection)
    }

    /// - Parameter decided: told of each message, once, when it is decided.
    static func start(
        _ access: SendingAccess, options: SendOptions, persistence: SenderCourse.Persistence,
        decided: @escaping @Sendable (SendResult) -> Void
    ) -> MessageSender {
        let sender = MessageSender(access, options, persistence, decided)
        Task(executorPreference: MainThread.preferred) { await sender.run() }
        return sender
    }

    // MARK: Handing over

    /// Hands over a message without waiting.
    ///
    /// - Parameter since: from when its time counts.
    package nonisolated func post(_ message: OutgoingMessage, tag: UInt64, since: ContinuousClock.Instant = .now) {
        mailbox.post(.submitted(SendSubmission(tag: tag, source: .message(message), since: since)))
    }

    /// Hands over a message. Suspends while as many are under way as may be (the server is away, or slows us down).
    package func submit(_ message: OutgoingMessage, tag: UInt64, since: ContinuousClock.Instant = .now) async {
        await submit(SendSubmission(tag: tag, source: .message(message), since: since))
    }

    func submit(_ submission: SendSubmission) async {
        while queue.count + intake.count >= Self.capacity {
            intake.room.close()
            await intake.room.pass()
        }
        intake.add(submission)
        mailbox.gate.open()
    }

    /// No message follows.
    package func close() {
        isFinished = true
        mailbox.gate.open()
    }

    /// No message follows. Returns when all are decided.
    package func finish() async {
        close()
        await done.value
    }

    /// Ends what is not decided, and what is still handed over, as given up: with `problem`, and whether it may have
    /// gone out.
    package func giveUp(_ problem: Problem) {
        givenUp = problem
        queue.giveUp(problem)
        mailbox.gate.open()
    }

    // MARK: The runner

    private func run() async {
        if options.wait > .accepted {
            access.receipts.add(ObjectIdentifier(self)) { [mailbox] in mailbox.post(.receipt($0, $1)) }
        }
        while true {
            await take(mailbox.drain())
            await admit()
            while case let decisions = queue.next(now: Monotonic.now), !decisions.isEmpty {
                for decision in decisions { await carryOut(decision) }
            }
            if queue.count < Self.capacity {
                guard intake.isEmpty else { continue }
                intake.room.open()
            }
            if isFinished && queue.count == 0 && intake.isEmpty && mailbox.isEmpty { break }
            if course.connects(isWanted: queue.needsConnection, now: Monotonic.now) { connect() }
            await mailbox.gate.passAndClose(until: [queue.wakeAt, course.retryAt].compactMap(\.self).min())
        }
        access.receipts.remove(ObjectIdentifier(self))
        done.set()
    }

    /// Gives the queue what it has room for.
    private func admit() async {
        while queue.count < Self.capacity, let submission = intake.next() {
            let now = WallClock.now
            do throws(Problem) {
                if let givenUp { throw givenUp }
                if account == nil { account = try await access.account() }
                let message = try submission.tracked(account: account, wait: options.wait, now: now)
                messages[submission.tag] = message
                queue.submit(
                    tag: submission.tag, conversation: message.conversation, id: message.id,
                    size: message.content.body.utf8.count, now: Monotonic.now - submission.since.duration(to: .now))
            } catch {
                decided(
                    SendResult(tag: submission.tag, acknowledgement: .unsent(submission.conversation, error, now: now)))
            }
        }
    }

    private func take(_ events: [SenderEvent]) async {
        var taken: [TakenMessage] = []
        for event in events {
            switch event {
            case .submitted(let submission): intake.add(submission)
            case .connected(let link):
                course.connected()
                wire = SenderWire(link, mailbox)
                queue.connected()
            case .connectFailed(let problem): disconnected(problem)
            case .resolved(let name, let result, let origin):
                if wire?.isOrigin(origin) ?? false { resolved(name, result) }
            case .replied(let tag, let result, let origin):
                if wire?.isOrigin(origin) ?? false { await replied(tag, result, &taken) }
            case .receipt(let conversation, let state):
                guard recipients[conversation] == state.account else { continue }
                queue.receipt(conversation, delivered: state.delivered, read: state.read)
            }
        }
        lookAtLink()
        await keep(&taken)
    }

    /// Before anybody hears of the acknowledgement the message is in the history.
    private func keep(_ taken: inout [TakenMessage]) async {
        guard !taken.isEmpty else { return }
        await access.journal.keep(taken)
        taken = []
    }

    private func replied(
        _ tag: UInt64, _ result: Result<Appended, Problem>, _ taken: inout [TakenMessage]
    ) async {
        let appended: Appended
        switch result {
        case .success(let reply): appended = reply
        case .failure(let problem) where problem.code == LocalCode.protocolFault.rawValue:
            // Whatever this server says of the others is worth nothing, either.
            return fail(problem)
        case .failure(let problem):
            if let message = messages[tag], let refusal = problem.staleness {
                stale[message.conversation] = .some(refusal)
            }
            return queue.replied(tag: tag, result, now: Monotonic.now)
        }
        course.succeeded()
        guard let message = messages[tag], let sealed = message.sealed else { return }
        let reply = TakenMessage(
            appended: appended, sealed: sealed, content: message.content, row: message.row)
        if reply.isFromBefore {
            messages[tag]?.isFromBefore = true
            // The first may have been taken just now.
            await keep(&taken)
            if !options.keepsFirst, let problem = await access.journal.reuse(of: reply) {
                return queue.replied(tag: tag, .failure(problem), now: Monotonic.now)
            }
        }
        taken.append(reply)
        queue.replied(tag: tag, result, now: Monotonic.now)
    }

    private func fail(_ problem: Problem) {
        wire?.link.close()
        wire = nil
        course.succeeded()
        disconnected(problem)
    }

    private func lookAtLink() {
        guard let link = wire?.link else { return }
        if let end = link.end {
            wire = nil
            if link.welcomeSoFar != nil { course.succeeded() }
            if link.hasLapsed { course.lapsed() }
            disconnected(end, tookNothing: link.tookNothing)
        } else if link.isRetired, course.changesConnection {
            // What is under way goes out again on the connection that takes over; the server knows it by its identifier.
            wire = nil
            course.left()
            queue.disconnected(Problem(.unreachable, "the connection was closed"))
        }
    }

    private func disconnected(_ problem: Problem, tookNothing: Bool = false) {
        queue.disconnected(problem, tookNothing: tookNothing)
        guard !course.failed(problem, now: Monotonic.now, random: .random(in: 0...(.max))) else { return }
        queue.giveUp(problem)
    }

    // MARK: Acting

    private func carryOut(_ decision: SendQueue.Decision) async {
        switch decision {
        case .resolve(let name, let anew): await resolve(name, anew: anew)
        case .seal(let tags): await seal(tags)
        case .append(let tag):
            guard let sealed = messages[tag]?.sealed else { return }
            wire?.append(sealed, tag: tag)
        case .watchReceipts(let conversation): wire?.watch(conversation)
        case .finish(let tag, let end): await finish(tag, end)
        }
    }

    /// The gate is asked at this moment: another process may have learnt just now that a key has changed.
    private func seal(_ tags: [UInt64]) async {
        var rest = tags[...]
        while !rest.isEmpty {
            await sealBatch(Array(rest.prefix(Sealer.batch)))
            rest = rest.dropFirst(Sealer.batch)
        }
    }

    private func sealBatch(_ tags: [UInt64]) async {
        var sealing: [(tag: UInt64, name: ConversationName)] = []
        var unsealed: [UnsealedMessage] = []
        for tag in tags where queue.isSealing(tag) {
            guard let message = messages[tag], let id = queue.id(of: message.conversation) else { continue }
            sealing.append((tag, message.conversation))
            unsealed.append(UnsealedMessage(conversation: id, id: message.id, content: message.content))
        }
        // Those before them in their conversation may have closed it.
        guard !unsealed.isEmpty else { return }
        let outcomes: [SealingOutcome]
        do throws(Problem) {
            outcomes = try await access.groups.seal(unsealed, options)
        } catch {
            for name in Set(sealing.map(\.name)) { queue.resolved(name, .failure(error), now: Monotonic.now) }
            return
        }
        for ((tag, name), outcome) in zip(sealing, outcomes) where queue.isSealing(tag) {
            await sealed(tag, name, outcome)
        }
    }

    private func sealed(_ tag: UInt64, _ name: ConversationName, _ outcome: SealingOutcome) async {
        switch outcome {
        case .append(let append):
            messages[tag]?.sealed = SealedAppend(append)
            queue.sealed([tag])
        case .known(_, _, let generation) where wire?.link.welcomeSoFar?.generation != generation:
            // The server may have lost it in a restore of which this device has not heard yet.
            stale[name] = .some(nil)
            queue.reopen(name, now: Monotonic.now)
        case .known(let seq, let time, _):
            messages[tag]?.isFromBefore = true
            if let row = messages[tag]?.row { await access.journal.forget(row) }
            queue.known(tag, seq: seq, time: time, now: Monotonic.now)
        case .refused(let problem): queue.refused(tag, problem)
        case .held(.closed(let problem)): queue.resolved(name, .failure(problem), now: Monotonic.now)
        case .held(let obstacle):
            stale[name] = .some(obstacle.refusal)
            queue.reopen(name, now: Monotonic.now)
        }
    }

    private func connect() {
        let (access, mailbox) = (access, mailbox)
        Task(executorPreference: MainThread.preferred) {
            do throws(Problem) { mailbox.post(.connected(try await access.connect())) } catch {
                mailbox.post(.connectFailed(error))
            }
        }
    }

    private func resolve(_ name: ConversationName, anew: Bool) async {
        guard let wire else { return }
        do throws(Problem) {
            // At once where nothing has to be asked: then it goes out with the login.
            if !anew, stale[name] == nil, let known = try await access.recall(name) {
                return resolved(name, .success(known))
            }
        } catch { return resolved(name, .failure(error)) }
        wire.open(name, anew: anew, after: stale[name] ?? nil, access)
    }

    private func resolved(_ name: ConversationName, _ result: Result<OpenedConversation, Problem>) {
        if case .success(let opened) = result {
            recipients[opened.id] = opened.recipient
            stale[name] = nil
        }
        queue.resolved(name, result.map(\.id), now: Monotonic.now)
    }

    private func finish(_ tag: UInt64, _ end: SendEnd) async {
        guard let message = messages.removeValue(forKey: tag) else { return }
        var end = end
        // Of most the store knows already.
        if !end.isTaken { end = await access.journal.settle(message, end, expires: options.expires) }
        let acknowledgement = end.acknowledgement(
            id: message.id, conversation: message.conversation, now: WallClock.now)
        decided(SendResult(tag: tag, acknowledgement: acknowledgement, isFromBefore: message.isFromBefore))
    }
}
