import CLISupport
import ChatClient
import ChatProtocol
import Dispatch
import Glibc
import GroupRules
import System

/// The prompt on a terminal: takes what is typed, shows what comes, and says how things stand.
@MainActor
final class InteractiveSession {
    let display: PromptDisplay
    private let screen: REPLScreen
    private let invocation: Invocation
    private let settings: ClientSettings
    private let client: Client
    private let identity: WhoAmI
    private let editor: Editor
    private let reports: REPLReports
    private let prompt: REPLPrompt
    private let end = Later<Result<ExitStatus, Problem>>()
    private let names: PromptNames
    private var state: REPLState
    private let keeper: LineKeeper
    /// What was typed here and has not come back from the store yet.
    private var typed: Set<MessageID> = []
    private var editing: Task<Void, Never>?
    private var outbox: OutboxWatch
    private lazy var sender = LineSender(client: client) { [weak self] in self?.decided($0) }

    init(
        invocation: Invocation, settings: ClientSettings, client: Client, identity: WhoAmI
    ) throws(Problem) {
        self.invocation = invocation
        self.settings = settings
        self.client = client
        self.identity = identity
        reports = REPLReports(json: invocation.json, plain: invocation.plain)
        prompt = REPLPrompt(palette: invocation.palette)
        state = REPLState(user: identity.user, hasTerminal: true)
        editor = try Editor(prompt: prompt.text(state), limit: REPLCommand.lineLimit)
        let (screen, end) = (REPLScreen(editor: editor), end)
        self.screen = screen
        display = PromptDisplay(screen, invocation) { end.set(.failure($0)) }
        names = PromptNames(client: client)
        keeper = LineKeeper(settings.profileDirectory)
        outbox = OutboxWatch(client: client)
    }

    func run() async throws(Problem) -> ExitStatus {
        let listener = try await client.listen(
            ListenOptions(filter: MessageFilter(own: true), presence: true, requiresFirstConnection: false))
        let modes = TerminalModes(of: STDIN_FILENO)
        invocation.endings.onEnd { modes?.restore() }
        invocation.endings.intercept([SIGTERM, SIGHUP, SIGQUIT])
        start()
        let pump = Task { await follow(listener) }
        let outcome = await end.value
        // A program that has the terminal must not be left behind on it.
        await editing?.value
        await finish(abruptly: (try? outcome.get()) == nil)
        modes?.keep()
        await listener.stop()
        // What stands on the screen is marked as shown before we go.
        await pump.value
        invocation.diagnostics.divert(nil)
        return try outcome.get()
    }

    // MARK: begin and end

    private func start() {
        if invocation.diagnostics.isTerminal {
            let screen = screen
            // From any thread, in order; the main queue is the main actor's.
            invocation.diagnostics.divert { line in
                DispatchQueue.main.async { MainActor.assumeIsolated { screen.write([line]) } }
            }
        }
        editor.start(
            history: keeper.load(display.report),
            actions: Editor.Actions(
                entered: { [weak self] in self?.entered($0) },
                refused: display.report,
                ended: { [weak self] gone in
                    self?.end.set(gone ? .failure(.terminalGone) : .success(.done))
                },
                candidates: { [names] in names.candidates(before: $0, word: $1) }))
        Task { await names.learn() }
    }

    private func finish(abruptly: Bool) async {
        screen.flush()
        let halfTyped = editor.stop()
        // What ends us against the person's will does not take what was typed with it.
        if abruptly, let text = String(validating: halfTyped, as: UTF8.self) { _ = keeper.keep(text) { _ in } }
        // Usually a moment, of which nobody needs to hear.
        let notice = Task {
            try await Task.sleep(for: .milliseconds(300))
            screen.write(["* waiting until the server has what was typed; Ctrl-C leaves at once"])
            screen.flush()
        }
        await sender.finish()
        notice.cancel()
        await keeper.settle()
    }

    // MARK: what is typed

    private func entered(_ bytes: [UInt8]) {
        defer { editor.setPrompt(prompt.text(state)) }
        do throws(Problem) {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Problem(.notUTF8, "the line is not UTF-8; nothing was sent", sent: .no)
            }
            if keeper.keep(text, display.report) { editor.remember(text) }
            perform(try state.decide(try REPLLine(text)))
        } catch { display.report(error) }
    }

    private func perform(_ action: REPLAction) {
        switch action {
        case .nothing, .retargeted: break
        case .send(let message): submit(message)
        case .reply(let message, let user):
            display.note(reports.replying(to: user, in: message.conversation))
            submit(message)
        case .ask(let request): Task { await answer(request) }
        case .edit(let conversation): editing = Task { await edit(conversation) }
        case .show(let lines): screen.write(lines)
        case .quit: end.set(.success(.done))
        }
    }

    private func submit(_ message: OutgoingMessage) {
        do throws(Problem) {
            let message = try message.identified()
            if let id = message.id { typed.insert(id) }
            state.waiting += 1
            sender.submit(message)
        } catch { display.report(error) }
    }

    private func answer(_ request: REPLRequest) async {
        do throws(Problem) {
            // What was typed before goes before.
            if case .leave = request { await sender.finish() }
            let answer = try await request.answer(from: client, reports)
            names.add(users: answer.users)
            names.add(rooms: answer.rooms)
            await display.show(answer.lines)
            if let change = answer.change {
                state.apply(change)
                display.note(reports.change(change))
            }
        } catch { display.report(error) }
        editor.setPrompt(prompt.text(state))
    }

    private func edit(_ conversation: ConversationName) async {
        do throws(Problem) {
            let editing = MessageEditing(directory: settings.profileDirectory, environment: invocation.environment)
            guard let draft = try await editing.write(on: screen, terminal: editor.terminal) else {
                return display.note("nothing was written; nothing was sent")
            }
            let text = try draft.text()
            if keeper.keep(text, display.report) { editor.remember(text) }
            draft.discard()
            submit(OutgoingMessage(conversation: conversation, body: text))
            editor.setPrompt(prompt.text(state))
        } catch { display.report(error) }
    }

    // MARK: what becomes of it

    private func decided(_ acknowledgement: Acknowledgement) {
        if invocation.json { Task { await display.show([JSONLines.acknowledgement(acknowledgement).text]) } }
        switch acknowledgement.status {
        case .queued:
            if let id = acknowledgement.id { outbox.add(id) }
            display.note(reports.queued(acknowledgement.conversation))
        case .accepted, .delivered, .read: state.waiting -= 1
        case .held, .failed:
            state.waiting -= 1
            if let problem = acknowledgement.problem { display.report(problem) }
        }
        editor.setPrompt(prompt.text(state))
    }

    private func settleOutbox() {
        outbox.watch(
            while: { [weak self] in self?.state.connection == .connected },
            settled: { [weak self] sent, refused in
                guard let self else { return }
                state.waiting -= sent + refused.count
                if sent > 0 { display.note(reports.sent(sent)) }
                for item in refused { display.report(.queuedRefused(item)) }
                editor.setPrompt(prompt.text(state))
            })
    }

    // MARK: what comes in

    private func follow(_ listener: MessageListener) async {
        var follower = Follower(client: client, sink: PromptSink(session: self))
        do throws(Problem) { _ = try await follower.run(listener) } catch { end.set(.failure(error)) }
    }

    /// What stands on the screen, or where the output leads, counts as shown.
    func take(_ event: ListenEvent) async -> Reception {
        var isShown = false
        switch event {
        case .message(let message):
            await take(message)
            isShown = true
        case .gap(let gap):
            await display.show([reports.gap(gap)])
            isShown = true
        case .login(let notice):
            if state.connection == .lost { display.note("connected") }
            state.connection = .connected
            if notice.waiting > 0 { Task { await tellWaitingDevices() } }
        case .live:
            settleOutbox()
            names.askOnce()
        case .presence(let change): take(change)
        case .receipt: break
        case .member(let notice): take(notice)
        case .deviceWaits(let notice): display.note(reports.waiting(notice))
        case .offline(let problem, _):
            if state.connection != .lost {
                display.note("not connected: \(InertText.line(problem.text)); trying again")
            }
            state.connection = .lost
        }
        editor.setPrompt(prompt.text(state))
        return Reception(isShown: isShown)
    }

    /// Those that came while nobody was here.
    private func tellWaitingDevices() async {
        do throws(Problem) {
            for notice in try await client.waitingDevices() { display.note(reports.waiting(notice)) }
        } catch { invocation.diagnostics.log("info", "not asked which devices wait: \(error.text)") }
    }

    private func take(_ message: ReceivedMessage) async {
        names.add(users: [message.from])
        state.received(message)
        // What was typed here stands here already; what another process of this profile sent does not.
        if message.own, typed.remove(message.id) != nil { return }
        await display.show([reports.message(message)])
    }

    /// In a direct conversation it is about devices alone, which a person need not hear of.
    private func take(_ notice: MemberNotice) {
        guard notice.conversation.room != nil, !invocation.globals.quiet else { return }
        screen.write(invocation.plain.member(notice))
    }

    private func take(_ change: PresenceChange) {
        names.add(users: change.users)
        var change = change
        change.users.removeAll { $0 == identity.user }
        if !change.users.isEmpty && !invocation.globals.quiet { screen.write(invocation.plain.presence(change)) }
    }
}

extension Problem {
    /// The kernel has taken the terminal away, as it does when a connection to this machine breaks.
    fileprivate static let terminalGone = Problem(.inputOutput, "the terminal has gone")
}
