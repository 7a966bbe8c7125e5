import CLISupport
import ChatClient
import ChatProtocol
import System

/// Has a command answer what comes, and sends its answers: what `ReplySchedule` decides is done here.
///
/// A message is done once its reply was acknowledged, or there is none to be sent; only then the resume point moves over
/// it. A reply's identifier follows from the message, so whatever is done again after a crash is delivered once.
actor Replier {
    private enum Step: Sendable {
        /// Something came.
        case heard
        case failed(Problem)
        /// The command has ended; nil: it was stopped.
        case answered(UInt64, Result<[String], Problem>?)
        case sent(SendResult)
        case alarm
    }

    private let client: Client
    private let invocation: Invocation
    private let rules: ReplyRules
    private let doubts: SenderDoubts
    private var deadlines: ReplyDeadlines
    private var schedule: ReplySchedule
    private var free: [HandlerCommand]
    /// What came and is not settled, by its number.
    private var events: [UInt64: ListenEvent] = [:]
    private var work: [UInt64: ReplyWork] = [:]
    private var timer: (moment: ContinuousClock.Instant, task: Task<Void, Never>)?
    /// Open while more may come.
    private let room = Gate()
    private let steps: AsyncStream<Step>
    private let post: AsyncStream<Step>.Continuation

    /// - Parameter handlers: as many as may run at once.
    init(client: Client, invocation: Invocation, rules: ReplyRules, handlers: [HandlerCommand], limits: FollowLimits) {
        self.client = client
        self.invocation = invocation
        self.rules = rules
        doubts = SenderDoubts(invocation.diagnostics)
        deadlines = ReplyDeadlines(limits)
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
        let following = Task { [client, post, room, diagnostics = invocation.diagnostics] in
            let filterDoubts = FilterDoubts(options.filter, client, diagnostics)
            var follower = Follower(
                client: client, sink: ReplySink(replier: self, room: room, filterDoubts: filterDoubts))
            do throws(Problem) { _ = try await follower.run(listener) } catch { post.yield(.failed(error)) }
        }
        let outcome: Result<ExitStatus, Problem>
        do throws(Problem) {
            outcome = .success(try await serve(listener, outbound))
        } catch { outcome = .failure(error) }
        timer?.task.cancel()
        outbound.finish()
        await listener.stop()
        room.open()
        await following.value
        return try outcome.get()
    }

    private func serve(_ listener: MessageListener, _ outbound: ReplySender) async throws(Problem) -> ExitStatus {
        if let status = try await advance(listener) { return status }
        for await step in steps {
            try await take(step, outbound)
            if let status = try await advance(listener) { return status }
        }
        return .done
    }

    // MARK: What happens

    /// Something came.
    func take(_ event: ListenEvent) async throws(Problem) {
        switch event {
        case .message(let message):
            if try await isToBeAnswered(message) {
                events[schedule.arrived(from: message.from)] = event
            } else {
                events[schedule.passed()] = event
            }
        case .gap(let gap):
            invocation.note(gap)
            events[schedule.passed()] = event
        case .login, .live, .presence, .receipt, .member, .deviceWaits, .offline:
            invocation.diagnostics.noteConnection(event)
        }
        room.set(isOpen: schedule.wantsMore)
        post.yield(.heard)
    }

    /// What somebody else answers, or nobody should, is done as it comes.
    private func isToBeAnswered(_ message: ReceivedMessage) async throws(Problem) -> Bool {
        guard rules.wants(message) else { return false }
        guard try await !client.isAnswer(message) else { return false }
        return try await doubts.isClear(message, client)
    }

    private func take(_ step: Step, _ outbound: ReplySender) async throws(Problem) {
        switch step {
        case .heard: break
        case .failed(let problem): throw problem
        case .answered(let number, let result): answered(number, result, outbound)
        case .sent(let result): try await sent(result, outbound)
        case .alarm:
            timer = nil
            switch deadlines.ring(isIdle: schedule.isIdle, now: .now) {
            case nil: break
            case .timeIsUp: schedule.close()
            case .patienceIsUp:
                throw Problem(
                    .noAcknowledgement, "a reply was not acknowledged before the time was up",
                    hint: "it is sent with the next start")
            }
        }
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
            work[number]?.answer(reply)
            outbound.sendFirst(of: reply)
        }
    }

    private func sent(_ result: SendResult, _ outbound: ReplySender) async throws(Problem) {
        let acknowledgement = result.acknowledgement
        let number = Reply.number(ofTag: result.tag)
        guard var item = work[number], let reply = item.reply else { return }
        if try item.decided(tag: result.tag, acknowledgement.problem) {
            // At once: a crash before the rest is sent leaves a beginning.
            if try await ReplyComparison(client: client).stands(reply, result) {
                item.sendRest()
                outbound.sendRest(of: reply)
            } else {
                invocation.diagnostics.noteAnswered(reply)
            }
        }
        work[number] = item
        if invocation.json, acknowledgement.problem == nil {
            try await invocation.output.writeAside(line: JSONLines.acknowledgement(acknowledgement).text)
        }
        guard item.isOver else { return }
        if var problem = item.failure {
            problem.text = "the reply to message \(item.message.id.uuid) was refused: \(problem.text)"
            invocation.diagnostics.report(problem)
        }
        finish(number)
    }

    private func finish(_ number: UInt64) {
        guard let item = work.removeValue(forKey: number) else { return }
        free.append(item.handler)
        schedule.finished(number)
        deadlines.finished(at: .now)
    }

    // MARK: What is to be done

    /// The exit status where that was all.
    private func advance(_ listener: MessageListener) async throws(Problem) -> ExitStatus? {
        while let number = schedule.start() { begin(number) }
        if let last = schedule.settle() { try await settle(upTo: last, listener) }
        if schedule.isComplete { return try deadlines.status() }
        room.set(isOpen: schedule.wantsMore)
        setTimer()
        return nil
    }

    private func begin(_ number: UInt64) {
        guard case .message(let message) = events[number], let handler = free.popLast() else { return }
        work[number] = ReplyWork(message, handler: handler)
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

    private func setTimer() {
        let runsCommands = work.values.contains { $0.reply == nil }
        let moment = deadlines.moment(isIdle: schedule.isIdle, runsCommands: runsCommands, now: .now)
        guard let moment, timer?.moment != moment else { return }
        timer?.task.cancel()
        let task = Task { [post] in
            do { try await Task.sleep(until: moment, clock: .continuous) } catch { return }
            post.yield(.alarm)
        }
        timer = (moment, task)
    }
}
