import CLISupport

extension Editor {
    /// What the person did. Everything is called on the main actor, between two keys.
    struct Actions {
        /// A line was entered: its bytes without the newline.
        var entered: @MainActor ([UInt8]) -> Void
        /// What was typed or pasted was not taken.
        var refused: @MainActor (Problem) -> Void
        /// Ctrl-D on an empty line, or the terminal has gone.
        var ended: @MainActor (_ terminalIsGone: Bool) -> Void
        /// What the word behind `before` can become.
        var candidates: @MainActor (_ before: String, _ word: String) -> [String]
    }
}
