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
        case nil: return .unknown
        }
    }
}
