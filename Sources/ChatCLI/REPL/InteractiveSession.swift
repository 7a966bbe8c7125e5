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
    let screen: REPLScreen
    private let invocation: Invocation
    private let settings: ClientSettings
    private let client: Client
    private let identity: WhoAmI
    private let editor: Editor
    private let reports: REPLReports
    private let prompt: REPLPrompt
    private let end = Later<Result<ExitStatus, Problem>>()
    private var state: REPLState
    private var names: Set<UserName> = []
    private var rooms: Set<UserName> = []
    private var hasAskedForNames = false
    private var keeper: LineKeeper
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
        screen = REPLScreen(editor: editor)
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
        if isatty(STDERR_FILENO) == 1 {
            let screen = screen
            // From any thread, in order; the main queue is the main actor's.
            invocation.diagnostics.divert { line in
                DispatchQueue.main.async { MainActor.assumeIsolated { screen.write([line]) } }
            }
        }
        editor.start(
            history: keeper.load { [weak self] in self?.report($0) },
            actions: Editor.Actions(
                entered: { [weak self] in self?.entered($0) },
                refused: { [weak self] in self?.report($0) },
                ended: { [weak self] gone in
                    self?.end.set(gone ? .failure(.terminalGone) : .success(.done))
                },
                candidates: { [weak self] in
                    REPLCompletion.candidates(
                        before: $0, word: $1, names: self?.names ?? [], rooms: self?.rooms ?? [])
                }))
        Task { await learnNames() }
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
    }

    private func learnNames() async {
        names.formUnion(await client.completionNames())
        rooms.formUnion(await client.completionRooms().map(\.spoken))
    }

    /// Once, for Tab. Where it fails there are the names that are known here.
    private func askForNames() async {
        hasAskedForNames = true
        if let list = try? await client.users(onlineOnly: false) { names.formUnion(list.map(\.account.name)) }
    }

    // MARK: what is said

    private func note(_ text: String) { screen.write(["* " + text]) }

    func report(_ problem: Problem) {
        let problem = problem.worded(.prompt)
        // Straight to the screen where it is one, so that it stands where it belongs among the other lines.
        guard isatty(STDERR_FILENO) == 1 else { return invocation.diagnostics.report(problem) }
        screen.write([problem.line(program: "chat", json: invocation.json, time: WallClock.now)])
    }

    /// Data: above the prompt, or where standard output leads.
    private func show(_ lines: [String]) async {
        guard !lines.isEmpty else { return }
        guard !invocation.output.isTerminal else { return screen.write(lines) }
        do throws(Problem) {
            try await invocation.output.writeAside(line: lines.joined(separator: "\n"))
        } catch { end.set(.failure(error)) }
    }

    // MARK: what is typed

    private func entered(_ bytes: [UInt8]) {
        defer { editor.setPrompt(prompt.text(state)) }
        do throws(Problem) {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Problem(.notUTF8, "the line is not UTF-8; nothing was sent", sent: .no)
            }
            if keeper.keep(text, report) { editor.remember(text) }
            perform(try state.decide(try REPLLine(text)))
        } catch { report(error) }
    }

    private func perform(_ action: REPLAction) {
        switch action {
        case .nothing, .retargeted: break
        case .send(let message): submit(message)
        case .reply(let message, let user):
            let place =
                switch message.conversation {
                case .user: ""
                case .room: ", in \(message.conversation)"
                case .everyone: ", to all"
                }
            note("replying to \(user)\(place)")
            submit(message)
        case .list(let onlineOnly): Task { await list(onlineOnly: onlineOnly) }
        case .rooms, .join, .leave, .members, .history: Task { await answer(action) }
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
        } catch { report(error) }
    }

    private func list(onlineOnly: Bool) async {
        do throws(Problem) {
            let list = try await client.users(onlineOnly: onlineOnly)
            names.formUnion(list.map(\.account.name))
            await show(reports.users(list, onlineOnly: onlineOnly))
        } catch { report(error) }
    }

    /// What takes its time, and is told above the prompt.
    private func answer(_ action: REPLAction) async {
        do throws(Problem) {
            switch action {
            case .history(let query): await show(reports.history(try await client.history(query)))
            case .rooms:
                let list = try await client.rooms(all: true)
                rooms.formUnion(list.map(\.name.spoken))
                await show(reports.rooms(list))
            case .members(let room): await show(reports.members(try await client.members(of: RoomName(room))))
            case .join(let room):
                try await client.joinRoom(RoomName(room))
                rooms.insert(room)
                state.joined(room)
                note("in #\(room) from now on")
            case .leave(let room):
                // What was typed before goes before.
                await sender.finish()
                try await client.leaveRoom(RoomName(room))
                state.left(room)
                note("#\(room) was left")
            default: break
            }
        } catch { report(error) }
        editor.setPrompt(prompt.text(state))
    }

    private func edit(_ conversation: ConversationName) async {
        do throws(Problem) {
            try settings.profileDirectory.createState()
            let program = try ExternalEditor(
                environment: invocation.environment, directory: settings.profileDirectory.statePath)
            let terminal = editor.terminal
            let outcome = await screen.lend { await program.run(terminal: terminal) }
            guard case .text(var bytes, let file) = outcome else {
                if case .failed(let problem) = outcome { report(problem) }
                return
            }
            if bytes.last == 0x0a { bytes.removeLast() }
            guard !bytes.isEmpty else {
                ExternalEditor.discard(file)
                return note("nothing was written; nothing was sent")
            }
            do throws(Problem) {
                let text = try MessageText.check(bytes)
                if keeper.keep(text, report) { editor.remember(text) }
                ExternalEditor.discard(file)
                submit(OutgoingMessage(conversation: conversation, body: text))
            } catch {
                var problem = error
                problem.hint = "the text is kept in \(file)"
                throw problem
            }
            editor.setPrompt(prompt.text(state))
        } catch { report(error) }
    }

    // MARK: what becomes of it

    private func decided(_ acknowledgement: Acknowledgement) {
        if invocation.json { Task { await show([JSONLines.acknowledgement(acknowledgement).text]) } }
        switch acknowledgement.status {
        case .queued:
            if let id = acknowledgement.id { outbox.add(id) }
            note("not connected: the message to \(name(acknowledgement.conversation)) is queued, and goes out later")
        case .accepted, .delivered, .read: state.waiting -= 1
        case .held, .failed:
            state.waiting -= 1
            if let problem = acknowledgement.problem { report(problem) }
        }
        editor.setPrompt(prompt.text(state))
    }

    private func name(_ conversation: ConversationName) -> String {
        conversation.user?.text ?? (conversation == .everyone ? "all" : conversation.text)
    }

    private func settleOutbox() {
        outbox.watch(
            while: { [weak self] in self?.state.connection == .connected },
            settled: { [weak self] sent, refused in
                guard let self else { return }
                state.waiting -= sent + refused.count
                if sent > 0 { note(sent == 1 ? "the queued message was sent" : "\(sent) queued messages were sent") }
                for item in refused { report(.refused(item)) }
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
            await show([reports.gap(gap)])
            isShown = true
        case .login(let notice):
            if state.connection == .lost { note("connected") }
            state.connection = .connected
            if notice.waiting > 0 { Task { await tellWaitingDevices() } }
        case .live:
            settleOutbox()
            if !hasAskedForNames { Task { await askForNames() } }
        case .presence(let change): take(change)
        case .receipt: break
        case .member(let notice): take(notice)
        case .deviceWaits(let notice): note(reports.waiting(notice))
        case .offline(let problem, _):
            if state.connection != .lost { note("not connected: \(InertText.line(problem.text)); trying again") }
            state.connection = .lost
        }
        editor.setPrompt(prompt.text(state))
        return Reception(isShown: isShown)
    }

    /// Those that came while nobody was here.
    private func tellWaitingDevices() async {
        do throws(Problem) {
            for notice in try await client.waitingDevices() { note(reports.waiting(notice)) }
        } catch { invocation.diagnostics.log("info", "not asked which devices wait: \(error.text)") }
    }

    private func take(_ message: ReceivedMessage) async {
        names.insert(message.from)
        state.received(message)
        // What was typed here stands here already; what another process of this profile sent does not.
        if message.own, typed.remove(message.id) != nil { return }
        await show([reports.message(message)])
    }

    /// In a direct conversation it is about devices alone, which a person need not hear of.
    private func take(_ notice: MemberNotice) {
        guard notice.conversation.room != nil, !invocation.globals.quiet else { return }
        screen.write(invocation.plain.member(notice))
    }

    private func take(_ change: PresenceChange) {
        names.formUnion(change.users)
        var change = change
        change.users.removeAll { $0 == identity.user }
        if !change.users.isEmpty && !invocation.globals.quiet { screen.write(invocation.plain.presence(change)) }
    }
}

extension Problem {
    /// The kernel has taken the terminal away, as it does when a connection to this machine breaks.
    fileprivate static let terminalGone = Problem(.inputOutput, "the terminal has gone")

    fileprivate static func refused(_ item: OutboxItem) -> Problem {
        let isExpired = item.code == LocalCode.expired.rawValue
        return Problem(
            isExpired ? .expired : .refused,
            isExpired
                ? "the queued message to \(item.conversation) was not sent: its time is up"
                : "the queued message to \(item.conversation) was refused (\(item.code ?? "unknown"))",
            hint: "see 'chat outbox list'", id: item.id.uuid, conversation: item.conversation.text, sent: .no)
    }
}
