import CLISupport
import ChatClient
import ChatProtocol
import System

/// `send --lines` and `--jsonl`: each line is a message, sent as it arrives, many in flight, in order.
struct SendLines {
    /// Where every line goes; nil: each line says it.
    let targets: [ConversationName]?
    let replyTo: MessageID?
    let options: SendOptions
    let invocation: Invocation

    private enum Step: Sendable {
        /// A line was read, which is so many messages.
        case read(Int)
        case result(SendResult)
        case badLine(Int, Problem)
        case inputFailed(Problem)
    }

    func run() async throws(Problem) -> ExitStatus {
        var options = options
        options.isRenewedByProgress = true
        let (steps, continuation) = AsyncStream<Step>.makeStream()
        let client = try invocation.makeClient(within: options.timeout)
        let sender = client.makeSender(options: options) { continuation.yield(.result($0)) }
        // Beside the loop below: reading waits for the input and for the sender, and giving up waits for neither.
        let feeding = Task {
            await feed(sender) { continuation.yield($0) }
            await sender.finish()
            continuation.finish()
        }
        defer { feeding.cancel() }
        var progress = LineProgress(hasOneTarget: targets?.count == 1)
        var end: ExitStatus?
        var inputProblem: Problem?
        for await step in steps {
            switch step {
            case .read(let messages): progress.underWay += messages
            case .badLine(let number, let problem): tellBadLine(number, problem, &progress)
            case .inputFailed(let problem): inputProblem = problem
            case .result(let result):
                if let failure = try take(result, &progress, isGivenUp: end != nil) {
                    end = failure.exit
                    feeding.cancel()
                    await sender.giveUp(failure)
                }
            }
            // The feeder may wait for a line that never comes.
            if end != nil, progress.underWay == 0 { break }
        }
        if let end { return end }
        if let inputProblem { throw inputProblem }
        return progress.tally.exit
    }

    private func tellBadLine(_ number: Int, _ problem: Problem, _ progress: inout LineProgress) {
        var problem = problem
        progress.tally.badLines += 1
        problem.text = "line \(number): \(problem.text)"
        invocation.diagnostics.report(problem)
    }

    /// Tells what became of a message.
    ///
    /// - Returns: why the others are to be given up, too.
    private func take(
        _ result: SendResult, _ progress: inout LineProgress, isGivenUp: Bool
    ) throws(Problem) -> Problem? {
        let report = SendReport(invocation: invocation)
        let (acknowledgement, line) = (result.acknowledgement, Int(result.tag / tagsPerLine))
        let problem = progress.take(acknowledgement, line: line)
        guard !isGivenUp, let problem else {
            try report.tell(acknowledgement, line: line, isGivenUp: isGivenUp)
            return nil
        }
        try report.printed(acknowledgement)
        invocation.diagnostics.report(problem)
        guard var others = acknowledgement.problem else { return problem }
        others.text = "given up with line \(line): \(others.text)"
        return others
    }

    private func feed(_ sender: MessageSender, _ tell: @Sendable (Step) -> Void) async {
        // With room for a CR before the newline.
        let reader = LineReader(limit: targets == nil ? JSONMessageLine.limit : Limits.text + 1)
        do throws(SystemError) {
            while let line = try await reader.nextLine(), !Task.isCancelled {
                guard line.text != .bytes([]) else { continue }
                do throws(Problem) {
                    let messages = try messages(line)
                    tell(.read(messages.count))
                    for (index, message) in messages.enumerated() {
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
        guard case .bytes(let bytes) = line.text else {
            throw targets == nil ? Problem(.invalidLine, "the line is too long") : MessageInput.tooLong()
        }
        guard let targets else {
            let object = line.number == 1 ? ByteOrderMark.dropped(from: bytes) : bytes
            let message = try JSONMessageLine.message(object)
            guard options.wait.isPossible(for: message.conversation) else {
                throw Problem(
                    .invalidLine,
                    "--wait \(options.wait.rawValue) is for direct messages; what goes to many is only accepted",
                    conversation: message.conversation.text, sent: .no)
            }
            return [message]
        }
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
    /// Messages that were read and are not decided.
    var underWay = 0

    init(hasOneTarget: Bool) { self.hasOneTarget = hasOneTarget }

    /// What to say where this result means that no further line would fare better.
    mutating func take(_ acknowledgement: Acknowledgement, line: Int) -> Problem? {
        tally.add(acknowledgement)
        underWay -= 1
        guard var problem = acknowledgement.problem, isFinal(problem.exit) else {
            if ![.failed, .queued, .held].contains(acknowledgement.status) {
                lastAcknowledged = max(lastAcknowledged, line)
            }
            return nil
        }
        let last =
            lastAcknowledged == 0 ? "no line was acknowledged" : "line \(lastAcknowledged) was the last acknowledged"
        problem = problem.ofLine()
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
