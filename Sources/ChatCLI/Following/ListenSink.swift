import CLISupport
import ChatClient

/// Prints what comes, or has a command handle it.
struct ListenSink: FollowSink {
    private let invocation: Invocation
    private let client: Client
    private let doubts: SenderDoubts
    private var filterDoubts: FilterDoubts
    private let handler: HandlerCommand?
    private let tellsMeta: Bool
    private let marks: Bool
    private(set) var limits: FollowLimits

    /// - Parameters:
    ///   - filter: what is wanted of all that comes.
    ///   - handler: what is run for each message, in place of printing.
    ///   - tellsMeta: also prints what the connection tells.
    ///   - marks: what was printed or handled counts as shown.
    init(
        invocation: Invocation, client: Client, filter: MessageFilter, handler: HandlerCommand?, tellsMeta: Bool,
        marks: Bool, limits: FollowLimits
    ) {
        self.invocation = invocation
        self.client = client
        doubts = SenderDoubts(invocation.diagnostics)
        filterDoubts = FilterDoubts(filter, client, invocation.diagnostics)
        self.handler = handler
        self.tellsMeta = tellsMeta
        self.marks = marks
        self.limits = limits
    }

    var deadline: ContinuousClock.Instant? { limits.deadline }
    var isSatisfied: Bool { limits.isCountReached }

    mutating func take(_ event: ListenEvent) async throws(Problem) -> Reception {
        switch event {
        case .message(let message):
            if handler != nil, try await !doubts.isClear(message, client) { return Reception() }
            let isDone = try await deliver(message)
            limits.printed(isMessage: true, at: .now)
            return Reception(isShown: marks && isDone, isDone: isDone)
        case .gap(let gap):
            guard handler == nil else {
                invocation.note(gap)
                return Reception()
            }
            try await tell(event)
            limits.printed(isMessage: false, at: .now)
            return Reception(isShown: marks)
        case .login, .live, .presence, .receipt, .member, .deviceWaits, .offline:
            invocation.diagnostics.noteConnection(event)
            await filterDoubts.take(event)
            // Lines about the connection are not what a command is run for.
            if tellsMeta, handler == nil { try await tell(event) }
            return Reception()
        }
    }

    /// False where it was not dealt with, so that it comes again after a restart.
    private func deliver(_ message: ReceivedMessage) async throws(Problem) -> Bool {
        guard let handler else {
            try await tell(.message(message))
            return true
        }
        do throws(CancellationError) {
            guard let problem = try await handler.handle(message) else { return true }
            invocation.diagnostics.report(problem)
            return false
        } catch {
            return false
        }
    }

    private func tell(_ event: ListenEvent) async throws(Problem) {
        let text =
            invocation.json ? JSONLines.event(event)?.text : invocation.plain.event(event)?.joined(separator: "\n")
        if let text { try await invocation.output.writeAside(line: text) }
    }
}

extension Invocation {
    /// Tells of messages that are missing, where that is no line of the output.
    func note(_ gap: GapNotice) { diagnostics.note("gap", plain.gap(gap)) }
}
