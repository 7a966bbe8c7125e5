import WireCodec

/// Makes a room, of which the account is then the one member; its group is founded next. Answered by `Rooms` with this one; refused by
/// `nameTaken`.
///
/// The conversation's identifier follows from account, request and name. The same name again gives the room that was made and is not
/// founded yet, and, where nobody is left in it, a former admin the room, which is then founded anew.
package struct CreateRoom: FrameBody {
    package static let kind = FrameKind.createRoom
    package var id: MessageID
    package var name: UserName

    package init(id: MessageID, name: UserName) {
        self.id = id
        self.name = name
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(id)
        writer.write(name)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        id = try reader.read()
        name = try reader.read()
    }
}

/// Which rooms are asked for.
package enum RoomScope: UInt8, Sendable {
    /// Those that the account is a member of.
    case own = 1
    /// And open ones.
    case all = 2
    /// The one that has this name, whoever may join it.
    case named = 3
}

/// Asks for a page of rooms in the order of their names. Answered by `Rooms`.
package struct ListRooms: FrameBody {
    package static let kind = FrameKind.listRooms
    package var scope: RoomScope
    /// The last name of the page before, nil for the first page; of `named` the name.
    package var name: UserName?

    package init(_ scope: RoomScope, name: UserName? = nil) {
        self.scope = scope
        self.name = name
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(scope.rawValue)
        writer.write(optional: name)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        scope = try reader.readCase(field: "scope")
        name = try reader.readOptional()
        guard scope != .named || name != nil else { throw .invalidValue(field: "name") }
    }
}

package enum RoomAccess: UInt8, Sendable {
    /// Its group is not founded yet.
    case unfounded = 0
    case closed = 1
    case open = 2
}

/// What the server says of a room. Members believe the policy of its group.
package struct RoomRecord: WireCodable, Equatable, Sendable {
    package var conversation: ConversationID
    package var name: UserName
    package var access: RoomAccess
    /// Whether the account that asks is a member.
    package var isMember: Bool
    /// Whom to ask to be added, in the order of their names.
    package var admins: [AccountRecord]
    /// How many accounts are members; 0 where that is not told: of a closed room to who is none.
    package var members: UInt32
    /// When the newest entry was taken; 0 where there is none, or the account is no member.
    package var lastTime: Timestamp

    package init(
        conversation: ConversationID, name: UserName, access: RoomAccess, isMember: Bool, admins: [AccountRecord],
        members: UInt32, lastTime: Timestamp = 0
    ) {
        self.conversation = conversation
        self.name = name
        self.access = access
        self.isMember = isMember
        self.admins = admins
        self.members = members
        self.lastTime = lastTime
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(name)
        writer.write(access.rawValue)
        writer.write(flag: isMember)
        writer.write(vectorOf: admins)
        writer.write(members)
        writer.write(lastTime)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        name = try reader.read()
        access = try reader.readCase(field: "access")
        isMember = try reader.readFlag(field: "member")
        admins = try reader.readVector(count: Limits.roomAdmins, field: "admins")
        members = try reader.read()
        lastTime = try reader.read()
    }
}

package struct Rooms: FrameBody {
    package static let kind = FrameKind.rooms
    package var rooms: [RoomRecord]
    package var more: Bool

    package init(rooms: [RoomRecord], more: Bool = false) {
        self.rooms = rooms
        self.more = more
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vectorOf: rooms)
        writer.write(flag: more)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        rooms = try reader.readVector(count: Limits.roomsPage, field: "rooms")
        more = try reader.readFlag(field: "more")
    }
}

/// Makes the account a member of a room that is open, or of which it is an admin; its devices then enter the group from outside. Answered by
/// `Rooms` with this one; refused by `noSuchRoom`, by `noGroup` before it is founded, and by `notAMember` where somebody has to add it.
package struct JoinRoom: FrameBody {
    package static let kind = FrameKind.joinRoom
    package var conversation: ConversationID
    package var id: MessageID

    package init(conversation: ConversationID, id: MessageID) {
        self.conversation = conversation
        self.id = id
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(id)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        id = try reader.read()
    }
}

/// Takes the account out of a room: its devices get nothing that follows, and the server has them removed from the group. Answered by
/// `Done`.
package struct LeaveRoom: FrameBody {
    package static let kind = FrameKind.leaveRoom
    package var conversation: ConversationID
    package var id: MessageID

    package init(conversation: ConversationID, id: MessageID) {
        self.conversation = conversation
        self.id = id
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(id)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        id = try reader.read()
    }
}

/// Drops what the server still keeps for the account's devices of a room that it is not in any more: what they have not fetched, and
/// Welcomes. Answered by `Done`; refused by `forbidden` to members.
package struct ForgetRoom: FrameBody {
    package static let kind = FrameKind.forgetRoom
    package var conversation: ConversationID
    package init(conversation: ConversationID) { self.conversation = conversation }
    package func encode(into writer: inout WireWriter) { writer.write(conversation) }
    package init(from reader: inout WireReader) throws(WireError) { conversation = try reader.read() }
}
