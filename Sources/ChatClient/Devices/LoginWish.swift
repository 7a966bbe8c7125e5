import CLISupport

/// What somebody wants of a login besides being let in.
package struct LoginWish: Sendable {
    /// How long to wait until another device has approved this one; nil: not at all.
    package var patience: Duration?
    /// Told once, when the wait begins.
    package var noteWaiting: @Sendable (WaitingDevice) async -> Void
    /// Gives up all other devices: they are shown, and true revokes them. Nil: that is not wanted.
    package var confirmReset: (@Sendable ([AccountDevice]) async throws(Problem) -> Bool)?

    package init(
        patience: Duration? = nil, noteWaiting: @escaping @Sendable (WaitingDevice) async -> Void = { _ in },
        confirmReset: (@Sendable ([AccountDevice]) async throws(Problem) -> Bool)? = nil
    ) {
        self.patience = patience
        self.noteWaiting = noteWaiting
        self.confirmReset = confirmReset
    }
}
