import CLISupport
import ChatClient

/// Follows what the store gets and prints it, or has a command handle it, at the reader's pace.
struct Follower {
    let client: Client
    let invocation: Invocation
    let handler: HandlerCommand?
    let tellsMeta: Bool
    let marks: Bool
    var limits: FollowLimits

    /// Shown messages that are marked together at the most.
    private static let markBatch = 64

    private var shown: [ReceivedMessage] = []

    init(
        client: Client, invocation: Invocation, handler: HandlerCommand?, tellsMeta: Bool, marks: Bool,
        limits: FollowLimits
    ) {
        self.client = client
        self.invocation = invocation
        self.handler = handler
        self.tellsMeta = tellsMeta
        self.marks = marks
        self.limits = limits
    }

    func run(_ options: ListenOptions) async throws(Problem) -> ExitStatus {
        let listener = try await client.listen(options)
        var copy = self
        do throws(Problem) {
            let status = try await copy.follow(listener)
            try await copy.markShown()
            await listener.stop()
            return status
        } catch {
            // What was printed was shown, whatever ends it.
            try? await copy.markShown()
            await listener.stop()
            throw error
        }
    }

    private mutating func follow(_ listener: MessageListener) async throws(Problem) -> ExitStatus {
        while !limits.isCountReached {
            switch try await nextOutcome(listener) {
            case .event(let event):
                if try await take(event) { try await listener.done(event) }
            case .ended: return .done
            case .timedOut: return try limits.statusAtDeadline()
            }
        }
        return .done
    }

    /// Marks are written when there is nothing else to do, or a batch of them is due.
    private mutating func nextOutcome(_ listener: MessageListener) async throws(Problem) -> ListenOutcome {
        guard !shown.isEmpty else { return try await listener.next(deadline: limits.deadline) }
        if shown.count < Self.markBatch {
            let outcome = try await listener.next(deadline: .now)
            guard case .timedOut = outcome else { return outcome }
        }
        try await markShown()
        return try await listener.next(deadline: limits.deadline)
    }

    private mutating func markShown() async throws(Problem) {
        guard !shown.isEmpty else { return }
        let messages = shown
        shown = []
        try await client.markShown(messages)
    }

    /// False where the event was not dealt with, so that it comes again after a restart.
    private mutating func take(_ event: ListenEvent) async throws(Problem) -> Bool {
        if case .message(let message) = event {
            let isDone: Bool
            if let handler {
                isDone = await handle(message, handler)
            } else {
                try await tell(event)
                isDone = true
            }
            limits.printed(isMessage: true, at: .now)
            if marks && isDone { shown.append(message) }
            return isDone
        }
        try await takeOther(event)
        return true
    }

    private mutating func takeOther(_ event: ListenEvent) async throws(Problem) {
        switch event {
        case .gap(let gap):
            if handler == nil {
                try await tell(event)
                if marks { try await client.markShown(gap) }
                limits.printed(isMessage: false, at: .now)
            } else {
                invocation.note(gap)
            }
        case .offline(let problem, let pause): invocation.diagnostics.noteOffline(problem, retryIn: pause)
        // Lines about the connection are not what a command is run for.
        case .message, .login, .live, .presence, .receipt: if tellsMeta, handler == nil { try await tell(event) }
        }
    }

    private func tell(_ event: ListenEvent) async throws(Problem) {
        let text =
            invocation.json ? JSONLines.event(event)?.text : invocation.plain.event(event)?.joined(separator: "\n")
        if let text { try await invocation.output.writeAside(line: text) }
    }

    private func handle(_ message: ReceivedMessage, _ handler: HandlerCommand) async -> Bool {
        do throws(CancellationError) {
            guard let problem = try await handler.handle(message) else { return true }
            invocation.diagnostics.report(problem)
            return false
        } catch {
            return false
        }
    }
}

extension Invocation {
    /// Tells of messages that are missing, where that is no line of the output.
    func note(_ gap: GapNotice) { diagnostics.note("gap", plain.gap(gap)) }
}
