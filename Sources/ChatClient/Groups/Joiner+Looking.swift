import CLISupport
import ChatProtocol
import GroupRules

/// Asking the server where a conversation stands.
extension Joiner {
    /// Of a room it is told only whether it has a group: in which epoch that is matters to nobody who holds none.
    func look(_ conversation: ConversationID, as target: GroupTarget) async throws(Problem) -> GroupMark {
        switch target {
        case .room(let name, _): return try await look(at: name, conversation)
        case .direct, .everyone: break
        case .unknown:
            // A room that this account was added to, by a Welcome that waits.
            return try await record(of: conversation).map { GroupMark(epoch: $0.epoch) } ?? Self.founded
        }
        guard let record = try await record(of: conversation) else { throw Problem(.noSuchConversation, sent: .no) }
        return GroupMark(epoch: record.epoch)
    }

    /// What is to be entered from outside. Of a conversation that is not known here, and of which no Welcome waits any more, the server says
    /// which of this account's rooms it is; whose that name was here counts before.
    ///
    /// - Throws: `not_in_group` (75) where it is none of them.
    func named(_ target: GroupTarget, _ conversation: ConversationID) async throws(Problem) -> GroupTarget {
        guard target == .unknown else { return target }
        let rooms = try await RoomBook(store: store).records(.own, on: wire)
        guard let record = rooms.first(where: { $0.conversation == conversation }) else {
            throw Problem(.notInGroup, sent: .no)
        }
        let name = RoomName(record.name)
        try await store.withStore { try $0.checkRoom(name, conversation) }
        return .room(name)
    }

    private static let founded = GroupMark(epoch: 1)

    private func record(of conversation: ConversationID) async throws(Problem) -> ConversationRecord? {
        let found: Conversations = try await wire.ask(LookUpConversations(ids: [conversation]))
        guard let record = found.conversations.first(where: { $0.id == conversation }) else { return nil }
        let own = place.own.place.account
        try await store.withStore { store in
            guard try store.conversation(conversation) == nil else { return }
            try store.writeWithReserve { try store.remember([record], own: own, now: WallClock.now) }
        }
        return record
    }

    private func look(at name: RoomName, _ conversation: ConversationID) async throws(Problem) -> GroupMark {
        let found: Rooms = try await wire.ask(ListRooms(.named, name: name.spoken))
        guard let record = found.rooms.first(where: { $0.name == name.spoken }) else {
            throw .noSuchRoom(name, wasUsed: try await store.withStore { try $0.pinnedRoom(name) } != nil)
        }
        guard record.conversation == conversation else { throw .roomChanged(name) }
        guard record.isMember else { throw .notAMember(record, own: place.own.place.account) }
        return record.access == .unfounded ? .none : Self.founded
    }
}

extension Problem {
    /// - Parameter wasUsed: there was one here.
    static func noSuchRoom(_ name: RoomName, wasUsed: Bool) -> Problem {
        Problem(
            .noSuchRoom, wasUsed ? "there is no room #\(name) any more" : "there is no room #\(name)",
            advice: wasUsed ? .createRoomAnew(name.text) : .seeRooms, conversation: "#\(name)", sent: .no)
    }

    /// Says who can change that: an admin comes in by themselves.
    ///
    /// - Parameter former: an admin with another key, who is not asked.
    static func notAMember(_ room: RoomRecord, own: AccountID? = nil, former: AccountID? = nil) -> Problem {
        Problem(
            .notAMember, "you are not in #\(room.name)",
            advice: room.access == .open || room.admins.contains { $0.id == own }
                ? .joinRoom(room.name.text)
                : .askToBeAdded(room: room.name.text, admins: room.admins.filter { $0.id != former }.map(\.name.text)),
            conversation: "#\(room.name)", sent: .no)
    }
}
