import CLISupport
import ChatProtocol
import GroupRules

/// Finds rooms: by the names that were used here, or by asking the server.
struct RoomBook: Sendable {
    let store: any StoreDoor

    /// Rooms in the order of their names.
    func records(_ scope: RoomScope, on wire: some GroupWire) async throws(Problem) -> [RoomRecord] {
        try await wire.whole(
            PagedList("its rooms", now: Monotonic.now, by: \.name, size: { 1 + $0.admins.count })
        ) {
            ListRooms(scope, name: $0)
        } reading: { (page: Rooms) in
            (page.rooms, page.more)
        }
    }

    /// What the server has under a name, whosever it was here; nil: nothing.
    func record(_ name: RoomName, on link: Link) async throws(Problem) -> RoomRecord? {
        let found: Rooms = try await link.request(ListRooms(.named, name: name.spoken))
        return found.rooms.first { $0.name == name.spoken }
    }

    /// What the server has under a name.
    ///
    /// - Throws: `no_such_room` (67); `room_changed` (79) where the name was another room's here.
    func find(_ name: RoomName, on link: Link) async throws(Problem) -> RoomRecord {
        guard let record = try await record(name, on: link) else {
            throw .noSuchRoom(name, wasUsed: try await store.withStore { try $0.pinnedRoom(name) } != nil)
        }
        try await store.withStore { try $0.checkRoom(name, record.conversation) }
        return record
    }

    /// The conversation of a room that this account is in, which has the name here from now on.
    ///
    /// - Throws: as `find`, also where a restore of the server has lost all of it but its name; `not_a_member` (77), `no_group` (75).
    func open(_ name: RoomName, on link: Link) async throws(Problem) -> ConversationID {
        let record = try await find(name, on: link)
        guard record.isMember else {
            throw .notAMember(record, own: try await store.withStore { try $0.identity()?.account })
        }
        guard record.access != .unfounded else {
            let known = try await store.withStore { try $0.lastKnown(of: record.conversation) }
            throw known == nil ? .notFounded(name) : .noSuchRoom(name, wasUsed: true)
        }
        try await store.withStore { store in
            try store.writeWithReserve { try store.useRoom(name, record.conversation, now: WallClock.now) }
        }
        return record.conversation
    }

    /// All members of a room by the server's word, in its order.
    func members(of room: ConversationID, on wire: some GroupWire) async throws(Problem) -> [RoomMember] {
        try await wire.whole(
            PagedList(
                "the members of a room", now: Monotonic.now, by: \.account.id,
                size: { 1 + $0.devices.count })
        ) {
            RoomMembers(conversation: room, after: $0)
        } reading: { (page: Members) in
            (page.members, page.more)
        }
    }

    /// The room that the name belongs to here, else to the server.
    func conversation(of name: RoomName, on link: Link) async throws(Problem) -> ConversationID {
        if let pinned = try await store.withStore({ try $0.pinnedRoom(name) }) { return pinned }
        return try await find(name, on: link).conversation
    }
}

extension Problem {
    /// Another process may be about to.
    static func notFounded(_ name: RoomName) -> Problem {
        Problem(
            .noGroup, "#\(name) is not founded yet", advice: .createRoom(name.text), conversation: "#\(name)",
            sent: .no,
            retryAfter: .seconds(1))
    }
}
