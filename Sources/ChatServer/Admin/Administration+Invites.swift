import CLISupport
import ChatProtocol
import WireCodec

extension Administration {
    /// Bytes of randomness in a token; it is written as twice as many digits.
    private static let tokenBytes = 16

    func createInvite(uses: Int, lifetime: Duration, by: String) async throws -> JSONObject {
        let now = sources.time()
        let invite = Invite(
            id: sources.identifier(), usesLeft: uses, expires: now + lifetime,
            created: now, createdBy: by)
        let token = Hexadecimal.text(sources.random(Self.tokenBytes))
        try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.addInvite(invite, token: Array(token.utf8))
        }
        return AdminRows.invite(invite, token: token)
    }

    func listInvites(_ emit: Emit) async throws {
        for invite in try await store.invites() { emit(AdminRows.invite(invite)) }
    }

    func revokeInvite(_ beginning: String) async throws {
        let fitting = try await store.invites().filter { $0.id.hex.hasPrefix(beginning) }
        guard let invite = fitting.first, !beginning.isEmpty else {
            throw Problem(.noSuchName, "there is no invite \(beginning)")
        }
        guard fitting.count == 1 else {
            throw Problem(.usage, "\(fitting.count) invites begin with \(beginning)", hint: "give more digits")
        }
        try await StoreFailure.settling { () throws(StoreFailure) in try await store.removeInvite(invite.id) }
    }
}
