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

    package init(
        conversation: ConversationID, name: UserName, access: RoomAccess, isMember: Bool, admins: [AccountRecord],
        members: UInt32
    ) {
        self.conversation = conversation
        self.name = name
        self.access = access
        self.isMember = isMember
        self.admins = admins
        self.members = members
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(name)
        writer.write(access.rawValue)
        writer.write(flag: isMember)
        writer.write(vectorOf: admins)
        writer.write(members)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        name = try reader.read()
        access = try reader.readCase(field: "access")
        isMember = try reader.readFlag(field: "member")
        admins = try reader.readVector(count: Limits.roomAdmins, field: "admins")
        members = try reader.read()
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

/// Asks for a page of a room's members in the order of their identifiers: a member may, and everybody where it is open. Answered by
/// `Members`.
package struct RoomMembers: FrameBody {
    package static let kind = FrameKind.roomMembers
    package var conversation: ConversationID
    /// The last account of the page before; nil for the first page.
    package var after: AccountID?

    package init(conversation: ConversationID, after: AccountID? = nil) {
        self.conversation = conversation
        self.after = after
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(optional: after)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        after = try reader.readOptional()
    }
}

package struct RoomMember: WireCodable, Equatable, Sendable {
    package var account: AccountRecord
    package var isAdmin: Bool
    /// Its active devices that are in the group.
    package var devices: [DeviceID]

    package init(account: AccountRecord, isAdmin: Bool, devices: [DeviceID]) {
        self.account = account
        self.isAdmin = isAdmin
        self.devices = devices
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(flag: isAdmin)
        writer.write(vectorOf: devices)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        isAdmin = try reader.readFlag(field: "admin")
        devices = try reader.readVector(count: Limits.devicesPerAccount, field: "devices")
    }
}

package struct Members: FrameBody {
    package static let kind = FrameKind.members
    package var conversation: ConversationID
    package var members: [RoomMember]
    package var more: Bool

    package init(conversation: ConversationID, members: [RoomMember], more: Bool) {
        self.conversation = conversation
        self.members = members
        self.more = more
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(vectorOf: members)
        writer.write(flag: more)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        members = try reader.readVector(count: Limits.page, field: "members")
        more = try reader.readFlag(field: "more")
    }
}

/// An account has become a member of a room, or is none any more: told to its own subscribed connections, of which not each is one of a
/// device that is in the group.
package struct MemberChanged: FrameBody {
    package enum Change: UInt8, Sendable {
        case joined = 1
        case left = 2
    }

    package static let kind = FrameKind.memberChanged
    package var conversation: ConversationID
    package var account: AccountID
    package var change: Change

    package init(conversation: ConversationID, account: AccountID, change: Change) {
        self.conversation = conversation
        self.account = account
        self.change = change
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(account)
        writer.write(change.rawValue)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        account = try reader.read()
        change = try reader.readCase(field: "change")
    }
}
