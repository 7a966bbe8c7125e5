import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// May we encrypt to this group? The person, of a direct conversation, and then each of the group's leaves (G1). It is asked in the
/// transaction that seals.
struct GroupGate: Sendable {
    /// How long an answer counts that nobody could give anything better for.
    private static let patience = Duration.seconds(60)

    let gate: KeyGate

    func look(at conversation: ConversationID, in store: ClientStore, now: Timestamp) throws -> KeyGate.Passage {
        guard let name = try store.conversation(conversation)?.name else { return .unsettled }
        let person = try gate.look(at: name, in: store, now: now)
        guard person == .open else { return person }
        return try look(atLeavesOf: conversation, called: name, in: store, now: now)
    }

    /// What goes behind the person.
    func look(
        atLeavesOf conversation: ConversationID, called name: ConversationName?, in store: ClientStore, now: Timestamp
    ) throws -> KeyGate.Passage {
        if let doubt = try store.doubt(in: conversation) {
            return .closed(.historyDiffers(try store.name(of: doubt.account), doubt.seq, name))
        }
        guard let standing = try store.groupStanding(of: conversation), let own = try store.identity()?.device,
            let summary = try StoredGroup.summary(of: standing.group.groupId, from: store.groupRows),
            summary.status == .active
            // It is in no group, of whose leaves anything could be asked.
        else { return .open }
        let kept = try store.groupTrust(of: standing, summary, own: own)
        if kept.trust.isOpen { return gate.policy == .verified ? .closed(.openUnverified(name)) : .open }
        if kept.isWanted { return .unsettled }
        switch kept.trust.finding {
        case .trusted: break
        case .commitFirst: return .commitFirst
        // It may be what the server has proposed to remove, as a leaf whose keys were replaced.
        // So may be what a restore has brought back, as a device that is suspended again.
        case .ghost where summary.hasProposals, .restored where summary.hasProposals: return .commitFirst
        case .ghost, .restored:
            guard let asked = kept.asked, asked <= now, now - asked < Self.patience else { return .unsettled }
        case .forked: break
        }
        switch kept.trust.finding {
        case .trusted, .commitFirst: break
        case .ghost(let account, let text):
            return .closed(.ghostDevice(try store.name(of: account), text, name))
        case .forked(let account, let text): return .closed(.chainForked(try store.name(of: account), text))
        case .restored(let account, let device):
            let policy = summary.context.flatMap { try? GroupPolicy($0) }
            let me = try store.identity()?.account
            let isAdmin = me.map { policy?.hasAdmin($0) ?? false } ?? false
            return .closed(
                .restoredMember(
                    try store.name(of: account), device, name, isAdmin: isAdmin, isOwn: account == me))
        }
        guard case .room? = name, gate.policy == .verified else { return .open }
        return try look(atMembersOf: standing, in: store)
    }

    /// Everybody in a closed room has to be verified.
    private func look(atMembersOf standing: GroupStanding, in store: ClientStore) throws -> KeyGate.Passage {
        for (account, user) in try store.groupAccounts(of: standing).sorted(by: { $0.value < $1.value }) {
            let finding = gate.finding(try gate.record(of: account, named: user, in: store))
            if case .open(.verified) = finding { continue }
            return .closed(gate.problem(finding, of: user))
        }
        return .open
    }
}

extension Joiner {
    /// Reads chains where the gate wants them to be read before it says more of the group's leaves.
    ///
    /// - Returns: whether there is a device among them still that nobody is known to have, or that had been removed.
    func settleWhereWanted(_ conversation: ConversationID) async throws(Problem) -> Bool {
        let before = try await passage(conversation)
        // Somebody may have had it removed since that was said.
        if before.isOfRestored { return true }
        guard before == .unsettled else { return false }
        guard try await settle(conversation) else { return true }
        let after = try await passage(conversation)
        return after.isOfRestored || after.isClosed(by: .ghostDevice)
    }

    private func passage(_ conversation: ConversationID) async throws(Problem) -> KeyGate.Passage {
        let gate = GroupGate(gate: gate)
        return try await store.withStore { store in
            try store.writeWithReserve {
                try gate.look(atLeavesOf: conversation, called: nil, in: store, now: WallClock.now)
            }
        }
    }

    /// Reads the chains of a group's accounts, so that the gate can be asked again: of those too who come meanwhile.
    ///
    /// - Returns: whether the server knows all of them. One that was restored has lost an account that was made since: the group that it has
    ///   is an earlier one, which is entered before anything is sent.
    @discardableResult
    func settle(_ conversation: ConversationID) async throws(Problem) -> Bool {
        var read: Set<AccountID> = []
        var knowsAll = true
        while let missing = try await noteAsked(conversation, having: read) {
            for (account, name) in missing {
                do throws(Problem) { try await refresh(account, name) } catch {
                    guard error.code == ErrorCode.noSuchUser.name else { throw error }
                    knowsAll = false
                }
            }
            read.formUnion(missing.keys)
        }
        return knowsAll
    }

    /// - Returns: the accounts whose chains were not read. Nil: none, which is noted.
    private func noteAsked(
        _ conversation: ConversationID, having read: Set<AccountID>
    ) async throws(Problem) -> [AccountID: UserName]? {
        try await store.withStore { store in
            try store.writeWithReserve {
                guard let standing = try store.groupStanding(of: conversation),
                    let own = try store.identity()?.device,
                    let summary = try StoredGroup.summary(of: standing.group.groupId, from: store.groupRows)
                else { return nil }
                let missing = try store.groupAccounts(of: standing).filter { !read.contains($0.key) }
                guard missing.isEmpty else { return missing }
                try store.noteAsked(of: standing, summary, own: own, now: WallClock.now)
                return nil
            }
        }
    }
}

extension KeyGate.Passage {
    fileprivate var isOfRestored: Bool { isClosed(by: .restoredMember) }

    fileprivate func isClosed(by code: LocalCode) -> Bool {
        guard case .closed(let problem) = self else { return false }
        return problem.code == code.rawValue
    }
}
