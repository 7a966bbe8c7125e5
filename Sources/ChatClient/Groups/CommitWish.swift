import ChatProtocol
import GroupRules
import MLS

/// What somebody wants to have committed besides what is due anyway. It is asked of the group as it stands in the transaction that makes
/// the commit, each time anew: others may have done it, or a part of it, meanwhile.
struct CommitWish: Sendable {
    /// The proposals that it needs, an empty list where other keys for this device's leaf are all; nil: nothing is left to be done.
    ///
    /// A change of the policy stands alone in its commit (J4): what is due goes first, by a commit of its own.
    let proposals: @Sendable (Group, ClientStore) throws -> [Proposal]?

    /// Nothing but what is due.
    static let nothing = CommitWish { _, _ in nil }

    /// Other keys for this device's leaf than it has now.
    static func path(after key: HPKEPublicKey) -> CommitWish {
        CommitWish { group, _ in group.member(group.ownLeaf)?.encryptionKey == key ? [] : nil }
    }
}
