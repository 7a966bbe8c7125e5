import ChatProtocol
import GroupRules
import MLS

/// Who has come into a group and who has gone, by one person's doing. A plain value, made of the leaves that a commit adds and removes.
struct MemberChange: Equatable, Sendable {
    /// A device as its leaf says.
    struct Device: Equatable, Sendable {
        var leaf: ClaimedLeaf
        /// Its account was there with another device before, or still is.
        var hasOthers: Bool
    }

    var how: MemberNotice.How
    /// Nil: the server.
    var by: UserName?
    var added: [Device] = []
    var removed: [Device] = []
}

/// What a commit makes of the leaves of a group.
struct LeafChanges {
    /// Whoever was there before it, and is there behind it.
    var before: [LeafNode]
    var after: [LeafNode]
    var added: [LeafNode]
    var removed: [LeafNode]
    /// Those of `removed` that the server has had removed.
    var removedByServer: Set<LeafNode>
    /// Who has committed it; nil: who comes in by it.
    var committer: LeafNode?

    /// What is told of it, one for each who has done a part of it.
    ///
    /// - Parameter isActive: whether a device is one of its account's as far as is known here: then it is its account that has gone.
    func told(isActive: (ClaimedLeaf) throws -> Bool) rethrows -> [MemberChange] {
        let came = Self.claimed(added)
        let gone = Self.claimed(removed)
        guard !came.isEmpty || !gone.isEmpty else { return [] }
        let joined = came.map { MemberChange.Device(leaf: $0, hasOthers: Self.has($0, in: before)) }
        func left(_ leaf: ClaimedLeaf) -> MemberChange.Device {
            MemberChange.Device(leaf: leaf, hasOthers: Self.has(leaf, in: after))
        }
        guard let committer else {
            return joined.first.map { [MemberChange(how: .join, by: $0.leaf.name, added: joined)] } ?? []
        }
        let name = try? ClaimedLeaf(committer).name
        let byServer = Self.claimed(removed.filter(removedByServer.contains)).map(left)
        let byMember = Self.claimed(removed.filter { !removedByServer.contains($0) }).map(left)
        let leaving = try byServer.filter { try !$0.hasOthers && isActive($0.leaf) }
        let dropped = byServer.filter { !leaving.contains($0) }
        var told: [MemberChange] = []
        for (name, devices) in Dictionary(grouping: leaving, by: \.leaf.name).sorted(by: { $0.key < $1.key }) {
            told.append(MemberChange(how: .leave, by: name, removed: devices))
        }
        if !dropped.isEmpty { told.append(MemberChange(how: .server, removed: dropped)) }
        if !byMember.isEmpty { told.append(MemberChange(how: .remove, by: name, removed: byMember)) }
        if !joined.isEmpty { told.append(MemberChange(how: .add, by: name, added: joined)) }
        return told
    }

    private static func claimed(_ leaves: [LeafNode]) -> [ClaimedLeaf] { leaves.compactMap { try? ClaimedLeaf($0) } }

    /// Whether a leaf's account has one among these: by the first bytes of credentials, version and account, since groups are large.
    private static func has(_ leaf: ClaimedLeaf, in leaves: [LeafNode]) -> Bool {
        guard case .basic(let own) = leaf.credential.credential else { return false }
        let account = own.prefix(1 + leaf.party.account.bytes.count)
        return leaves.contains { other in
            if case .basic(let identity) = other.credential { identity.starts(with: account) } else { false }
        }
    }
}

extension LeafChanges {
    /// Whether a member has only given itself other keys, or changed the policy.
    static func isNone(_ staged: StagedCommit) -> Bool {
        guard case .member = staged.committer else { return false }
        return staged.added.isEmpty && staged.removed.isEmpty
    }

    /// Nil where the commit only gives its author other keys.
    ///
    /// - Parameter staged: the commit of somebody else, before it was merged; nil of one's own.
    init?(from former: Group, to group: Group, staged: StagedCommit?) {
        let removals = Set(former.pendingProposals.compactMap { $0.proposal.removed })
        if let staged, Self.isNone(staged) { return nil }
        if let staged, case .member(let index) = staged.committer {
            let gone = Set(staged.removed.map(\.index))
            self.init(
                before: former.members.map(\.leaf),
                after: former.members.filter { !gone.contains($0.index) }.map(\.leaf) + staged.added.map(\.leaf),
                added: staged.added.map(\.leaf), removed: staged.removed.map(\.leaf),
                removedByServer: Set(staged.removed.filter { removals.contains($0.index) }.map(\.leaf)),
                committer: former.member(index))
            return
        }
        // Who came is known only by what there is now.
        let (before, after) = (former.members, group.members)
        let removed =
            staged?.removed ?? before.filter { group.member($0.index)?.credential != $0.leaf.credential }
        let added = after.filter { former.member($0.index)?.credential != $0.leaf.credential }.map(\.leaf)
        let isReturn = staged != nil && removed.contains { $0.leaf.credential == added.first?.credential }
        guard !isReturn, !added.isEmpty || !removed.isEmpty else { return nil }
        self.init(
            before: before.map(\.leaf), after: after.map(\.leaf), added: added, removed: removed.map(\.leaf),
            removedByServer: Set(removed.filter { removals.contains($0.index) }.map(\.leaf)),
            committer: staged == nil ? former.member(former.ownLeaf) : nil)
    }
}
