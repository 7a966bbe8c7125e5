import CLISupport
import ChatProtocol

/// Whether a profile may do anything, by what its store says.
extension ProfileStore {
    /// The server of this profile.
    var address: ServerAddress { (try? identity().address) ?? settings.serverOfNewProfiles }

    nonisolated var notLoggedIn: Problem {
        Problem(
            .notLoggedIn, "profile \(settings.profile) is not logged in",
            advice: .logIn(profile: settings.namedProfile),
            sent: .no)
    }

    nonisolated func requireProfile() throws(Problem) {
        guard try settings.profileDirectory.check() == .usable else { throw notLoggedIn }
    }

    /// A profile is bound to its server.
    nonisolated func checkServer(_ identity: Identity?) throws(Problem) {
        guard let identity, let wanted = settings.requestedServer, wanted != identity.address else { return }
        throw Problem(
            .wrongServer, "profile \(settings.profile) belongs to the server \(identity.address), not to \(wanted)",
            advice: .leaveServerOut(known: "\(identity.address)", wanted: "\(wanted)"), sent: .no)
    }

    /// Refuses a device that may not log in (any more).
    nonisolated func requireStanding(_ identity: Identity) throws(Problem) {
        switch identity.standing {
        case .active, .pending, .enrolling:
            guard identity.loginKey != nil else { throw notLoggedIn }
        case .replaced:
            throw Problem(.replaced, advice: .logInByIdentityAgain(), sent: .no)
        case .copied:
            throw Problem(
                .storeCopied, "this profile was copied or rolled back, and the server refuses it",
                advice: .logInAnew(user: identity.name.text, profile: settings.namedProfile), sent: .no)
        case .revoked:
            throw Problem(
                .deviceRevoked, "this device was revoked",
                advice: .logInAnew(user: identity.name.text, profile: settings.namedProfile), sent: .no)
        case .loggedOut:
            throw notLoggedIn
        }
    }
}
