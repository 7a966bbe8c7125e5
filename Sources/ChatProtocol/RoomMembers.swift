import WireCodec

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
