import ChatProtocol

/// What a device has to do when it was let in. A plain value.
enum LoginMeaning: Equatable, Sendable {
    /// Nothing: it may speak for its account.
    case ready
    /// The account has no chain, and this device begins it.
    case begin
    /// It leaves its grant and waits to be added.
    case wait
    /// It begins the chain anew.
    case reset

    /// - Parameter resets: whether a person gives up all other devices.
    init(_ welcome: Welcome, resets: Bool = false) {
        switch (welcome.state, welcome.chain.count) {
        case (_, 0): self = .begin
        case (.active, _): self = .ready
        default: self = resets ? .reset : .wait
        }
    }
}

extension Identity.Standing {
    /// Whether a login by password takes this device up again. One that was revoked, or whose store was copied, does not come back; and one
    /// that is in the account's chain does not begin it anew.
    func isTakenUp(resets: Bool) -> Bool { self == .pending || self == .active && !resets }
}
