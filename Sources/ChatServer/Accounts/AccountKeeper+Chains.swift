import ChatProtocol
import GroupRules
import WireCodec

extension AccountKeeper {
    package nonisolated func publishLink(
        _ request: PublishLink, by me: LoggedIn, from origin: LoginOrigin
    ) async throws(Failure) -> ChainOutcome {
        let proposal = try LinkProposal(request.link, by: me)
        if proposal.isForeign {
            let account = try await ask { () throws(StoreFailure) in try await store.account(proposal.account) }
            guard account?.isDeleted == false else {
                throw Failure(.invalidLink, sentence: "the account is not known here")
            }
        }
        let kept = try await chain(of: proposal.account)
        var step = try proposal.step(in: kept.chain, at: kept.place)
        if proposal.needsPassword, !proposal.isKnown(in: kept.chain) {
            step.passwordHash = try await checkedHash(request.password, of: me.account.id, from: origin)
        }
        let published = step
        return try await change { () throws(StoreFailure) in try await store.publish(published) }
    }

    package nonisolated func leaveGrant(
        _ request: LeaveGrant, of me: LoggedIn
    ) async throws(Failure) -> WaitingDevice {
        let place = AccountPlace(server: try await server(), account: me.account.id)
        guard let grant = try? Grant(wireBytes: request.grant), grant.device == me.device, grant.isProven(at: place)
        else { throw Failure(.invalidLink, sentence: "a device leaves a grant of its own key, with a proof of it") }
        return try await change { () throws(StoreFailure) in
            try await store.leaveGrant(request.grant, of: me.device, account: me.account.id)
        }
    }

    package nonisolated func suspendDevice(
        _ request: SuspendDevice, of account: AccountID, from origin: LoginOrigin
    ) async throws(Failure) {
        let hash = try await checkedHash(request.password, of: account, from: origin)
        try await change { () throws(StoreFailure) in
            try await store.suspendDevice(request.device, of: account, ifHashIs: hash)
        }
    }

    /// An account's chain as the store has it, where it was verified link by link.
    struct KeptChain {
        var place: AccountPlace
        var head: ChainHead
        /// Nil: there is none.
        var chain: AccountChain?
    }

    nonisolated func chain(of account: AccountID) async throws(Failure) -> KeptChain {
        let place = AccountPlace(server: try await server(), account: account)
        let kept = try await ask { () throws(StoreFailure) in
            try await store.chain(of: account, from: 0, limit: RuleLimits.links)
        }
        guard let kept, !kept.links.isEmpty else { return KeptChain(place: place, head: .none) }
        do {
            let chain = try AccountChain(
                withoutCheckingSignatures: kept.links.map { try Link(wireBytes: $0) },
                renewals: kept.renewals.map { try Renewal(wireBytes: $0) }, at: place)
            return KeptChain(place: place, head: kept.head, chain: chain)
        } catch {
            log.error("a chain in the store is damaged", metadata: ["account": "\(account)", "error": "\(error)"])
            throw Failure(.storeFailed, sentence: "the account's chain in the server's store is damaged")
        }
    }

    nonisolated func server() async throws(Failure) -> ServerID {
        try await ask { () throws(StoreFailure) in try await store.identity().server }
    }
}
