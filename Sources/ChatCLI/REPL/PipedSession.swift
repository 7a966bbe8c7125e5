import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import GroupRules
import System

/// The lines of a prompt from a pipe: no prompt, the same commands, many messages in flight, in order.
struct PipedSession {
    let invocation: Invocation
    let client: Client
    var run: PipedRun

    private enum Event: Sendable {
        /// Nil: the end of the input.
        case line(InputLine?)
        case inputFailed(Problem)
        case connected
        case received(ReceivedMessage)
        /// What was missed has been told.
        case live
        case decided(SendResult)
        /// Nothing more will be printed, because of this or because it was stopped.
        case listenerEnded(Problem?)
        case lingered
    }

    /// Messages that wait for the first connection: beyond it the input waits, too.
    private static let heldLimit = 64

    private let clock = ContinuousClock()
    private let begin = ContinuousClock.now
    private let reports: REPLReports
    /// What is to be done when nothing is under way any more: it is about what was sent before it.
    private var later: REPLRequest?
    /// A reply that came before what was missed.
    private var early: InputLine?
    private var isReading = false
    private var isConnected = false
    private var isLingering = false
    private var held: [(OutgoingMessage, line: Int)] = []

    init(invocation: Invocation, client: Client, run: PipedRun) {
        self.invocation = invocation
        self.client = client
        self.run = run
        reports = REPLReports(json: invocation.json, plain: invocation.plain)
    }

    func run() async throws(Problem) -> ExitStatus {
        let identity = try await client.whoAmI()
        let listener = try await client.listen(ListenOptions())
        var options = SendOptions()
        options.isRenewedByProgress = true
        let (events, continuation) = AsyncStream<Event>.makeStream()
        let sender = client.makeSender(options: options) { continuation.yield(.decided($0)) }
        let printing = Task { [self] in await follow(listener) { continuation.yield($0) } }
        var copy = self
        var state = REPLState(user: identity.user, hasTerminal: false)
        let outcome: Result<ExitStatus, Problem>
        do throws(Problem) {
            outcome = .success(try await copy.loop(events, continuation, sender, &state))
        } catch { outcome = .failure(error) }
        await sender.close()
        await listener.stop()
        // What was printed is marked as shown before we go.
        await printing.value
        return try outcome.get()
    }

    private mutating func loop(
        _ events: AsyncStream<Event>, _ continuation: AsyncStream<Event>.Continuation, _ sender: MessageSender,
        _ state: inout REPLState
    ) async throws(Problem) -> ExitStatus {
        let reader = LineReader(limit: REPLCommand.lineLimit)
        var iterator = events.makeAsyncIterator()
        while true {
            switch run.step(at: begin.duration(to: clock.now)) {
            case .end(let status): return status
            case .awaitDecision, .awaitLive: break
            case .read where !isReading && held.count < Self.heldLimit:
                isReading = true
                Task { continuation.yield(await Self.read(reader)) }
            case .read: break
            case .linger(let end) where !isLingering:
                isLingering = true
                let moment = begin + end
                Task {
                    try? await ContinuousClock().sleep(until: moment)
                    continuation.yield(.lingered)
                }
            case .linger: break
            }
            guard let event = await iterator.next() else { return run.firstFailure ?? .done }
            try await take(event, sender, &state)
        }
    }

    private static func read(_ reader: LineReader) async -> Event {
        do throws(SystemError) { return .line(try await reader.nextLine()) } catch {
            return .inputFailed(Problem(.inputOutput, "cannot read standard input: \(error.text)"))
        }
    }

    // MARK: what happens

    private mutating func take(
        _ event: Event, _ sender: MessageSender, _ state: inout REPLState
    ) async throws(Problem) {
        switch event {
        case .line(let line):
            isReading = false
            guard let line else { return run.inputEnded() }
            await takeLine(line, sender, &state)
        case .inputFailed(let problem): throw problem
        case .connected:
            isConnected = true
            for (message, line) in held { await sender.submit(message, tag: UInt64(line)) }
            held = []
        case .received(let message):
            run.received()
            state.received(message)
        case .live:
            run.told()
            guard let line = early else { return }
            early = nil
            await takeLine(line, sender, &state)
        case .decided(let result): try await decided(result.acknowledgement, line: Int(result.tag), &state)
        case .listenerEnded(let problem):
            run.told()
            guard let problem else { return }
            guard !invocation.output.isReaderGone else { throw problem }
            invocation.diagnostics.report(problem)
            run.listenerFailed(problem)
            for (message, line) in held {
                try await decided(
                    .unsent(message.conversation, problem, now: WallClock.now), line: line, &state,
                    isToldAlready: true)
            }
            held = []
        case .lingered: break
        }
    }

    private mutating func decided(
        _ acknowledgement: Acknowledgement, line: Int, _ state: inout REPLState, isToldAlready: Bool = false
    ) async throws(Problem) {
        run.decided(acknowledgement.problem)
        if invocation.json {
            try await invocation.output.writeAside(line: JSONLines.acknowledgement(acknowledgement).text)
        }
        if let problem = acknowledgement.problem, !isToldAlready { tell(problem, line: line) }
        do throws(Problem) { try await lookBack(&state) } catch {
            run.failed(error)
            tell(error, line: line)
        }
    }

    private mutating func takeLine(_ line: InputLine, _ sender: MessageSender, _ state: inout REPLState) async {
        do throws(Problem) {
            guard let text = try Self.text(line) else { return }
            let meaning = try REPLLine(text)
            if case .reply = meaning, !run.replies() { return early = line }
            try await carryOut(try state.decide(meaning), line: line.number, sender, &state)
        } catch {
            run.failed(error)
            tell(error, line: line.number)
        }
    }

    /// Nil where the line says nothing.
    private static func text(_ line: InputLine) throws(Problem) -> String? {
        guard case .bytes(let bytes) = line.text else { throw MessageInput.tooLong() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problem(.notUTF8, "the line is not UTF-8; only text can be sent", sent: .no)
        }
        return REPLLine.isSkipped(text) ? nil : text
    }

    private mutating func carryOut(
        _ action: REPLAction, line: Int, _ sender: MessageSender, _ state: inout REPLState
    ) async throws(Problem) {
        switch action {
        case .nothing, .retargeted, .edit: break
        case .send(let message), .reply(let message, _):
            run.submitted()
            // A server that is not there is told once and at once, not for each line when its time is up.
            if isConnected {
                await sender.submit(message, tag: UInt64(line))
            } else {
                held.append((message, line))
            }
        case .ask(let request) where request.looksBack:
            later = request
            run.lookBack()
            try await lookBack(&state)
        case .ask(let request): try await answer(request, &state)
        case .show(let lines):
            // Help is no data.
            if invocation.json {
                invocation.diagnostics.note("help", lines.joined(separator: "\n"))
            } else {
                try await put(lines)
            }
        case .quit: run.inputEnded()
        }
    }

    /// Shows the history that was asked for, or leaves a room, once what was sent before is decided.
    private mutating func lookBack(_ state: inout REPLState) async throws(Problem) {
        guard let request = later, run.canLookBack() else { return }
        later = nil
        try await answer(request, &state)
    }

    private func answer(_ request: REPLRequest, _ state: inout REPLState) async throws(Problem) {
        let answer = try await request.answer(from: client, reports)
        if let change = answer.change { state.apply(change) }
        try await put(answer.lines)
    }

    private func put(_ lines: [String]) async throws(Problem) {
        guard !lines.isEmpty else { return }
        try await invocation.output.writeAside(line: lines.joined(separator: "\n"))
    }

    private func tell(_ problem: Problem, line: Int) {
        var problem = problem
        problem.text = "line \(line): \(problem.text)"
        invocation.diagnostics.report(problem)
    }

    // MARK: what comes in

    private func follow(_ listener: MessageListener, _ tell: @escaping @Sendable (Event) -> Void) async {
        var follower = Follower(
            client: client,
            sink: PipedSink(
                invocation: invocation, reports: reports, connected: { tell(.connected) },
                received: { tell(.received($0)) }, isLive: { tell(.live) }))
        do throws(Problem) {
            _ = try await follower.run(listener)
            tell(.listenerEnded(nil))
        } catch { tell(.listenerEnded(error)) }
    }
}
