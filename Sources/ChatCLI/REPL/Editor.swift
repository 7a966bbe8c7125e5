@preconcurrency import CReadline
import CLISupport
import Dispatch
@preconcurrency import Glibc
import System

/// The line that a person types, edited by GNU readline, with lines of ours appearing above it.
///
/// Beside `ReadlineSetup` the one file that touches readline's globals, all of it on the main actor. Readline is called
/// only when a key is there, so it never waits, and it gets its keys from us, so that what is pasted can be bounded. What
/// is done when is decided by `EditorState`.
@MainActor
final class Editor {
    /// Readline has one set of globals, so there is one editor.
    static var current: Editor?
    /// Where keys came from, of an editor that has ended.
    private static var endedKeys: (any DispatchSourceRead)?

    private var actions: Actions?
    /// Bytes that a line may have: a message of the largest size and the command in front of it.
    private let limit: Int
    /// The terminal for writing, apart from standard output, which may lead elsewhere.
    let terminal: Int32
    private let stream: UnsafeMutablePointer<FILE>
    private var prompt: String
    private var state = EditorState()
    private var characters = TerminalCharacters()
    private var keyboard = Keyboard(descriptor: STDIN_FILENO)
    private var specialKeys = SpecialKeys(descriptor: STDIN_FILENO)
    private var paste: BracketedPaste?
    private var folder = PasteFolder()
    private var keys: (any DispatchSourceRead)?
    private var signals: TerminalSignals?

    /// Opens the terminal; nothing changes there before `start`.
    ///
    /// - Throws: 74 where standard input is no terminal that can be written to.
    init(prompt: String, limit: Int) throws(Problem) {
        var descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        if descriptor < 0 { descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) }
        guard descriptor >= 0, let stream = fdopen(descriptor, "w") else {
            throw Problem(.inputOutput, "cannot use the terminal: \(SystemError.text(errno))")
        }
        // Readline flushes when it has drawn, and so do we.
        setvbuf(stream, nil, Int32(_IOFBF), 1 << 16)
        terminal = descriptor
        self.stream = stream
        self.prompt = prompt
        self.limit = limit
    }

    /// Shows the prompt and begins to take keys.
    ///
    /// - Parameter history: lines typed before, oldest first.
    func start(history: [String], actions: Actions) {
        Self.current = self
        self.actions = actions
        state.begin()
        characters.choose()
        ReadlineSetup.apply(output: stream, specialKeys: specialKeys.all)
        using_history()
        stifle_history(Int32(HistoryText.maximumLines))
        for line in history { add_history(line) }
        rl_callback_handler_install(prompt, lineEntered)
        signals = TerminalSignals([SIGINT, SIGTSTP, SIGCONT, SIGWINCH]) { number in
            // It is the one that runs.
            if let editor = Self.current { editor.received(signal: number) }
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: .main)
        // The main queue is the main actor's.
        source.setEventHandler { MainActor.assumeIsolated { Self.current?.keysCame() } }
        source.activate()
        keys = source
    }

    /// Gives the terminal back. What was half typed is returned, and stays on the screen where it is not empty.
    @discardableResult
    func stop() -> [UInt8] {
        let rest = state.hasLine ? folder.unfold(lineBytes) : []
        let actions = state.end(isEmpty: rest.isEmpty)
        guard !actions.isEmpty else { return [] }
        act(actions)
        // Suspended and kept, not cancelled: where the terminal hangs up at this moment, Dispatch's own thread is still looking at what a
        // cancellation here frees, and the process ended with SIGSEGV. What is suspended must not be released either.
        keys?.suspend()
        Self.endedKeys = keys
        signals?.cancel()
        fflush(stream)
        Self.current = nil
        self.actions = nil
        return rest
    }

    // MARK: showing

    /// Writes whole lines above the line that is being typed, which stays as it is, with its cursor.
    func writeAbove(_ text: String) { act(state.write(), text) }

    func setPrompt(_ text: String) {
        guard text != prompt else { return }
        prompt = text
        act(state.promptChanged(isSearching: isSearching))
    }

    /// Does what was decided; the one place where that is done.
    private func act(_ actions: [EditorState.Action], _ text: String = "") {
        for action in actions {
            switch action {
            case .clearLine: _ = rl_clear_visible_line()
            case .leaveLine: leaveLine()
            case .redraw: redraw()
            case .write: fputs(text, stream)
            case .setPrompt: _ = rl_set_prompt(prompt)
            case .prepare: prepareTerminal()
            case .restore: rl_deprep_terminal()
            case .resetScreenSize: rl_reset_screen_size()
            case .resizeLine: rl_resize_terminal()
            case .pauseKeys: keys?.suspend()
            case .resumeKeys: keys?.resume()
            case .dispatchKeys: dispatchKeys()
            case .removeHandler: rl_callback_handler_remove()
            // `raise`, not `kill`: this is not the main thread, and must not go on before everything has stopped.
            case .stopProcess:
                fflush(stream)
                raise(SIGSTOP)
            case .awaitForeground: Foreground.await(on: STDIN_FILENO)
            }
        }
        if !actions.isEmpty { fflush(stream) }
    }

    private func redraw() {
        _ = rl_on_new_line()
        rl_redisplay()
    }

    private var isSearching: Bool {
        rl_readline_state & UInt(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG) != 0
    }

    private var lineBytes: [UInt8] {
        guard let buffer = rl_line_buffer else { return [] }
        return UnsafeBufferPointer(start: buffer, count: Int(rl_end)).map { UInt8(bitPattern: $0) }
    }

    /// Puts the cursor behind the line and begins a new one below.
    private func leaveLine() {
        rl_point = rl_end
        rl_redisplay()
        _ = rl_crlf()
    }

    // MARK: history

    /// Remembers a line for the Up key and Ctrl-R.
    func remember(_ line: String) { add_history(line) }

    // MARK: keys

    private func keysCame() {
        guard state.takesKeys, keyboard.isReady(within: 0) else { return }
        if !readKeys() {
            actions?.ended(true)
        } else {
            dispatchKeys()
        }
    }

    /// Reads what is there. False: the terminal has gone.
    private func readKeys() -> Bool {
        guard paste != nil else {
            // A line that is full takes only the keys that end or shorten it; a paste is bounded by itself.
            return keyboard.read(onlyShortening: Int(rl_end) > limit)
        }
        let isThere = keyboard.read(onlyShortening: false)
        // A paste whose end never comes would keep the terminal for ever.
        if keyboard.isSinglePress(of: specialKeys.interrupt) { paste = nil }
        return isThere
    }

    private func dispatchKeys() {
        while state.takesKeys, !keyboard.keys.isEmpty {
            if paste != nil {
                if paste?.take(&keyboard.keys) == true { finishPaste() }
            } else {
                rl_callback_read_char()
                act(state.keyTaken())
            }
        }
        act(state.keysTaken(isSearching: isSearching))
        if rl_end == 0 { keyboard.hasDropped = false }
    }

    /// For readline: the next key.
    func nextKey() -> Int32 {
        while true {
            if let byte = keyboard.keys.popFirst() { return Int32(byte) }
            // Only a function that asks in the middle of its work gets here.
            _ = keyboard.isReady(within: -1)
            if !readKeys() { return EOF }
        }
    }

    /// For readline: whether a key follows, waiting a moment where the last one may be the beginning of several.
    func isKeyComing() -> Bool {
        let microseconds = rl_set_keyboard_input_timeout(-1)
        return !keyboard.keys.isEmpty || keyboard.isReady(within: max(0, microseconds) / 1000)
    }

    // MARK: pasting

    func beginPaste() {
        paste = BracketedPaste(limit: max(0, limit - Int(rl_end) - folder.hiddenBytes))
    }

    private func finishPaste() {
        guard let finished = paste else { return }
        paste = nil
        switch finished.outcome {
        case .text(let bytes):
            var rows: Int32 = 0
            var columns: Int32 = 0
            rl_get_screen_size(&rows, &columns)
            let shown = folder.fold(bytes, onto: lineBytes, rows: Int(rows), columns: Int(columns))
            _ = rl_insert_text(shown.map { CChar(bitPattern: $0) } + [0])
            rl_redisplay()
        case .tooLong, .holdsNUL:
            if let problem = finished.outcome.problem { actions?.refused(problem) }
        }
        fflush(stream)
    }

    // MARK: lines

    func accept(_ line: UnsafeMutablePointer<CChar>?) {
        let isMeant = state.lineEntered()
        defer { act(state.lineDone()) }
        guard let line else {
            actions?.ended(false)
            return
        }
        defer {
            free(line)
            folder.removeAll()
            keyboard.hasDropped = false
        }
        guard isMeant else { return }
        let bytes = UnsafeBufferPointer(start: line, count: strlen(line)).map { UInt8(bitPattern: $0) }
        if keyboard.hasDropped {
            actions?.refused(Keyboard.tooMuch)
        } else {
            actions?.entered(folder.unfold(bytes))
        }
    }

    // MARK: Tab

    /// For readline: a list that it frees, the common beginning first; nil for none.
    func complete(
        _ word: String, from start: Int32
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        // Never file names, which is what readline would offer by itself.
        rl_attempted_completion_over = 1
        let before = String(decoding: lineBytes.prefix(Int(start)), as: UTF8.self)
        let matches = actions?.candidates(before, word) ?? []
        let texts = REPLCompletion.list(matches)
        return CStringList.make(texts)
    }

    // MARK: handing the terminal over

    /// Clears the line from the screen and gives the terminal to somebody else, until `resume`.
    func suspend() { act(state.lend()) }

    func resume() { act(state.takeBack()) }

    /// For readline, which would do this around every line; in between the terminal would echo what is typed ahead.
    func prepare() {
        characters.set()
        act(state.takeTerminal())
    }

    private func prepareTerminal() {
        characters.set()
        rl_prep_terminal(1)
        specialKeys.take()
    }

    // MARK: signals

    private func received(signal number: Int32) {
        switch number {
        case SIGTSTP: act(state.stopSignal())
        case SIGINT where state.isInterruptible: interrupt()
        case SIGCONT: act(state.continued())
        case SIGWINCH: act(state.windowChanged())
        default: break
        }
    }

    /// For readline: a key of which the terminal would otherwise make a signal. As a key it keeps its place among the
    /// others: what is typed behind it is not dropped with the line, nor sent as a part of it.
    func signalKey(_ key: UInt8) {
        if key == specialKeys.stop {
            state.stopKey()
        } else if key == specialKeys.quit {
            raise(SIGQUIT)
        } else {
            state.dropLine()
            _ = rl_newline(1, 0x0a)
        }
    }

    /// SIGINT from elsewhere.
    private func interrupt() {
        paste = nil
        keyboard.keys.append(specialKeys.interrupt)
        dispatchKeys()
    }
}
