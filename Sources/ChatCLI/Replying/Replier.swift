import CLISupport
import ChatClient
import ChatProtocol

/// Has a command answer what comes, and sends its answers: what `ReplySchedule` decides is done here.
///
/// A message is done once its reply was acknowledged, or there is none to be sent; only then the resume point moves over
/// it. A reply's identifier follows from the message, so whatever is done again after a crash is delivered once.
actor Replier {
    /// After the time is up, how long a reply may wait for its acknowledgement.
    private static let patience = Duration.seconds(30)

    private enum Step: Sendable {
        case heard(ListenOutcome)
        case failed(Problem)
        /// The command has ended; nil: it was stopped.
        case answered(UInt64, Result<[String], Problem>?)
        case sent(SendResult)
        case timeIsUp
        case patienceIsUp
    }

    private struct Work {
        let message: ReceivedMessage
        let handler: HandlerCommand
        /// Nil while the command runs.
        var reply: Reply?
        /// Parts that were sent and not acknowledged.
        var outstanding = 0
        var failure: Problem?
    }

    private let client: Client
    private let invocation: Invocation
    private let rules: ReplyRules
    private var limits: FollowLimits
    private var schedule: ReplySchedule
    private var free: [HandlerCommand]
    /// What came and is not settled, by its number.
    private var events: [UInt64: ListenEvent] = [:]
    private var work: [UInt64: Work] = [:]
    private var isReading = false
    private var isTimeUp = false
    private var timer: (moment: ContinuousClock.Instant, task: Task<Void, Never>)?

    private let steps: AsyncStream<Step>
    private let post: AsyncStream<Step>.Continuation

    /// - Parameter handlers: as many as may run at once.
    init(client: Client, invocation: Invocation, rules: ReplyRules, handlers: [HandlerCommand], limits: FollowLimits) {
        self.client = client
        self.invocation = invocation
        self.rules = rules
        self.limits = limits
        schedule = ReplySchedule(jobs: handlers.count, count: limits.count)
        free = handlers
        (steps, post) = AsyncStream.makeStream()
    }

    func run(_ options: ListenOptions) async throws(Problem) -> ExitStatus {
        let listener = try await client.listen(options)
        var sending = SendOptions(timeout: nil)
        // A command may answer otherwise when it is asked again.
        sending.keepsFirst = true
        let outbound = ReplySender(sender: client.makeSender(options: sending) { [post] in post.yield(.sent($0)) })
        defer {
            timer?.task.cancel()
            outbound.finish()
        }
        do throws(Problem) {
            let status = try await follow(listener, outbound)
            await listener.stop()
            return status
        } catch {
            await listener.stop()
            throw error
        }
    }

    private func follow(_ listener: MessageListener, _ outbound: ReplySender) async throws(Problem) -> ExitStatus {
        if let status = try await advance(listener) { return status }
        for await step in steps {
            try await take(step, outbound)
            if let status = try await advance(listener) { return status }
        }
        return .done
    }

    // MARK: What happens

    private func take(_ step: Step, _ outbound: ReplySender) async throws(Problem) {
        switch step {
        case .heard(let outcome):
            isReading = false
            if case .event(let event) = outcome { try await take(event) }
        case .failed(let problem): throw problem
        case .answered(let number, let result): answered(number, result, outbound)
        case .sent(let result): try await sent(result, outbound)
        case .timeIsUp:
            guard let moment = deadline, moment <= .now else { return }
            isTimeUp = true
            schedule.close()
        case .patienceIsUp:
            throw Problem(
                .noAcknowledgement, "a reply was not acknowledged before the time was up",
                hint: "it is sent with the next start")
        }
    }

    private func take(_ event: ListenEvent) async throws(Problem) {
        switch event {
        case .message(let message):
            if try await isToBeAnswered(message) {
                let number = schedule.arrived(from: message.from)
                events[number] = event
            } else {
                events[schedule.passed()] = event
            }
        case .gap(let gap):
            invocation.note(gap)
            events[schedule.passed()] = event
        case .login, .live, .presence, .receipt, .offline: invocation.diagnostics.noteConnection(event)
        }
    }

    /// What somebody else answers, or nobody should, is done as it comes.
    private func isToBeAnswered(_ message: ReceivedMessage) async throws(Problem) -> Bool {
        guard rules.wants(message) else { return false }
        return try await !client.isAnswer(message)
    }

    private func answered(_ number: UInt64, _ result: Result<[String], Problem>?, _ outbound: ReplySender) {
        guard let item = work[number] else { return }
        switch result {
        case nil: return
        case .failure(let problem):
            invocation.diagnostics.report(problem)
            finish(number)
        case .success(let parts) where parts.isEmpty: finish(number)
        case .success(let parts):
            let reply = Reply(to: item.message, number: number, parts: parts)
            work[number]?.reply = reply
            work[number]?.outstanding = 1
            outbound.sendFirst(of: reply)
        }
    }

    private func sent(_ result: SendResult, _ outbound: ReplySender) async throws(Problem) {
        let acknowledgement = result.acknowledgement
        let number = Reply.number(ofTag: result.tag)
        guard var item = work[number], let reply = item.reply else { return }
        if let problem = acknowledgement.problem {
            guard problem.isAboutRecipient else { throw problem }
            item.failure = item.failure ?? problem
        }
        item.outstanding -= 1
        // At once: a crash before the rest is sent leaves a beginning.
        if result.tag == reply.tag(ofPart: 0), reply.parts.count > 1, item.failure == nil {
            if try await stands(reply, result) {
                item.outstanding = reply.parts.count - 1
                outbound.sendRest(of: reply)
            } else {
                noteAnswered(reply)
            }
        }
        work[number] = item
        if invocation.json, acknowledgement.problem == nil {
            try await invocation.output.writeAside(line: JSONLines.acknowledgement(acknowledgement).text)
        }
        guard item.outstanding == 0 else { return }
        if var problem = item.failure {
            problem.text = "the reply to message \(item.message.id.uuid) was refused: \(problem.text)"
            invocation.diagnostics.report(problem)
        }
        finish(number)
    }

    /// Whether the first part is what the server has. What it took from another process, device or life of this one may
    /// be the beginning of another answer; where this device has that it can be compared.
    private func stands(_ reply: Reply, _ result: SendResult) async throws(Problem) -> Bool {
        guard result.isFromBefore else { return true }
        guard let id = result.acknowledgement.id, let first = try await client.message(id: id)?.message else {
            return false
        }
        return first.own && first.conversation == reply.message.conversation && first.body == reply.parts[0]
    }

    /// Two answers must not become one that nobody gave.
    private func noteAnswered(_ reply: Reply) {
        invocation.diagnostics.note(
            "answered_before",
            "message \(reply.message.id.uuid) was answered before; the other \(reply.parts.count - 1) parts of this "
                + "answer were not sent")
    }

    private func finish(_ number: UInt64) {
        guard let item = work.removeValue(forKey: number) else { return }
        free.append(item.handler)
        schedule.finished(number)
        limits.printed(isMessage: true, at: .now)
    }

    // MARK: What is to be done

    /// The exit status where that was all.
    private func advance(_ listener: MessageListener) async throws(Problem) -> ExitStatus? {
        while let number = schedule.start() { begin(number) }
        if let last = schedule.settle() { try await settle(upTo: last, listener) }
        if schedule.isComplete {
            return isTimeUp && !limits.isCountReached ? try limits.statusAtDeadline() : .done
        }
        if schedule.wantsMore, !isReading { read(listener) }
        setTimer()
        return nil
    }

    private func begin(_ number: UInt64) {
        guard case .message(let message) = events[number], let handler = free.popLast() else { return }
        work[number] = Work(message: message, handler: handler)
        Task { [post] in
            do throws(CancellationError) {
                post.yield(.answered(number, try await handler.answer(message)))
            } catch { post.yield(.answered(number, nil)) }
        }
    }

    /// Only the last of them has to be told: everything before it is done, too.
    private func settle(upTo last: UInt64, _ listener: MessageListener) async throws(Problem) {
        let event = events[last]
        events = events.filter { $0.key > last }
        if let event { try await listener.done(event) }
    }

    private func read(_ listener: MessageListener) {
        isReading = true
        Task { [post] in
            do throws(Problem) { post.yield(.heard(try await listener.next())) } catch { post.yield(.failed(error)) }
        }
    }

    /// When it ends if nothing happens.
    private var deadline: ContinuousClock.Instant? { schedule.isIdle ? limits.deadline : limits.end }

    private func setTimer() {
        if isTimeUp { return waitForAcknowledgements() }
        guard let moment = deadline else { return }
        guard timer.map({ $0.moment != moment }) ?? true else { return }
        timer?.task.cancel()
        timer = (moment, after(moment, .timeIsUp))
    }

    /// Commands have time-outs of their own; a server that is away has not.
    private func waitForAcknowledgements() {
        guard work.values.allSatisfy({ $0.reply != nil }), !isWaitingForAcknowledgements else { return }
        isWaitingForAcknowledgements = true
        timer?.task.cancel()
        let moment = ContinuousClock.now + Self.patience
        timer = (moment, after(moment, .patienceIsUp))
    }
    private var isWaitingForAcknowledgements = false

    private func after(_ moment: ContinuousClock.Instant, _ step: Step) -> Task<Void, Never> {
        Task { [post] in
            do { try await Task.sleep(until: moment, clock: .continuous) } catch { return }
            post.yield(step)
        }
    }
}
