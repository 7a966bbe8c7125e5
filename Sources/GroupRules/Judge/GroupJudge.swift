import ChatProtocol
import MLS

/// The one judge of every group, the same in the server and in every member: whether a commit is merged is a function of the group's
/// state and the commit, and of nothing else — no clock (J9), no pins, no store, no word of the server.
///
/// Trust is another question: it decides whether we encrypt, and never whether a commit is merged.
package struct GroupJudge: Judge, Equatable {
    /// J9: lifetimes are not judged, since members whose clocks differ would part.
    package static let now: UInt64? = nil

    package let server: ServerID
    /// The key with which the server proposes, pinned with it: compared when a group is entered.
    package let groupKey: SignaturePublicKey

    package init(server: ServerID, groupKey: SignaturePublicKey) {
        self.server = server
        self.groupKey = groupKey
    }

    package func judge(leaf: JudgedLeaf, in context: GroupContext) -> Verdict {
        verdict { () throws(RuleViolation) in
            let policy = try GroupPolicy(context)
            let new = try ClaimedLeaf(leaf.leaf)
            guard let replaced = leaf.replaced else {
                _ = try new.verify(on: policy.server)
                return
            }
            let old = try ClaimedLeaf(replaced)
            // What the leaf before it had was verified when that one came.
            if old.credential == new.credential, old.certificate == new.certificate, old.key == new.key { return }
            let end = try new.verify(on: policy.server)
            try SuccessionRules.check(old, new, end)
        }
    }

    package func judge(externalSender: ExternalSender, in context: GroupContext) -> Verdict {
        verdict { () throws(RuleViolation) in
            try require(
                externalSender == GroupPolicy.externalSender(server, groupKey), .j4, .notAllowed,
                "somebody else than the server may propose from outside")
        }
    }

    package func judge(tree: Roster, in context: GroupContext) -> Verdict {
        verdict { () throws(RuleViolation) in
            let policy = try GroupPolicy(context)
            try require(policy.server == server, .j4, .notAllowed, "a group of another server")
            try TreeRules(policy).check(tree)
        }
    }

    package func judge(commit: JudgedCommit) -> Verdict {
        verdict { () throws(RuleViolation) in try CommitRules(commit).check() }
    }

    /// J8, for whoever caches proposals: whether one that came by itself may wait for a commit.
    ///
    /// - Parameter waiting: how many wait already in this epoch.
    package func judge(proposal: Proposal, from sender: Sender, waiting: Int) -> Verdict {
        verdict { () throws(RuleViolation) in
            try ReferenceRules.check(proposal, from: sender)
            try require(
                waiting < RuleLimits.waitingProposals, .j8, .tooLarge, "\(waiting) proposals wait already")
        }
    }

    package func maySucceed(_ old: Credential, _ new: Credential) -> Bool { old == new }

    /// There are no branches and no re-initialisations.
    package func isSameMember(_ one: LeafNode, _ other: LeafNode) -> Bool { false }

    private func verdict(_ body: () throws(RuleViolation) -> Void) -> Verdict {
        do throws(RuleViolation) {
            try body()
            return .accept
        } catch {
            return .refuse(error.description)
        }
    }
}
