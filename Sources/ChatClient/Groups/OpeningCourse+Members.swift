import ChatProtocol
import GroupRules
import MLS

/// Who comes and goes, as it is told to whoever listens. Of everyone's group nobody is told.
extension OpeningCourse {
    private var isEveryone: Bool { setting.identity.everyone == conversation }

    /// The group as it is before a commit, where it may have to be told who comes and goes by it; nil where not. Whoever holds it makes the
    /// group that goes on copy its whole tree.
    ///
    /// - Parameter staged: nil of one's own.
    func former(of group: Group, _ staged: StagedCommit?) -> Group? {
        isEveryone || staged.map(LeafChanges.isNone) ?? false ? nil : group
    }

    /// A commit was merged.
    ///
    /// - Parameter former: what `former(of:)` gave before it.
    mutating func noteMembers(
        from former: Group?, to group: Group, _ staged: StagedCommit?, at place: EntryPlace
    ) throws {
        guard let former, let changes = LeafChanges(from: former, to: group, staged: staged) else { return }
        try note(changes, at: place)
    }

    /// This device has come in with a group of its own.
    mutating func noteMembers(ofOwn group: GroupName, isFounding: Bool, at place: EntryPlace) throws {
        guard !isEveryone else { return }
        let members = try StoredGroup.members(of: group.groupId, from: rows).map(\.leaf)
        let own = members.first { leaf in
            (try? DeviceCredential(leaf.credential))?.device == setting.identity.device
        }
        guard let own else { return }
        let others = members.filter { $0 != own }
        try note(
            isFounding
                ? LeafChanges(
                    before: [own], after: members, added: others, removed: [], removedByServer: [], committer: own)
                : LeafChanges(
                    before: others, after: members, added: [own], removed: [], removedByServer: [], committer: nil),
            at: place)
    }

    private mutating func note(_ changes: LeafChanges, at place: EntryPlace) throws {
        let told = try changes.told { leaf in
            let account = leaf.party.account
            return try store.chain(of: account)?.devices[leaf.credential.device]?.isActive ?? true
        }
        for change in told {
            try store.noteMembers(change, in: conversation, seq: place.seq, time: place.time)
        }
        hasMemberNews = hasMemberNews || !told.isEmpty
    }
}
