import ChatProtocol

/// K5: whether a Welcome is entered. What was opened of it, and what the device knows, go in; nothing is looked up.
package struct WelcomeRules: Sendable {
    /// The conversation for which the server delivered it.
    package var deliveredFor: ConversationID
    package var own: Party
    /// The leaf that signed the group's description.
    package var signer: Party
    package var signerIsBlocked: Bool
    /// The conversation to which the room's name is pinned, if it is.
    package var pinnedRoom: ConversationID?
    /// The incarnation of this conversation that is held, if any.
    package var heldIncarnation: UInt32?
    /// The last epoch of this very group that the device was in, if it ever was: it is remembered for ever.
    package var tombstone: Epoch?

    package init(
        deliveredFor: ConversationID, own: Party, signer: Party, signerIsBlocked: Bool = false,
        pinnedRoom: ConversationID? = nil, heldIncarnation: UInt32? = nil, tombstone: Epoch? = nil
    ) {
        self.deliveredFor = deliveredFor
        self.own = own
        self.signer = signer
        self.signerIsBlocked = signerIsBlocked
        self.pinnedRoom = pinnedRoom
        self.heldIncarnation = heldIncarnation
        self.tombstone = tombstone
    }

    /// - Parameter epoch: that the Welcome leads into.
    package func check(_ policy: GroupPolicy, epoch: Epoch) throws(RuleViolation) {
        let group = policy.group
        try require(
            group.conversation == deliveredFor, .k5, .notAllowed,
            "delivered for conversation \(deliveredFor), and the group is of \(group.conversation)")
        if let heldIncarnation {
            try require(
                group.incarnation > heldIncarnation, .k5, .notAllowed,
                "incarnation \(group.incarnation), and \(heldIncarnation) is held")
        }
        if let tombstone {
            try require(
                epoch > tombstone, .k5, .notAllowed, "epoch \(epoch) of a group that was left in epoch \(tombstone)")
        }
        switch policy.kind {
        case .direct(let parties):
            let id = ConversationID.direct(own.account, (parties.first { $0 != own } ?? own).account, on: policy.server)
            try require(
                parties.contains(own) && parties.contains(signer) && id == group.conversation, .k5, .notAllowed,
                "a direct conversation of others")
        case .room(let room):
            try require(
                room.adders == .members || policy.hasAdmin(signer), .k5, .notAllowed,
                "account \(signer.account) may not add to \(room.name)")
            try require(!signerIsBlocked, .k5, .notAllowed, "account \(signer.account) is blocked")
            try require(
                pinnedRoom ?? group.conversation == group.conversation, .k5, .roomChanged,
                "another room is called \(room.name)")
        case .everyone: throw RuleViolation(.k5, .notAllowed, "nobody is added to everyone")
        }
    }
}
