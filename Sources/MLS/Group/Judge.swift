/// What the application says to something that the protocol allows.
public enum Verdict: Hashable, Sendable {
    case accept
    /// With the reason, for people.
    case refuse(String)
}

/// A leaf that shall enter the tree, or stands in a tree that somebody joins.
public struct JudgedLeaf: Sendable {
    public enum Origin: Hashable, Sendable {
        /// In the tree of a group that is being joined or followed.
        case existing
        /// By an Add proposal.
        case added
        /// By an Update proposal.
        case updated
        /// In the path of a member's commit.
        case committed
        /// In the path of an external commit.
        case joinedExternally
    }

    public let leaf: LeafNode
    public let index: LeafIndex
    public let origin: Origin
    /// The leaf that it replaces: the member's own before, or the one that an external joiner removes.
    public let replaced: LeafNode?
}

/// A proposal and who made it.
public struct JudgedProposal: Sendable {
    public let proposal: Proposal
    public let sender: Sender
    /// Whether the commit carries it itself, so that its sender is the committer.
    public let isByValue: Bool
}

/// A place in the tree at which a commit changes something.
public struct LeafChange: Sendable {
    public let index: LeafIndex
    /// Who stood there; nil where nobody did.
    public let old: LeafNode?
    /// Who stands there now; nil where nobody does.
    public let new: LeafNode?
}

/// A commit whose form is right, before its secrets are looked at.
public struct JudgedCommit: Sendable {
    /// The epoch that it ends.
    public let context: GroupContext
    /// The extensions of the epoch that it begins.
    public let extensions: Extensions
    /// The leaves before it.
    public let before: Roster
    /// The leaves after it: with all proposals, and with the committer's new leaf where the commit has a path.
    public let after: Roster
    /// Where they differ, from the left. A leaf that only got other keys is among them.
    public let changes: [LeafChange]
    public let committer: Sender
    /// The committer's leaf before the commit; for an external commit the new one.
    public let committerLeaf: LeafNode
    public let proposals: [JudgedProposal]
    /// Who leaves, as they stood in the tree.
    public let removed: [(index: LeafIndex, leaf: LeafNode)]
    public let authenticatedData: [UInt8]
}

/// The application's judgement: the "authentication service" of RFC 9420 §5.3 and its rules of who may do what.
///
/// It is asked on every inbound path and before every commit of one's own, by members and by followers:
/// once for every leaf that enters a tree, once for everybody who may propose from outside, once for every commit; and once for
/// every tree that is founded, joined, followed or loaded. Only while a
/// committer tries which of the proposals that wait go together is it asked about what they bring in more often.
public protocol Judge: Sendable {
    /// Whether the credential is true, and its owner may be here.
    func judge(leaf: JudgedLeaf, in context: GroupContext) -> Verdict
    /// Whether the credential of somebody who may propose from outside is true (RFC 9420 §5.3.1): for each entry of
    /// external_senders when a group is joined, followed or created, and for each that a commit adds.
    func judge(externalSender: ExternalSender, in context: GroupContext) -> Verdict
    /// Whether these leaves may be together in a group of this context: asked about the whole tree whenever one begins with it, also
    /// when it comes from one's own store, and behind all its leaves one by one. What a commit makes of it, `judge(commit:)` sees.
    func judge(tree: Roster, in context: GroupContext) -> Verdict
    /// Whether the committer and the proposers may do this, and what comes of it may be.
    func judge(commit: JudgedCommit) -> Verdict
    /// Whether `new` may take the place of `old` (RFC 9420 §5.3.1): the same client, as the application sees it.
    func maySucceed(_ old: Credential, _ new: Credential) -> Bool
    /// Whether two leaves stand for one member, across the groups of a re-initialisation or branch (RFC 9420 §11.2).
    func isSameMember(_ one: LeafNode, _ other: LeafNode) -> Bool
}

extension Judge {
    public func judge(leaf: JudgedLeaf, in context: GroupContext) -> Verdict { .accept }
    public func judge(externalSender: ExternalSender, in context: GroupContext) -> Verdict { .accept }
    public func judge(tree: Roster, in context: GroupContext) -> Verdict { .accept }
    public func judge(commit: JudgedCommit) -> Verdict { .accept }
    public func maySucceed(_ old: Credential, _ new: Credential) -> Bool { old == new }
    public func isSameMember(_ one: LeafNode, _ other: LeafNode) -> Bool { one.credential == other.credential }
}

/// Accepts what the protocol allows, as long as nobody changes their credential. For tests and for applications
/// whose delivery service has judged already.
public struct AcceptAll: Judge {
    public init() {}
}
