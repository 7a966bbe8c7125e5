import CLISupport
import ChatProtocol

/// Asking, and waiting for the answer.
extension Client {
    /// Asks, and waits for the first answer. The asked are told when nobody waits any more: after the time-out, and when
    /// the task is cancelled.
    ///
    /// While it waits this process is online and takes deliveries.
    ///
    /// - Parameter begin: called before anybody is asked; false: nobody is to be asked any more.
    /// - Throws: 124 `no_answer`; 67, 69 and what else stands in the way of asking anybody at all; what ends a
    ///   connection for good (77, 78, 79).
    package func ask(
        _ question: Question, begin: @escaping @Sendable () -> Bool = { true },
        report: @escaping @Sendable (AskNotice) -> Void
    ) async throws(Problem) -> Answer {
        let text = try question.checkedBody()
        let deadline = Monotonic.now + question.timeout
        // A question that is taken up again may have its answer already, and then needs no server.
        if let known = try knownAnswer(to: question, text) { return known }
        try profile.requireStanding(try identity())
        let waiter: AnswerWaiter
        do {
            waiter = try AnswerWaiter(
                connections.sendingAccess, gate: gate, directory: settings.profileDirectory, choices: question.choices,
                report: report)
        } catch { throw Problem(store: error) }
        await connections.joinLive(waiter.key, options: []) { [weak waiter] in waiter?.report($0) }
        let outcome = await conduct(question, text, waiter, deadline: deadline, begin: begin, report: report)
        await connections.leaveLive(waiter.key)
        return try outcome.get()
    }

    private func conduct(
        _ question: Question, _ text: String, _ waiter: AnswerWaiter, deadline: Duration,
        begin: @Sendable () -> Bool, report: @escaping @Sendable (AskNotice) -> Void
    ) async -> Result<Answer, Problem> {
        let asked: [AskedUser]
        do throws(Problem) {
            asked = try await sendQuestions(question, text, deadline: deadline, begin: begin, report: report)
        } catch { return .failure(error) }
        var outcome = await waiter.outcome(for: asked, until: deadline)
        let open = lapseQuestions(asked)
        // It may have come in the last moment.
        if case .success(nil) = outcome { outcome = await waiter.outcome(for: asked, until: .zero) }
        let answer = try? outcome.get()
        await tellOutcome(
            to: asked.filter {
                $0.conversation != answer?.message.conversation && (answer != nil || open.contains($0))
            }, answer)
        await waiter.finish()
        return outcome.flatMap { $0.map { .success($0) } ?? .failure(question.noAnswer) }
            .mapError { $0.afterAsking(asked) }
    }

    // MARK: Asking

    /// Asks everybody; those who could be asked.
    ///
    /// - Throws: why the first one could not be asked, where nobody could.
    private func sendQuestions(
        _ question: Question, _ text: String, deadline: Duration, begin: @Sendable () -> Bool,
        report: @Sendable (AskNotice) -> Void
    ) async throws(Problem) -> [AskedUser] {
        var (people, problems) = try await findRecipients(of: question)
        guard begin() else { throw question.noAnswer }
        // Open before it is asked: nothing that answers it can come too early.
        try openQuestions(question, to: people, deadline: deadline)
        let messages = people.map { OutgoingMessage(conversation: $0.conversation, body: text, key: $0.id.uuid) }
        let left = max(.milliseconds(1), deadline - Monotonic.now)
        var asked: [AskedUser] = []
        for (person, acknowledgement) in zip(people, await send(messages, options: SendOptions(timeout: left))) {
            guard let problem = acknowledgement.problem else {
                asked.append(person)
                continue
            }
            problems.append(problem)
            lapseQuestions([person])
        }
        guard !asked.isEmpty else { throw problems.first ?? Problem(.internalFault, "nobody was asked") }
        for problem in problems { report(.notAsked(problem)) }
        return asked
    }

    /// Who they are, and why some are nobody.
    private func findRecipients(of question: Question) async throws(Problem) -> (
        people: [AskedUser], problems: [Problem]
    ) {
        let link = try await connections.requestLink()
        var people: [AskedUser] = []
        var problems: [Problem] = []
        for name in question.to {
            do throws(Problem) {
                people.append(try askedUser(name, question, account: try await account(of: name, on: link)))
            } catch {
                guard error.exit == .unknownName else { throw error }
                problems.append(error)
            }
        }
        for name in question.rooms {
            do throws(Problem) {
                try await open(room: name, on: link)
                people.append(try askedRoom(name, question))
            } catch {
                guard error.exit == .unknownName || error.code == ErrorCode.notAMember.name else { throw error }
                problems.append(error)
            }
        }
        guard !people.isEmpty else { throw problems.first ?? Problem(.internalFault, "nobody to ask") }
        return (people, problems)
    }

    private func account(of name: UserName, on link: Link) async throws(Problem) -> AccountID {
        if let known = try await conversations.recall(.user(name))?.recipient { return known }
        let opened = try await whileBusy { () async throws(Problem) in
            try await self.conversations.open(.user(name), on: link)
        }
        guard let account = opened.recipient else {
            throw .noSuchUser(name, sent: .no)
        }
        return account
    }

    /// Its name belongs to it from then on: only so an answer is known as one.
    private func open(room name: UserName, on link: Link) async throws(Problem) {
        guard try await conversations.recall(.room(name)) == nil else { return }
        _ = try await whileBusy { () async throws(Problem) in
            try await self.conversations.open(.room(name), on: link)
        }
    }

    private func askedRoom(_ name: UserName, _ question: Question) throws(Problem) -> AskedUser {
        AskedUser(
            room: name,
            id: try MessageIdentity.id(
                key: question.key, account: try onProfile { try $0.ownAccount() }, conversation: .room(name),
                now: WallClock.now))
    }

    private func askedUser(_ name: UserName, _ question: Question, account: AccountID) throws(Problem) -> AskedUser {
        let id = try MessageIdentity.id(
            key: question.key, account: try onProfile { try $0.ownAccount() }, conversation: .user(name),
            now: WallClock.now)
        return AskedUser(name: name, account: account, id: id)
    }

    private func openQuestions(_ question: Question, to people: [AskedUser], deadline: Duration) throws(Problem) {
        guard let first = people.first else { return }
        let own = try onProfile { try $0.ownAccount() }
        let now = WallClock.now
        let left = max(.zero, deadline - Monotonic.now)
        try store { store in
            try store.writeSynced {
                try store.openQuestions(
                    people, asking: first.id, choices: question.choices,
                    expiry: Expiry(after: left, now: now, boot: .now), isAgain: question.key != nil, own: own, now: now)
            }
            // Whoever was asked before may have answered.
            store.wake()
        }
    }

    // MARK: Answers

    /// The answer that a question with this key has already.
    ///
    /// - Throws: `id_reused` (65) where it was another question: its answer is none to this one.
    private func knownAnswer(to question: Question, _ text: String) throws(Problem) -> Answer? {
        guard question.key != nil else { return nil }
        var asked: [AskedUser] = []
        for name in question.to {
            guard let account = try store({ try $0.account(named: name) }) else { continue }
            asked.append(try askedUser(name, question, account: account))
        }
        for name in question.rooms { asked.append(try askedRoom(name, question)) }
        return try store { [asked] store in
            guard let reader = try store.itemReader(), let own = try store.identity()?.account else { return nil }
            for person in asked {
                guard let first = try store.question(person.id, of: own), first.text != text else { continue }
                throw Problem.idReused("was sent", at: first.time)
            }
            return try store.answers(to: asked, ambiguousAfter: .max, reader: reader)
                .first { $0.outcome == .answer }.map { Answer(message: $0.message, choices: question.choices) }
        }
    }

    /// Whether a question of `ask` took the message: then no other program answers it.
    package func isAnswer(_ message: ReceivedMessage) throws(Problem) -> Bool {
        guard let cursor = message.cursor else { return false }
        return try store { try $0.isAnswer(position: cursor.position) }
    }

    // MARK: The end

    /// Nobody waits for these any more; those that were open. Where that cannot be kept all are told: they would answer
    /// a question that ends by its deadline alone.
    @discardableResult
    private func lapseQuestions(_ asked: [AskedUser]) -> [AskedUser] {
        do throws(Problem) {
            return try store { store in try store.write { try asked.filter { try store.lapse($0) } } }
        } catch {
            log.warning("not kept that nobody waits for an answer any more: \(error.text)")
            return asked
        }
    }

    /// Tells those who were asked that nobody waits for them any more.
    private func tellOutcome(to asked: [AskedUser], _ answer: Answer?) async {
        let body = answer == nil ? Self.lapsed : Self.answeredByOthers
        let messages = asked.map {
            OutgoingMessage(conversation: $0.conversation, body: body, replyTo: $0.id, auto: true)
        }
        guard !messages.isEmpty else { return }
        // Not a child of this task, which may have been cancelled. What cannot be told now is told later, for a day.
        let options = SendOptions(timeout: .seconds(5), queue: true, expires: .seconds(86_400))
        let ends = await Task { await self.send(messages, options: options) }.value
        for (person, problem) in zip(asked, ends.map(\.problem)) {
            guard let problem else { continue }
            log.warning("\(person.conversation) is not told that nobody waits for an answer any more: \(problem.text)")
        }
    }

    private static let lapsed = "nobody waits for the answer to this question any more"
    private static let answeredByOthers = "this question was answered by somebody else"
}

extension Question {
    /// What is sent: the text and, so that whoever is asked knows them, the choices.
    fileprivate func checkedBody() throws(Problem) -> String {
        guard !to.isEmpty || !rooms.isEmpty else { throw Problem(.usage, "nobody to ask") }
        guard choices.count <= Self.maximumChoices else {
            throw Problem(.usage, "a question has at most \(Self.maximumChoices) choices, not \(choices.count)")
        }
        var seen: Set<String> = []
        for choice in choices {
            let word = AnswerRules.folded(choice)
            guard !word.isEmpty, choice.utf8.count <= Self.maximumChoiceLength,
                !choice.utf8.contains(where: { $0 < 0x20 })
            else {
                throw Problem(.usage, "a choice is one line of 1 to \(Self.maximumChoiceLength) bytes, and not blank")
            }
            guard seen.insert(word).inserted else { throw Problem(.usage, "the choice '\(choice)' is given twice") }
        }
        guard !choices.isEmpty else { return text }
        return try MessageText.check("\(text) [\(choices.joined(separator: "/"))]")
    }

    fileprivate var noAnswer: Problem {
        let names = (to.map(\.text) + rooms.map { "#\($0)" }).joined(separator: ", ")
        let time = DurationText.text(timeout)
        return Problem(
            .noAnswer, "no answer from \(names) within \(time)",
            advice: key == nil ? nil : .askAgainWithKey)
    }
}

extension Problem {
    /// What ended the waiting, once somebody was asked: the question is with them.
    fileprivate func afterAsking(_ asked: [AskedUser]) -> Problem {
        var problem = self
        problem.sent = .unknown
        if problem.id == nil { problem.id = asked.first?.id.uuid }
        return problem
    }
}

extension Answer {
    init(message: ReceivedMessage, choices: [String]) {
        self.init(message: message, choice: AnswerRules.choice(message.body, of: choices))
    }
}
