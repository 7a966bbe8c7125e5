import Transport

/// What a person can be asked.
package struct Interaction: Sendable {
    /// Shows a server that is not known and does not verify; true: trust this key from now on. Nil: nobody can be
    /// asked, and such a server is refused.
    package var confirmServer: (@Sendable (UnknownServer) async -> Bool)?

    /// Tells what somebody should know of keys and groups.
    package var noteKey: @Sendable (KeyNotice) -> Void

    /// Tells while catching up takes long how many entries were taken in. Nil: nobody looks.
    package var noteCatchUp: (@Sendable (Int) -> Void)?
    /// Catching up takes long from then on.
    package var catchUpPatience = Duration.seconds(2)

    package init(
        confirmServer: (@Sendable (UnknownServer) async -> Bool)? = nil,
        noteKey: @escaping @Sendable (KeyNotice) -> Void = { _ in },
        noteCatchUp: (@Sendable (Int) -> Void)? = nil
    ) {
        self.confirmServer = confirmServer
        self.noteKey = noteKey
        self.noteCatchUp = noteCatchUp
    }

    /// Nobody is asked.
    package static let none = Interaction()
}

/// A server of which nothing vouches that it is the one meant.
package struct UnknownServer: Equatable, Sendable {
    package var address: ServerAddress
    package var pin: PublicKeyPin
    /// Why its certificate does not verify, for people.
    package var reason: String

    package init(address: ServerAddress, pin: PublicKeyPin, reason: String) {
        self.address = address
        self.pin = pin
        self.reason = reason
    }
}
