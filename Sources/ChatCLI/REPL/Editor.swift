@preconcurrency import CReadline
import CLISupport
import Dispatch
@preconcurrency import Glibc
import System

/// The line that a person types, edited by GNU readline, with lines of ours appearing above it.
///
/// The one file that touches readline's globals, all of it on the main actor. Readline is called only when a key is
/// there, so it never waits, and it gets its keys from us, so that what is pasted can be bounded.
@MainActor
final class Editor {
    /// Readline has one set of globals, so there is one editor.
    static var current: Editor?

    private var actions: Actions?
    /// Bytes that a line may have: a message of the largest size and the command in front of it.
    private let limit: Int
    /// The terminal for writing, apart from standard output, which may lead elsewhere.
    let terminal: Int32
    private let stream: UnsafeMutablePointer<FILE>
    private var prompt: String
    private var isPromptStale = false
    private var isInHandler = false
    private var isPrepared = false
    /// The line that ends now was dropped.
    private var isDropping = false
    private var isStopWanted = false
    private var hasStoppedItself = false
    private var isRunning = false
    private var isSuspended = false
    private var needsUnicode = false
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
        isRunning = true
        chooseCharacters()
        configure()
        using_history()
        stifle_history(Int32(HistoryText.maximumLines))
        for line in history { add_history(line) }
        rl_callback_handler_install(prompt, lineEntered)
        signals = TerminalSignals([SIGINT, SIGTSTP, SIGCONT, SIGWINCH]) { number in
            // It is the one that runs.
            if let editor = Self.current { editor.received(signal: number) }
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: .main)
        source.setEventHandler { MainActor.assumeIsolated { Self.current?.keysCame() } }
        source.activate()
        keys = source
    }

    /// Gives the terminal back. What was half typed is returned, and stays on the screen where it is not empty.
    @discardableResult
    func stop() -> [UInt8] {
        guard isRunning else { return [] }
        isRunning = false
        if isSuspended { keys?.resume() }
        keys?.cancel()
        signals?.cancel()
        let rest = isInHandler ? [] : folder.unfold(lineBytes)
        if !isInHandler && !isSuspended {
            if rest.isEmpty { _ = rl_clear_visible_line() } else { leaveLine() }
        }
        rl_callback_handler_remove()
        deprepare()
        fflush(stream)
        Self.current = nil
        actions = nil
        return rest
    }

    // MARK: showing

    /// Writes whole lines above the line that is being typed, which stays as it is, with its cursor.
    func writeAbove(_ text: String) {
        guard isRunning, !isInHandler, !isSuspended else {
            fputs(text, stream)
            fflush(stream)
            return
        }
        _ = rl_clear_visible_line()
        fputs(text, stream)
        redraw()
    }

    func setPrompt(_ text: String) {
        guard text != prompt else { return }
        prompt = text
        guard isRunning else { return }
        // While a search is shown in place of the prompt, readline holds the prompt elsewhere.
        if isSearching || isSuspended {
            isPromptStale = true
        } else if isInHandler {
            _ = rl_set_prompt(text)
        } else {
            _ = rl_clear_visible_line()
            _ = rl_set_prompt(text)
            redraw()
        }
    }

    private func redraw() {
        _ = rl_on_new_line()
        rl_redisplay()
        fflush(stream)
    }

    private func freshenPrompt() {
        guard isPromptStale, isRunning, !isSearching, !isSuspended else { return }
        isPromptStale = false
        _ = rl_clear_visible_line()
        _ = rl_set_prompt(prompt)
        redraw()
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
        guard isRunning, !isSuspended else { return }
        guard keyboard.isReady(within: 0) else { return }
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
        while isRunning, !isSuspended, !keyboard.keys.isEmpty {
            if paste != nil {
                if paste?.take(&keyboard.keys) == true { finishPaste() }
            } else {
                rl_callback_read_char()
                if isStopWanted { stopProcess() }
            }
        }
        freshenPrompt()
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
        isInHandler = true
        defer { isInHandler = false }
        guard let line else {
            actions?.ended(false)
            return
        }
        defer { free(line) }
        defer { folder.removeAll() }
        guard !isDropping else {
            isDropping = false
            keyboard.hasDropped = false
            return freshenAfterLine()
        }
        let bytes = UnsafeBufferPointer(start: line, count: strlen(line)).map { UInt8(bitPattern: $0) }
        if keyboard.hasDropped {
            keyboard.hasDropped = false
            actions?.refused(Keyboard.tooMuch)
        } else {
            actions?.entered(folder.unfold(bytes))
        }
        freshenAfterLine()
    }

    private func freshenAfterLine() {
        guard isRunning, isPromptStale else { return }
        isPromptStale = false
        _ = rl_set_prompt(prompt)
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
    func suspend() {
        guard isRunning, !isSuspended else { return }
        _ = rl_clear_visible_line()
        isSuspended = true
        keys?.suspend()
        deprepare()
    }

    func resume() {
        guard isRunning, isSuspended else { return }
        isSuspended = false
        prepare()
        rl_reset_screen_size()
        if isPromptStale { _ = rl_set_prompt(prompt) }
        isPromptStale = false
        redraw()
        keys?.resume()
        // What was typed ahead before.
        dispatchKeys()
    }

    /// Readline would do this around every line, and in between the terminal would echo what is typed ahead.
    func prepare() {
        if needsUnicode { setlocale(LC_CTYPE, "C.UTF-8") }
        guard !isPrepared else { return }
        isPrepared = true
        rl_prep_terminal(1)
        specialKeys.take()
        fflush(stream)
    }

    private func deprepare() {
        guard isPrepared else { return }
        isPrepared = false
        rl_deprep_terminal()
        fflush(stream)
    }

    // MARK: signals

    private func received(signal number: Int32) {
        switch number {
        case SIGTSTP: stopProcess()
        case SIGINT where !isSuspended: interrupt()
        case SIGCONT where !isSuspended: cameBack()
        case SIGWINCH where !isSuspended: windowChanged()
        default: break
        }
    }

    /// For readline: a key of which the terminal would otherwise make a signal. As a key it keeps its place among the
    /// others: what is typed behind it is not dropped with the line, nor sent as a part of it.
    func signalKey(_ key: UInt8) {
        if key == specialKeys.stop {
            isStopWanted = true
        } else if key == specialKeys.quit {
            raise(SIGQUIT)
        } else {
            isDropping = true
            _ = rl_newline(1, 0x0a)
        }
    }

    /// SIGINT from elsewhere.
    private func interrupt() {
        paste = nil
        keyboard.keys.append(specialKeys.interrupt)
        dispatchKeys()
    }

    private func windowChanged() {
        rl_resize_terminal()
        fflush(stream)
    }

    /// Ctrl-Z. `raise`, not `kill`: this is not the main thread, and must not go on before everything has stopped.
    private func stopProcess() {
        isStopWanted = false
        // A program that has the terminal stops, and we with it.
        guard !isSuspended else {
            raise(SIGSTOP)
            return
        }
        hasStoppedItself = true
        _ = rl_clear_visible_line()
        deprepare()
        raise(SIGSTOP)
        prepare()
        rl_reset_screen_size()
        redraw()
    }

    /// Somebody else had stopped us, and the terminal is as the shell wants it.
    private func cameBack() {
        guard !hasStoppedItself else {
            hasStoppedItself = false
            return
        }
        Foreground.await(on: STDIN_FILENO)
        deprepare()
        prepare()
        rl_reset_screen_size()
        redraw()
    }

    // MARK: configuration

    /// Programs of this kind speak UTF-8 whatever the environment says of it (cron, `env -i`, LC_ALL=C).
    private func chooseCharacters() {
        setlocale(LC_CTYPE, "")
        guard let name = nl_langinfo(Int32(CODESET)), String(cString: name) != "UTF-8" else { return }
        needsUnicode = true
        setlocale(LC_CTYPE, "C.UTF-8")
    }

    private func configure() {
        // Readline keeps the pointers.
        rl_readline_name = UnsafePointer(strdup("chat"))
        rl_completer_word_break_characters = UnsafePointer(strdup(" \t\n"))
        rl_instream = stdin
        rl_outstream = stream
        rl_catch_signals = 0
        rl_catch_sigwinch = 0
        rl_change_environment = 0
        rl_getc_function = keyWanted
        rl_input_available_hook = keyExpected
        rl_prep_term_function = terminalWanted
        rl_deprep_term_function = terminalNotWanted
        rl_attempted_completion_function = completionWanted
        rl_initialize()
        // Neither may stop to ask: while it did, nothing would be shown.
        rl_completion_query_items = -1
        rl_variable_bind("page-completions", "off")
        for (name, value) in [("input-meta", "on"), ("output-meta", "on"), ("convert-meta", "off")] {
            rl_variable_bind(name, value)
        }
        for name in ["emacs-standard", "vi-insert", "vi-command"] {
            guard let map = rl_get_keymap_by_name(name) else { continue }
            if name != "vi-command" { rl_bind_keyseq_in_map(BracketedPaste.beginMark, pasteBegan, map) }
            for key in specialKeys.all { rl_bind_key_in_map(Int32(key), specialKeyTyped, map) }
        }
    }
}
