import CLISupport
import ChatProtocol

/// Waits until the store has an answer to a question, whoever stores it; meanwhile it keeps the lasting connection, and
/// tells those who answer with something else what is expected.
actor AnswerWaiter {
    private static let noticeTimeout = Duration.seconds(10)

    private let sending: SendingAccess
    private let choices: [String]
    private let report: @Sendable (AskNotice) -> Void
    private let mailbox = Mailbox<LiveReport>()
    private let watch: StoreWatch
    private let reader: ItemReader
    /// Ambiguous messages up to it are none of ours: they came before we asked.
    private let firstNumber: Int64
    /// Messages that were answered with what is expected.
    private var told: Set<MessageID> = []
    private var notices: [Task<Void, Never>] = []

    /// - Throws: what stands in the way of reading the store.
    init(
        _ sending: SendingAccess, gate: KeyGate, directory: ProfileDirectory, choices: [String],
        report: @escaping @Sendable (AskNotice) -> Void
    ) throws {
        self.sending = sending
        self.choices = choices
        self.report = report
        watch = try StoreWatch(directory, gate: mailbox.gate)
        watch.store.gate = gate
        guard let reader = try watch.store.itemReader() else {
            throw Problem(.notLoggedIn, "the profile is not logged in")
        }
        self.reader = reader
        firstNumber = try watch.store.lastAnswer()
    }

    nonisolated var key: ObjectIdentifier { ObjectIdentifier(self) }
    nonisolated func report(_ report: LiveReport) { mailbox.post(report) }

    /// The answer, nil where the moment (`Monotonic`) or the task's cancellation comes first; or what ends the waiting:
    /// the end of the connection for good, or of the store.
    func outcome(for asked: [AskedUser], until deadline: Duration) async -> Result<Answer?, Problem> {
        do throws(Problem) {
            let answer = try await watch.first(until: deadline) { () throws(Problem) -> Answer? in
                if let answer = try look(asked) { return answer }
                try takeReports()
                return nil
            }
            return .success(answer)
        } catch { return .failure(error) }
    }

    /// Lets what is being told by the way go out.
    func finish() async { for notice in notices { await notice.value } }

    private func takeReports() throws(Problem) {
        for report in mailbox.drain() {
            switch report.event {
            case .ended(let problem): throw problem
            case .offline(let problem, _): self.report(.offline(problem))
            case .login: self.report(.online)
            case .live, .presence, .receipt, .member, .deviceWaits: break
            }
        }
    }

    /// What has come since the last look.
    private func look(_ asked: [AskedUser]) throws(Problem) -> Answer? {
        let answers: [StoredAnswer]
        do {
            guard try watch.hasNews() else { return nil }
            answers = try watch.store.answers(to: asked, ambiguousAfter: firstNumber, reader: reader)
        } catch { throw Problem(store: error) }
        for answer in answers {
            switch answer.outcome {
            case .answer: return Answer(message: answer.message, choices: choices)
            case .notAChoice: tell(answer.message, Self.expected(choices))
            case .ambiguous: tell(answer.message, Self.severalOpen)
            case .doubted: try tellDoubt(about: answer.message)
            }
        }
        return nil
    }

    /// Once a message.
    private func tellDoubt(about message: ReceivedMessage) throws(Problem) {
        guard told.insert(message.id).inserted else { return }
        let problem: Problem?
        do { problem = try message.cursor.flatMap { try watch.store.doubt(at: $0.position) } } catch {
            throw Problem(store: error)
        }
        if let problem { report(.doubted(message, problem)) }
    }

    /// Once a message, however many processes see it: they arrive at the same key.
    private func tell(_ message: ReceivedMessage, _ text: String) {
        guard told.insert(message.id).inserted else { return }
        report(.notTaken(message))
        let notice = OutgoingMessage(
            conversation: message.conversation.room == nil ? .user(message.from) : message.conversation, body: text,
            key: "chat ask \(message.id.uuid)", replyTo: message.id,
            auto: true)
        let sending = sending
        notices.append(Task { _ = await sending.send([notice], options: SendOptions(timeout: Self.noticeTimeout)) })
    }

    // MARK: What people read

    private static func expected(_ choices: [String]) -> String {
        "please answer with \(choices.count == 1 ? "" : "one of: ")\(choices.joined(separator: ", "))"
    }
    private static let severalOpen =
        "several questions to you may be open; say which one you answer, by a reply to it"
}
