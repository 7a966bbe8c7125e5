import CLISupport
import ChatProtocol
import Glibc
import System
import Transport

/// Known servers, and the profiles of this user.
extension Client {
    package func knownServers() throws(Problem) -> [KnownServer] {
        try KnownServersFile(paths: settings.paths).read().servers
    }

    /// Connects, and keeps what the trust setting and the person say.
    package func trustServer(_ address: ServerAddress) async throws(Problem) -> KnownServer {
        let link = try await connections.connect(to: address, login: .none)
        defer { link.close() }
        _ = try await link.hello()
        guard let standing = try KnownServersFile(paths: settings.paths).read()[address] else {
            return KnownServer(address: address, standing: .pin(link.peer.pin))
        }
        return KnownServer(address: address, standing: standing)
    }

    /// - Throws: 67 `no_such_name`.
    package func forgetServer(_ address: ServerAddress) async throws(Problem) {
        var wasKnown = false
        try await KnownServersFile(paths: settings.paths).update { servers in
            wasKnown = servers[address] != nil
            servers[address] = nil
        }
        guard wasKnown else {
            throw Problem(.noSuchName, "\(address) is not a known server", advice: .seeServers)
        }
    }

    /// The profiles of this user, in the order of their names.
    package func profiles() throws(Problem) -> [ProfileSummary] {
        switch FilePath.names(in: settings.paths.data) {
        case .success(let names): return names.compactMap { UserName($0) }.sorted().compactMap(summary)
        case .failure(let error) where error.number == ENOENT: return []
        case .failure(let error):
            throw Problem(.inputOutput, "cannot read \(settings.paths.data): \(error.text)")
        }
    }

    /// Nil where nobody was ever logged in: a login that has failed leaves no profile.
    private func summary(_ profile: UserName) -> ProfileSummary? {
        let directory = ProfileDirectory(paths: settings.paths, profile: profile)
        var summary = ProfileSummary(profile: profile)
        do {
            guard try directory.check() == .usable,
                let identity = try ClientStore(directory, mode: .read).identity()
            else { return nil }
            summary.user = identity.standing == .loggedOut ? nil : identity.name
            summary.server = identity.address
        } catch { summary.problem = Problem(store: error) }
        return summary
    }
}
