import ChatProtocol
import GroupRules

extension AccountKeeper {
    /// How often a login is looked at anew that something else has overtaken.
    private static let rounds = 3

    /// Logs a device in by its identity file: an unknown device and a wrong proof are one answer.
    package nonisolated func logIn(
        _ request: LoginByIdentity, from origin: LoginOrigin
    ) async throws(Failure) -> LoggedIn {
        try await letIn(request.device, from: origin) { () throws(Failure) in
            guard DeviceProof.isProven(request.enrol, binding: origin.binding) else { throw Failure(.badProof) }
            return try await use(request, try DeviceProof.keys(of: request.description, binding: origin.binding))
        }
    }

    private nonisolated func use(_ request: LoginByIdentity, _ keys: [DeviceKey]) async throws(Failure) -> LoggedIn {
        var round = 1
        while true {
            let kept = try await chain(of: request.account)
            let device = try await ask { () throws(StoreFailure) in
                try await store.enrolment(request.device, of: request.account)
            }
            do throws(Failure) {
                switch try IdentityUse(request, keys: keys, kept, device) {
                case .look: return try await look(request, kept.head)
                case .enter(let entry):
                    let loggedIn = try await change { () throws(StoreFailure) in try await store.enrol(entry) }
                    // Where that fails they are lost all the same, and the next start does it.
                    _ = try? await ask { () throws(StoreFailure) in
                        try await store.endReplacedLeaves(of: request.account)
                    }
                    return loggedIn
                }
            } catch {
                guard error.errorCode == .chainMoved, round < Self.rounds else { throw error }
                round += 1
            }
        }
    }

    private nonisolated func look(_ request: LoginByIdentity, _ head: ChainHead) async throws(Failure) -> LoggedIn {
        let account = try await ask { () throws(StoreFailure) in try await store.account(request.account) }
        guard let account, !account.isDeleted else { throw Failure(.badProof) }
        guard !account.isDisabled else { throw Failure(.accountDisabled) }
        return .looking(
            account.record, request.device, request.description.name, head, in: try await generation())
    }
}
