import ChatProtocol
import GroupRules

/// Rooms, as far as the server knows them without their groups: names, who may join, who is a member.
///
/// - A name belongs to one room. It is given away when the room begins to exist (`StoreOperation.openRoom`), and again where the room
///   that has it was never founded and nobody is in it.
/// - What a room's policy says comes with the bundle that carries the commit (`Bundle.room`), so that it is what the group has.
/// - Who is a member: who made it, who is added or has joined, until their last leaf goes or they leave.
package protocol StoredRooms: Sendable {
    /// Rooms in the order of their names, as an account is told of them.
    func rooms(_ selection: RoomSelection, for account: AccountID, limit: Int) async throws(StoreFailure)
        -> [RoomRecord]

    /// The name of a room; nil where there is none, or it has lost it.
    func roomName(of room: ConversationID) async throws(StoreFailure) -> RoomName?

    /// The members of a room in the order of their identifiers, asked by an account or the server itself.
    ///
    /// - Throws: refused by `noSuchRoom`; by `notAMember` where the account is none and the room is not open.
    func members(
        of room: ConversationID, for account: AccountID, after: AccountID?, limit: Int
    ) async throws(StoreFailure) -> [RoomMember]

    /// Rooms in the order of their names, as an administrator is told of them.
    func survey(_ selection: RoomSurvey, limit: Int) async throws(StoreFailure) -> [SurveyedRoom]
}

/// Which rooms an administrator asks for.
package enum RoomSurvey: Sendable, Equatable {
    case all(after: RoomName?)
    case named(RoomName)
    /// Those that an account is an admin of, and nobody else who is neither disabled nor deleted.
    case left(by: AccountID, after: RoomName?)
}

/// What an administrator is told of a room. Whoever is disabled or deleted does not count.
package struct SurveyedRoom: Sendable, Equatable {
    package var conversation: ConversationID
    package var name: RoomName
    package var access: RoomAccess
    package var mark: GroupMark
    package var members: Int
    /// Active devices of members, in its group.
    package var devices: Int
    package var admins: [UserName]
    /// When the newest message came that is kept; nil: there is none.
    package var lastMessage: Timestamp?

    package init(
        conversation: ConversationID, name: RoomName, access: RoomAccess, mark: GroupMark, members: Int, devices: Int,
        admins: [UserName], lastMessage: Timestamp?
    ) {
        self.conversation = conversation
        self.name = name
        self.access = access
        self.mark = mark
        self.members = members
        self.devices = devices
        self.admins = admins
        self.lastMessage = lastMessage
    }
}

package enum RoomSelection: Sendable, Equatable {
    /// Those that the account is a member of, behind a name.
    case own(after: RoomName?)
    /// And open ones.
    case all(after: RoomName?)
    case named(RoomName)
    case of(ConversationID)
}

/// What the policy of a room's group says that the server must know without the group.
package struct RoomTraits: Sendable, Equatable {
    package var isOpen: Bool
    package var admins: [AccountID]

    package init(isOpen: Bool, admins: [AccountID]) {
        self.isOpen = isOpen
        self.admins = admins
    }

    package init(_ room: GroupPolicy.Room) {
        self.init(isOpen: room.access == .open, admins: room.admins.map(\.account))
    }

    /// Names are kept for those who found what they have made.
    package static var tooManyUnfounded: Failure {
        Failure(.rateLimited, sentence: "this account has made \(Limits.unfoundedRooms) rooms that are not founded yet")
    }
}
