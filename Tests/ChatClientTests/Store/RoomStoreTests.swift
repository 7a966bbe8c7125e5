import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// Whose the names of rooms are.
@Suite struct RoomStoreTests {
    private static let first = ConversationID(high: 8, low: 1)
    private static let second = ConversationID(high: 8, low: 2)

    private func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch { return Problem(store: error).code }
    }

    @Test func `a room's name belongs to the conversation that was used, until it is forgotten`() throws {
        let scene = try StoreScene()
        let (store, ops, dev) = (scene.store, try #require(RoomName("ops")), try #require(RoomName("dev")))
        func use(_ name: RoomName, _ room: ConversationID) throws {
            try store.write { try store.useRoom(name, room, now: 7) }
        }
        #expect(try store.pinnedRoom(ops) == nil)
        try use(ops, Self.first)
        try use(ops, Self.first)
        #expect(try store.pinnedRoom(ops) == Self.first)
        #expect(code { try use(ops, Self.second) } == "room_changed")
        // Nor has one conversation two names, nor the name of a person.
        #expect(code { try use(dev, Self.first) } == "room_changed")
        #expect(code { try use(dev, withBob) } == "room_changed")
        #expect(try store.knownRooms(limit: 9) == [ops])
        #expect(try store.write { try store.forgetRoom(ops) })
        #expect(try !store.write { try store.forgetRoom(ops) })
        try use(ops, Self.second)
        #expect(try store.pinnedRoom(ops) == Self.second)
    }

    @Test func `what was written in both rooms of a name stands under it`() throws {
        let scene = try StoreScene()
        let (store, ops) = (scene.store, try #require(RoomName("ops")))
        for (room, body) in [(Self.first, "old"), (Self.second, "new")] {
            try store.write {
                _ = try store.forgetRoom(ops)
                try store.useRoom(ops, room, now: 7)
            }
            try scene.receive([StoreScene.entry(1, body, in: room)])
        }
        let reader = try #require(try store.itemReader())
        let items = try store.history(HistoryQuery(conversation: .room(ops.spoken)), reader: reader)
        #expect(items.map(StoreScene.word) == ["old", "new"])
        let names = items.compactMap { if case .message(let message) = $0 { message.conversation } else { nil } }
        #expect(names == [.room(ops.spoken), .room(ops.spoken)])
        let unread = try store.unread()
        #expect(unread.map(\.conversation) == [.room(ops.spoken)] && unread.map(\.count) == [2])
    }
}
