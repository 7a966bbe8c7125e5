import CLISupport
import ChatClient
import ChatProtocol

/// `send --lines` and `--jsonl`: each line is a message, sent as it arrives, many in flight, in order.
struct SendLines {
    /// Where every line goes; nil: each line says it.
    let targets: [ConversationName]?
    let replyTo: MessageID?
    let options: SendOptions
    let invocation: Invocation

    private enum Step: Sendable {
        case result(SendResult)
        case badLine(Int, Problem)
        case inputFailed(Problem)
    }

    func run() async throws(Problem) -> ExitStatus {
        let sender = try invocation.makeClient().makeSender(options: options)
        let (steps, continuation) = AsyncStream<Step>.makeStream()
        // Beside the loop below: reading waits for the input and for the sender, and giving up waits for neither.
        let feeding = Task {
            await feed(sender) { continuation.yield($0) }
            await sender.finish()
        }
        let collecting = Task {
            for await result in sender.results { continuation.yield(.result(result)) }
            await feeding.value
            continuation.finish()
        }
        defer {
            feeding.cancel()
            collecting.cancel()
        }
        var progress = LineProgress(hasOneTarget: targets?.count == 1)
        for await step in steps {
            if let end = try take(step, &progress) { return end }
        }
        return progress.tally.exit
    }

    /// The exit status where it gives up.
    private func take(_ step: Step, _ progress: inout LineProgress) throws(Problem) -> ExitStatus? {
        let report = SendReport(invocation: invocation)
        switch step {
        case .badLine(let number, var problem):
            progress.tally.badLines += 1
            problem.text = "line \(number): \(problem.text)"
            invocation.diagnostics.report(problem)
        case .inputFailed(let problem): throw problem
        case .result(let result):
            let line = Int(result.tag / tagsPerLine)
            guard let problem = progress.take(result.acknowledgement, line: line) else {
                try report.tell(result.acknowledgement, line: line)
                return nil
            }
            if invocation.json {
                try invocation.output.write(JSONLines.acknowledgement(result.acknowledgement))
            }
            invocation.diagnostics.report(problem)
            return problem.exit
        }
        return nil
    }

    private func feed(_ sender: MessageSender, _ tell: @Sendable (Step) -> Void) async {
        let reader = LineReader(limit: targets == nil ? JSONMessageLine.limit : Limits.text)
        do throws(SystemError) {
            while let line = try await reader.nextLine(), !Task.isCancelled {
                guard line.content != .bytes([]) else { continue }
                do throws(Problem) {
                    for (index, message) in try messages(line).enumerated() {
                        await sender.submit(message, tag: UInt64(line.number) * tagsPerLine + UInt64(index))
                    }
                } catch {
                    tell(.badLine(line.number, error))
                }
            }
        } catch {
            tell(.inputFailed(Problem(.inputOutput, "cannot read standard input: \(error.text)")))
        }
    }

    /// Every message has a tag of its own, from which its line follows.
    private var tagsPerLine: UInt64 { UInt64(max(1, targets?.count ?? 1)) }

    private func messages(_ line: InputLine) throws(Problem) -> [OutgoingMessage] {
        guard case .bytes(let bytes) = line.content else {
            throw targets == nil ? Problem(.invalidLine, "the line is too long") : MessageInput.tooLong()
        }
        guard let targets else { return [try JSONMessageLine.message(bytes)] }
        let body = try MessageText.check(bytes)
        return targets.map { OutgoingMessage(conversation: $0, body: body, replyTo: replyTo) }
    }
}

/// How far the lines have come, and whether it makes sense to go on: a plain value.
struct LineProgress {
    /// Every line goes to the same single conversation.
    let hasOneTarget: Bool
    var tally = SendTally()
    private(set) var lastAcknowledged = 0

    init(hasOneTarget: Bool) { self.hasOneTarget = hasOneTarget }

    /// What to say where this result means that no further line would fare better.
    mutating func take(_ acknowledgement: Acknowledgement, line: Int) -> Problem? {
        tally.add(acknowledgement)
        guard var problem = acknowledgement.problem, isFinal(problem.exit) else {
            if acknowledgement.status != .failed, acknowledgement.status != .queued {
                lastAcknowledged = max(lastAcknowledged, line)
            }
            return nil
        }
        let last =
            lastAcknowledged == 0 ? "no line was acknowledged" : "line \(lastAcknowledged) was the last acknowledged"
        problem.text = "gave up at line \(line): \(problem.text); \(last)"
        return problem
    }

    private func isFinal(_ exit: ExitStatus) -> Bool {
        switch exit {
        case .done, .negative, .usage, .badData, .partial, .queued, .timedOut: false
        case .unknownName: hasOneTarget
        default: true
        }
    }
}
