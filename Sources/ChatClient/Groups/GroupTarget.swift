import CLISupport
import ChatProtocol
import GroupRules

/// What a conversation is to who comes into its group, before any description of the group was read.
enum GroupTarget: Equatable, Sendable {
    /// With the other party, or this account itself.
    case direct(Joiner.Peer)
    /// - Parameter founding: what may be founded; nil: nothing.
    case room(RoomName, founding: RoomFounding? = nil)
    case everyone
    /// Nothing is known of it but that a Welcome may wait, which says the rest.
    case unknown

    /// What the maker of a room wants.
    struct RoomFounding: Equatable, Sendable {
        var adders = GroupPolicy.Adders.admins
        var access = GroupPolicy.Access.closed
        /// Nobody is left in the one that there is: its next incarnation is founded, as it was.
        var isAnew = false
    }

    /// What a description of a group must say to be one of this conversation, entered from outside.
    ///
    /// - Throws: `protocol_fault` (76): the server describes another group.
    func check(_ policy: GroupPolicy, in conversation: ConversationID, _ own: Party) throws(Problem) {
        let isMeant =
            switch (self, policy.kind) {
            case (.direct(let peer), .direct(let parties)):
                parties.contains(own)
                    && parties.allSatisfy { $0.account == own.account || $0.account == peer.account }
            case (.room(let name, _), .room(let room)): room.name == name
            case (.everyone, .everyone): true
            default: false
            }
        guard isMeant, policy.group.conversation == conversation else {
            throw Problem(.protocolFault, "the server describes another group than this conversation's")
        }
    }

    /// J7 and J2, before a commit is made that every member would refuse. The server knows accounts, and a group knows their roots: an
    /// account that began anew has lost its place in a closed room, and comes to an open one, or to everyone, after its former devices
    /// were removed.
    ///
    /// - Parameter parties: whose leaves there are.
    /// - Throws: `not_a_member` (77), `removal_pending` (75).
    func checkPlace(of own: Party, in policy: GroupPolicy, _ parties: [Party]) throws(Problem) {
        guard !parties.contains(own) else { return }
        var spoken: String?
        if case .room(let name, _) = self {
            spoken = "#\(name)"
            guard policy.isOpen || policy.hasAdmin(own) else {
                throw Problem(
                    .notAMember, "you are not in #\(name)", advice: .askToBeAdded(room: name.text, admins: []),
                    conversation: spoken, sent: .no)
            }
        }
        guard !parties.contains(where: { $0.account == own.account && $0.root != own.root }) else {
            throw Problem(
                .removalPending,
                "somebody who is in the conversation has to remove this account's former devices first",
                hint: "try again in a minute", conversation: spoken, sent: .no)
        }
    }
}

extension GroupTarget {
    /// All members whom one commit has thrown out come back at the same time: not in the same moment.
    var jitter: Duration {
        switch self {
        case .direct, .unknown: .zero
        case .room, .everyone: .milliseconds(Int64.random(in: 0..<2_000))
        }
    }
}

extension ClientStore {
    /// What a conversation is, as far as it is known here.
    func groupTarget(of conversation: ConversationID) throws -> GroupTarget {
        let identity = try identity()
        if identity?.everyone == conversation { return .everyone }
        switch try self.conversation(conversation)?.name {
        case .user(let name):
            let peer: AccountID? = try peer(of: conversation)
            return peer.map { .direct(Joiner.Peer(account: $0, name: name)) } ?? .unknown
        case .room(let name): return .room(RoomName(name))
        case .everyone: return .everyone
        // By the name alone, as an identity file brings it.
        case nil: return try roomPinned(to: conversation).map { .room($0) } ?? .unknown
        }
    }
}
