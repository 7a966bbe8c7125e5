import CLISupport
import ChatProtocol
import GroupRules

/// Finds rooms: by the names that were used here, or by asking the server.
struct RoomBook: Sendable {
    let store: any StoreDoor

    /// Rooms in the order of their names.
    func records(_ scope: RoomScope, on wire: some GroupWire) async throws(Problem) -> [RoomRecord] {
        var records: [RoomRecord] = []
        while true {
            let after = records.last?.name
            let page: Rooms = try await wire.ask(ListRooms(scope, name: after))
            records += page.rooms
            guard page.more, let last = page.rooms.last?.name else { return records }
            // In the order of names there is an end.
            guard after.map({ $0 < last }) ?? true else {
                throw Problem(.protocolFault, "the server tells its rooms in no order")
            }
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
        guard let record = try await record(name, on: link) else { throw .noSuchRoom(name) }
        try await store.withStore { try $0.checkRoom(name, record.conversation) }
        return record
    }

    /// The conversation of a room that this account is in, which has the name here from now on.
    ///
    /// - Throws: as `find`; `not_a_member` (77), `no_group` (75).
    func open(_ name: RoomName, on link: Link) async throws(Problem) -> ConversationID {
        let record = try await find(name, on: link)
        guard record.isMember else {
            throw .notAMember(record, own: try await store.withStore { try $0.identity()?.account })
        }
        guard record.access != .unfounded else { throw .notFounded(name) }
        try await store.withStore { store in
            try store.write { try store.useRoom(name, record.conversation, now: WallClock.now) }
        }
        return record.conversation
    }

    /// All members of a room by the server's word, in its order.
    func members(of room: ConversationID, on link: Link) async throws(Problem) -> [RoomMember] {
        var members: [RoomMember] = []
        while true {
            let last = members.last?.account.id
            let page: Members = try await link.request(RoomMembers(conversation: room, after: last))
            // In the order of accounts there is an end.
            guard page.members.allSatisfy({ member in last.map { $0 < member.account.id } ?? true }) else {
                throw Problem(.protocolFault, "\(link.address) tells the members of a room in no order")
            }
            members += page.members
            guard page.more, !page.members.isEmpty else { return members }
        }
    }

    /// The room that the name belongs to here, else to the server.
    func conversation(of name: RoomName, on link: Link) async throws(Problem) -> ConversationID {
        if let pinned = try await store.withStore({ try $0.pinnedRoom(name) }) { return pinned }
        return try await find(name, on: link).conversation
    }
}

extension Problem {
    static func notFounded(_ name: RoomName) -> Problem {
        Problem(
            .noGroup, "#\(name) is not founded yet", advice: .createRoom(name.text), conversation: "#\(name)", sent: .no
        )
    }
}
