import ChatProtocol
import GroupRules
import Testing

@testable import ChatServer

/// That the laws of the store's contract are run beside somebody who writes.
@Suite struct InterferenceTests {
    typealias Kind = StoreUnderTest.Kind

    private static let interfered = Kind.all.filter { $0.trouble == .interfered }

    @Test(arguments: interfered) func `the other writer writes to every conversation between any two calls`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let (dm, room) = (try await store.open(alice, bob), ConversationID(high: 9, low: 9))
            _ = try await store.commit([.openRoom(room, try #require(RoomName("ops")), by: alice)])
            let all = [dm, room, store.identity.everyone]
            let other = try #require(store.other)
            for epoch: Epoch? in [nil, 1] {
                if let epoch {
                    _ = try await store.commit([dm, room].map { store.append("", to: $0, advance: epoch) })
                }
                for call in [{ _ = try await store.store.counts() }, { _ = try await store.store.invites() }] {
                    let before = (other.stored, try await heads(all, store))
                    try await call()
                    let after = (other.stored, try await heads(all, store))
                    for (index, id) in all.enumerated() {
                        #expect(after.0[id] ?? 0 == (before.0[id] ?? 0) + 1)
                        #expect(after.1[index] == before.1[index].next)
                    }
                }
            }
        }
    }

    private func heads(_ conversations: [ConversationID], _ store: StoreUnderTest) async throws -> [SequenceNumber] {
        var heads: [SequenceNumber] = []
        for conversation in conversations { heads.append(try await store.head(conversation)) }
        return heads
    }

    @Test(arguments: interfered) func `the other writer leaves alone what is closed`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let (dm, room) = (try await store.open(alice, bob), ConversationID(high: 9, low: 9))
            _ = try await store.commit([.openRoom(room, try #require(RoomName("ops")), by: alice)])
            _ = try await store.commit([.close(dm), .removeRoom(room)])
            let other = try #require(store.other)
            let before = other.stored
            _ = try await store.store.counts()
            #expect(other.stored[dm] == before[dm] && other.stored[room] == before[room])
            #expect(other.stored[store.identity.everyone] ?? 0 > before[store.identity.everyone] ?? 0)
        }
    }
}
