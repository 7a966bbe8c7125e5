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

    @Test(arguments: interfered) func `whoever comes second is refused in the way that the contract says`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let other = try #require(store.other)
            let (old, new) = (try #require(Bcrypt.dummy(cost: 4)), try #require(Bcrypt.dummy(cost: 5)))
            let zoe = try StoreUnderTest.account(9, "zoe", hash: old.text)
            try await store.store.register(zoe, device: nil, invite: nil)
            _ = try await store.store.setPassword(new, of: zoe.record.id, replacing: old.text, revokingAllBut: nil)
            _ = try await store.logIn(bobDevice, of: bob)
            let package = NewPackage(reference: [1], initKey: [2], package: [3], expires: 10_000)
            _ = try await store.store.publishPackages(
                PackagePublication(account: bob, device: bobDevice, head: .none, instance: 0, packages: [package]))
            let head = ChainHead(count: 1, hash: [UInt8](repeating: 1, count: 32))
            _ = try await store.store.publish(
                ChainStep(
                    account: alice, before: .none, link: [1], hash: head.hash, signer: aliceDevice, instance: 0,
                    effect: .create(aliceDevice)))
            _ = try await store.store.enrol(
                IdentityEntry(
                    account: alice, device: StoreUnderTest.device(aliceDevice, key: 9), head: head,
                    renewal: IdentityEntry.Renewal(instance: 1, bytes: [1], isOnce: false)))
            _ = try await store.commit([store.append("", to: try await store.open(alice, bob), advance: 1)])
            #expect(other.refused == Set(OtherWriter.Rival.allCases))
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
