import CLISupport
import ChatProtocol
import Transport

/// What became of a server's move to another address.
package struct ServerMove: Sendable {
    /// How the server is known at its new address.
    package var server: KnownServer
    /// The profiles that belong to the new address now.
    package var moved: [ProfileSummary]
    /// The profiles that stay at the old one: the server there was another when they logged in.
    package var left: [ProfileSummary]
}

/// A server that is the same, elsewhere.
extension Client {
    /// Binds the profiles of the server that was at `old` to `new`, where the same server answers: it shows the key by
    /// which the server at `old` is known, and its id is the one that the profiles have.
    ///
    /// What was interrupted is completed by doing it again.
    ///
    /// - Throws: 67 where nothing is known of `old`, 78 where another server answers at `new`, 79 where its key is
    ///   another one.
    package func moveServer(from old: ServerAddress, to new: ServerAddress) async throws(Problem) -> ServerMove {
        guard old != new else { throw Problem(.usage, "a server moves from one address to another, not to its own") }
        let profiles = try identities(at: old)
        let file = KnownServersFile(paths: settings.paths)
        let known = try file.read()
        guard known[old] != nil || !profiles.isEmpty else {
            throw Problem(.noSuchName, "\(old) is not a known server, and no profile belongs to it")
        }
        let (hello, standing) = try await lookForMoved(old, new, known)
        let here = profiles.filter { $0.identity.server == hello.server }
        if here.isEmpty, let stranger = profiles.first {
            throw Problem(
                .wrongServer, "the server at \(new) is not the one of profile \(stranger.profile)",
                hint: "a server that was set up anew has other accounts: log in with another profile",
                sent: .no)
        }
        // The old line goes last: what is interrupted before can be done again.
        try await file.update { $0[new] = standing }
        for (profile, _) in here { try bind(profile, from: old, to: new) }
        let left = profiles.filter { $0.identity.server != hello.server }
        if left.isEmpty { try await file.update { $0[old] = nil } }
        return ServerMove(
            server: KnownServer(address: new, standing: standing),
            moved: here.map { ProfileSummary(profile: $0.profile, user: $0.identity.user, server: new) },
            left: left.map { ProfileSummary(profile: $0.profile, user: $0.identity.user, server: old) })
    }

    /// The server at `new`, if it is the one known at `old`, and how it is to be known there.
    private func lookForMoved(
        _ old: ServerAddress, _ new: ServerAddress, _ known: KnownServers
    ) async throws(Problem) -> (ServerHello, ServerStanding) {
        if let before = known[new], let standing = known[old], before != standing {
            guard case .pin = settings.trust else {
                throw Problem(
                    .serverKeyChanged, "\(new) is known by \(before.text), but \(old) by \(standing.text)",
                    advice: .forgetServer("\(new)"), sent: .no)
            }
        }
        do throws(Problem) {
            let decision = TrustDecision(address: new, known: known[old] ?? known[new], setting: settings.trust)
            let (hello, pin, standing) = try await look(at: new, by: decision)
            return (hello, standing ?? decision.known ?? .pin(pin))
        } catch {
            // Through a tunnel an authority vouches for the name that the server had; it is known by its key from now
            // on, since no authority vouches for the new one.
            guard known[old] == .authority, error.code == LocalCode.serverKeyChanged.rawValue else { throw error }
            let decision = TrustDecision(address: old, known: .authority, setting: .strict)
            guard let (hello, pin, _) = try? await look(at: new, by: decision) else { throw error }
            return (hello, .pin(pin))
        }
    }

    /// What the server says that answers at `address`, with its key, and how it is to be known where that is new.
    private func look(
        at address: ServerAddress, by decision: TrustDecision
    ) async throws(Problem) -> (ServerHello, PublicKeyPin, ServerStanding?) {
        let connection = TrustedConnection(settings, interaction: interaction, log: log)
        let (opened, standing) = try await connection.look(
            at: address, by: decision, timeout: settings.connectTimeout)
        let link = try await connections.start(opened, address, login: .none)
        defer { link.close() }
        return (try await link.hello(), link.peer.pin, standing)
    }

    private func identities(at address: ServerAddress) throws(Problem) -> [(profile: UserName, identity: Identity)] {
        var found: [(profile: UserName, identity: Identity)] = []
        for summary in try profiles() where summary.server == address {
            let directory = ProfileDirectory(paths: settings.paths, profile: summary.profile)
            do {
                guard let identity = try ClientStore(directory, mode: .read).identity() else { continue }
                found.append((summary.profile, identity))
            } catch { throw Problem(store: error) }
        }
        return found
    }

    private func bind(
        _ profile: UserName, from old: ServerAddress, to new: ServerAddress
    ) throws(Problem) {
        do {
            let directory = ProfileDirectory(paths: settings.paths, profile: profile)
            let store = try ClientStore(directory, mode: .write)
            try store.writeSynced { try store.setAddress(new, insteadOf: old) }
        } catch { throw Problem(store: error) }
    }
}

extension Identity {
    /// Who is logged in; nil once logged out.
    fileprivate var user: UserName? { standing == .loggedOut ? nil : name }
}
