import ChatProtocol
import MLS

/// J2: who may stand in a tree together. A leaf is known by account and device; an account has one root and one name; a name one account.
struct TreeRules {
    private let policy: GroupPolicy

    init(_ policy: GroupPolicy) { self.policy = policy }

    /// Checks all leaves. What each says of itself was verified one by one.
    func check(_ tree: Roster) throws(RuleViolation) {
        var devices: Set<DeviceCredential> = []
        var accounts: [AccountID: (root: AccountRoot, name: UserName)] = [:]
        var names: [UserName: AccountID] = [:]
        for (index, leaf) in tree.members {
            let claimed = try ClaimedLeaf(leaf)
            let party = claimed.party
            if let known = accounts[party.account] {
                try require(
                    known.root == party.root && known.name == claimed.name, .j2, .notAllowed,
                    "account \(party.account) stands in the tree with two roots or names")
            }
            accounts[party.account] = (party.root, claimed.name)
            try require(
                devices.insert(claimed.credential).inserted, .j2, .notAllowed,
                "device \(claimed.credential.device) has leaf \(index.rawValue) and another one")
            let owner = names.updateValue(party.account, forKey: claimed.name)
            try require(
                owner ?? party.account == party.account, .j2, .notAllowed, "two accounts are called \(claimed.name)")
            if case .direct = policy.kind {
                try require(policy.hasParty(party), .j5, .notAllowed, "account \(party.account) is no party")
            }
        }
    }

    /// Checks the leaves after a commit, where it brings in or changes anybody: keys alone change nothing here.
    func check(_ commit: JudgedCommit) throws(RuleViolation) {
        for change in commit.changes {
            guard let new = change.new else { continue }
            if let old = change.old, old.credential == new.credential, old.extensions == new.extensions { continue }
            return try check(commit.after)
        }
    }
}
