import ChatProtocol
import GroupRules
import MLS

extension ClientStore {
    /// Whether a party of a direct conversation, or anybody of everyone, has no leaf of a device that is active by the chain that is held:
    /// nobody would read what is written there, and the next incarnation is founded.
    func isDeserted(_ policy: GroupPolicy, _ leaves: [LeafNode]) throws -> Bool {
        if case .room = policy.kind { return false }
        var alive: Set<AccountID> = []
        var chains: [AccountID: AccountChain?] = [:]
        for leaf in leaves {
            guard let credential = try? DeviceCredential(leaf.credential) else { continue }
            let account = credential.party.account
            let chain = try chains[account] ?? chain(of: account)
            chains[account] = chain
            // What no chain says anything of is the gate's affair.
            if chain?.devices[credential.device]?.isActive ?? true { alive.insert(account) }
        }
        return policy.isDeserted(by: alive)
    }
}
