import ChatProtocol
import GroupRules
import Testing

@testable import ChatServer

/// What every store has to do with whom accounts block.
@Suite struct BlockContractTests {
    typealias Kind = StoreUnderTest.Kind

    private func change(
        _ store: StoreUnderTest, _ account: AccountID, block: [AccountID] = [], unblock: [AccountID] = []
    ) async throws -> [AccountID] {
        let change = ChangeBlocks(blocked: block, unblocked: unblock)
        return try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.store.changeBlocks(change, of: account)
        }.map(\.id)
    }

    @Test(arguments: Kind.all) func `an account's list is changed, and changing it again changes nothing`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            #expect(try await change(store, bob).isEmpty)
            for _ in 0..<2 { #expect(try await change(store, bob, block: [alice, carol]) == [alice, carol]) }
            #expect(try await change(store, alice).isEmpty)
            let (isBlocked, blocks) = (
                try await store.store.isBlocked(alice, by: bob), try await store.store.isBlocked(bob, by: alice)
            )
            #expect(isBlocked && !blocks)
            let nobody = AccountID(high: 77, low: 77)
            #expect(try await change(store, bob, block: [nobody], unblock: [alice]) == [carol])
            #expect(await refusal { _ = try await change(store, bob, block: [bob]) } == .invalidTarget)
            #expect(try await change(store, bob) == [carol])
            for _ in 0..<2 { #expect(try await change(store, bob, unblock: [carol]).isEmpty) }
        }
    }

    @Test(arguments: Kind.all) func `who is blocked writes nothing directly, and gets it said`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let direct = try await store.open(alice, bob)
            let sent = store.append("before", to: direct, sender: alice, device: aliceDevice)
            #expect(try await store.commit([sent]).first?.refusal == nil)
            _ = try await change(store, bob, block: [alice])
            let refused = store.append("after", to: direct, sender: alice, device: aliceDevice)
            #expect(try await store.commit([refused]).first?.refusal == .blocked)
            // What was taken before is answered as it was, and the other way nothing is refused.
            #expect(try await store.commit([sent]).first?.refusal == nil)
            let back = store.append("back", to: direct, sender: bob, device: bobDevice)
            #expect(try await store.commit([back]).first?.refusal == nil)
            _ = try await change(store, bob, unblock: [alice])
            #expect(try await store.commit([refused]).first?.refusal == nil)
        }
    }

    @Test(arguments: Kind.all) func `who is blocked adds nobody who has blocked them, and commits all else`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let room = ConversationID(high: 9, low: 2)
            let name = try #require(RoomName("ops"))
            _ = try await store.commit([.openRoom(room, name, by: alice)])
            func commit(_ id: UInt64, _ members: [MembershipChange]) -> StoreOperation {
                var bundle = Bundle(
                    MessageID(high: 0, low: id), in: room, sender: alice, device: aliceDevice,
                    entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: [UInt8(id)]))
                bundle.advance = GroupMark(epoch: Epoch(id))
                bundle.members = members
                return .bundle(bundle)
            }
            _ = try await store.commit([commit(1, [.enter(aliceDevice, of: alice, leaf: 0)])])
            _ = try await change(store, bob, block: [alice])
            let adding = commit(2, [.join(bob), .enter(bobDevice, of: bob, leaf: 1)])
            #expect(try await store.commit([adding]).first?.refusal == .blocked)
            #expect(try await store.commit([commit(2, [])]).first?.refusal == nil)
        }
    }
}
