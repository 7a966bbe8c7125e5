import ChatProtocol
import GroupRules

/// A room as the server tells it and this profile knows it.
package struct RoomSummary: Sendable {
    package enum Access: String, CaseIterable, Sendable {
        /// Its maker has not finished it.
        case unfounded
        /// Somebody adds who is to be there.
        case closed
        /// Whoever wants to be there joins.
        case open
    }

    package let name: RoomName
    package let access: Access
    /// Whether this account is a member.
    package let isMember: Bool
    package let admins: [UserName]
    /// How many accounts are members; nil where that is not told.
    package let members: Int?
    /// The name was another room's here: nothing is sent there.
    package let isChanged: Bool
    /// It was a member before it was begun anew: somebody has to add it.
    package let isLost: Bool

    package init(
        name: RoomName, access: Access, isMember: Bool, admins: [UserName], members: Int?, isChanged: Bool,
        isLost: Bool = false
    ) {
        self.name = name
        self.access = access
        self.isMember = isMember
        self.admins = admins
        self.members = members
        self.isChanged = isChanged
        self.isLost = isLost
    }

    init(_ record: RoomRecord, isLost: Bool, in store: ClientStore) throws {
        self.isLost = isLost
        name = RoomName(record.name)
        access =
            switch record.access {
            case .unfounded: .unfounded
            case .closed: .closed
            case .open: .open
            }
        isMember = record.isMember && !isLost
        let own = isLost ? try store.identity()?.account : nil
        // As an admin it is somebody else, too.
        admins = record.admins.filter { $0.id != own }.map(\.name)
        members = record.members == 0 ? nil : Int(record.members)
        let pinned = try store.pinnedRoom(name)
        isChanged = pinned != nil && pinned != record.conversation
    }
}

/// Somebody in a room.
package struct RoomPerson: Sendable {
    package struct Device: Sendable {
        package let id: DeviceID
        /// The user's key, as it is known here, has this device.
        package let isKnown: Bool

        package init(id: DeviceID, isKnown: Bool) {
            self.id = id
            self.isKnown = isKnown
        }
    }

    package let user: UserName
    package let displayName: String
    package let isOwn: Bool
    package let isAdmin: Bool
    /// How the user's key stands; nil: nothing is known of it here.
    package let trust: KeyTrust?
    /// Those that are in the room's group.
    package let devices: [Device]

    package init(
        user: UserName, displayName: String, isOwn: Bool, isAdmin: Bool, trust: KeyTrust?, devices: [Device]
    ) {
        self.user = user
        self.displayName = displayName
        self.isOwn = isOwn
        self.isAdmin = isAdmin
        self.trust = trust
        self.devices = devices
    }
}
