import ChatProtocol
import MLS

/// Who may commit what (J4 to J8).
struct CommitRules {
    private let commit: JudgedCommit
    private let policy: GroupPolicy
    private let committer: DeviceCredential
    private let note: CommitNote

    init(_ commit: JudgedCommit) throws(RuleViolation) {
        self.commit = commit
        policy = try GroupPolicy(commit.context)
        committer = try DeviceCredential(commit.committerLeaf.credential)
        guard let note = CommitNote(authenticatedData: commit.authenticatedData) else {
            throw RuleViolation(.j6, .notAllowed, "associated data that holds no revocations")
        }
        self.note = note
    }

    func check() throws(RuleViolation) {
        for item in commit.proposals where !item.isByValue {
            try ReferenceRules.check(item.proposal, from: item.sender)
        }
        try require(
            commit.proposals.count { !$0.isByValue } <= RuleLimits.waitingProposals, .j8, .tooLarge,
            "more proposals by reference than may wait")
        switch commit.committer {
        case .member: try checkMember()
        case .newMemberCommit: try checkExternal()
        default: throw RuleViolation(.j7, .notAllowed, "a commit by somebody who is neither a member nor joins")
        }
        try checkContext()
        try TreeRules(policy).check(commit)
    }

    private func checkMember() throws(RuleViolation) {
        var used: Set<Revocation> = []
        for item in commit.proposals where item.isByValue {
            switch item.proposal {
            case .add: try checkAdd()
            case .remove(let leaf): try used.formUnion(checkRemove(leaf))
            case .groupContextExtensions: try checkPolicyChange()
            case .update, .preSharedKey, .reInit, .externalInit: throw Self.refused(item.proposal)
            }
        }
        try require(
            used.count == note.revocations.count, .j6, .notAllowed, "revocations that no Remove of the commit needs")
    }

    static func refused(_ proposal: Proposal) -> RuleViolation {
        RuleViolation(.j8, .notAllowed, "a proposal of type \(proposal.type.rawValue)")
    }

    /// J5.
    private func checkAdd() throws(RuleViolation) {
        switch policy.kind {
        case .everyone:
            throw RuleViolation(.j5, .notAllowed, "nobody is added to everyone: who wants to be there joins")
        case .direct:
            try require(
                commit.context.epoch == 0, .j5, .notAllowed, "an Add in a direct conversation that is founded already")
        case .room(let room):
            try require(
                room.adders == .members || policy.hasAdmin(committer.party), .j5, .notAllowed,
                "only admins add to \(room.name)")
        }
    }

    /// J6, by value: what it needs of the revocations.
    private func checkRemove(_ index: LeafIndex) throws(RuleViolation) -> Set<Revocation> {
        guard let leaf = commit.before[index] else {
            throw RuleViolation(.j6, .notAllowed, "leaf \(index.rawValue) is blank")
        }
        let credential = try DeviceCredential(leaf.credential)
        let proof = note.revocations.first { revocation in
            if case .revoke(let device) = revocation.link.content.body {
                device == credential.device
                    && revocation.link.content.place
                        == AccountPlace(server: policy.server, account: credential.party.account)
            } else {
                false
            }
        }
        guard let proof else {
            try require(
                policy.hasAdmin(committer.party), .j6, .notAllowed,
                "leaf \(index.rawValue) is removed by no admin and without its revocation")
            return []
        }
        try proof.verify(credential, on: policy.server)
        return [proof]
    }

    /// J7.
    private func checkExternal() throws(RuleViolation) {
        try require(note.revocations.isEmpty, .j7, .notAllowed, "a joiner removes nobody else")
        var removed: LeafIndex?
        for item in commit.proposals {
            switch item.proposal {
            case .externalInit: continue
            case .remove(let leaf) where removed == nil: removed = leaf
            default: throw RuleViolation(.j7, .notAllowed, "an external commit with more than its own former leaf")
            }
        }
        let members = commit.before.members
        let own = members.first { $0.leaf.credential == committer.credential }?.index
        try require(
            removed == own, .j7, .notAllowed,
            "an external commit removes the former leaf of its own device, and no other")
        let isKnown =
            policy.isOpen || policy.hasParty(committer.party) || policy.hasAdmin(committer.party)
            || members.contains { (try? DeviceCredential($0.leaf.credential))?.party == committer.party }
        try require(isKnown, .j7, .notAllowed, "account \(committer.party.account) may not join")
    }

    /// J4: who changes the policy, and that it stands alone.
    private func checkPolicyChange() throws(RuleViolation) {
        try require(policy.hasAdmin(committer.party), .j4, .notAllowed, "the policy is changed by an admin only")
        try require(commit.proposals.count == 1, .j4, .notAllowed, "a change of the policy stands alone in its commit")
    }

    /// J4: what of the context may change.
    private func checkContext() throws(RuleViolation) {
        guard commit.extensions != commit.context.extensions else { return }
        let next = try GroupPolicy(commit.extensions)
        guard case .room(let room) = policy.kind, case .room(let changed) = next.kind else {
            throw RuleViolation(.j4, .notAllowed, "only a room's policy changes")
        }
        try require(
            next.server == policy.server && next.group == policy.group && next.previous == policy.previous
                && changed.name == room.name
                && commit.extensions[.externalSenders] == commit.context.extensions[.externalSenders],
            .j4, .notAllowed, "something of the policy changes that never does")
    }
}

/// J8: what may be committed by reference.
enum ReferenceRules {
    static func check(_ proposal: Proposal, from sender: Sender) throws(RuleViolation) {
        guard case .remove = proposal else { throw CommitRules.refused(proposal) }
        try require(
            sender == .external(index: 0), .j8, .notAllowed, "a Remove that the server did not propose waits for nobody"
        )
    }
}
