import MLS

/// A group that a process keeps loaded from one transaction to the next (S1): it is used only while the head row that it was loaded
/// from, read in this transaction, is the same, and the state; else it is loaded anew. The rows of a group that was left, and entered anew,
/// begin with the first version again.
///
/// A value: whoever begins a transaction works with a copy, and keeps that only when the transaction was committed. Otherwise a state
/// that never was would be taken for another one that somebody else stores under the same version.
struct HeldGroup: Sendable {
    private var group: Group?
    /// How often rows were read to load one.
    private(set) var loads = 0

    /// The group as its rows have it. Within a transaction that has the write lock.
    mutating func current(
        _ groupId: [UInt8], in rows: GroupRowStore, judge: some Judge
    ) throws(MLSError) -> Group {
        if let group, group.groupId == groupId, group.storedVersion > 0,
            let stored = try StoredGroup.summary(of: groupId, from: rows),
            stored.version == group.storedVersion, stored.context == group.context
        {
            return group
        }
        group = nil
        let loaded = try Group.load(groupId, from: rows, judge: judge)
        loads += 1
        group = loaded
        return loaded
    }

    /// Stores a group that was changed, and keeps it without its message keys: those are used from the rows. Within the transaction
    /// in which it was `current`.
    mutating func save(_ changed: Group, to rows: GroupRowStore) throws(MLSError) {
        group = nil
        var changed = changed
        try changed.save(to: rows)
        if changed.status == .active {
            try changed.forgetMessageKeys()
            group = changed
        }
    }

    mutating func forget() { group = nil }
}
