/// Who may make an account.
package enum RegistrationPolicy: String, CaseIterable, Sendable {
    case open
    case invite
    case closed
}

/// Who may write to everyone.
package enum BroadcastPolicy: String, CaseIterable, Sendable {
    case all
    case admins
}

/// What the keeper of accounts goes by; SIGHUP may change it.
package struct AccountPolicy: Sendable, Equatable {
    package var registration: RegistrationPolicy
    package var limits: ServerLimits

    package init(registration: RegistrationPolicy, limits: ServerLimits = ServerLimits()) {
        self.registration = registration
        self.limits = limits
    }
}
