@preconcurrency import CReadline
@preconcurrency import Glibc

/// How readline is set up for the prompt: once, before the first line.
enum ReadlineSetup {
    /// - Parameters:
    ///   - output: where it draws.
    ///   - specialKeys: keys of which the terminal makes signals elsewhere.
    @MainActor
    static func apply(output: UnsafeMutablePointer<FILE>, specialKeys: [UInt8]) {
        // Readline keeps the pointers.
        rl_readline_name = UnsafePointer(strdup("chat"))
        rl_completer_word_break_characters = UnsafePointer(strdup(" \t\n"))
        rl_instream = stdin
        rl_outstream = output
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
            for key in specialKeys { rl_bind_key_in_map(Int32(key), specialKeyTyped, map) }
        }
    }
}
