import ChatProtocol
import GroupRules
import SQLite
import Testing

@testable import ChatServer

/// That no operation of an account writes into its conversations, which may lie elsewhere.
@Suite struct ScopeTests {
    private static let tablet = DeviceID(high: 2, low: 1)

    private static func head(_ count: UInt32) -> ChainHead {
        count == 0 ? .none : ChainHead(count: count, hash: [UInt8](repeating: UInt8(count), count: 32))
    }

    private static func step(_ number: UInt32, _ effect: ChainStep.Effect) -> ChainStep {
        ChainStep(
            account: bob, before: head(number), link: [UInt8(number)], hash: head(number + 1).hash, signer: bobDevice,
            instance: 0, effect: effect, passwordHash: "")
    }

    private static let operations: [@Sendable (any Store) async throws -> Void] = [
        { try await $0.suspendDevice(tablet, of: bob, ifHashIs: "") },
        { _ = try await $0.publish(step(2, .revoke(tablet))) },
        { _ = try await $0.publish(step(2, .reset(tablet))) },
        { store in
            let renewal = IdentityEntry.Renewal(instance: 1, bytes: [1], isOnce: false)
            _ = try await store.enrol(
                IdentityEntry(
                    account: bob, device: StoreUnderTest.device(tablet, key: 9), head: head(2), renewal: renewal))
        },
        { store in
            let hash = try #require(Bcrypt.dummy(cost: 4))
            _ = try await store.setPassword(hash, of: bob, replacing: nil, revokingAllBut: bobDevice)
        },
        { try await $0.deleteAccount(bob, erasing: true) },
        { try await $0.setFlags(.disabled, clearing: [], of: bob) },
        // So many that the store keeps nothing of the first ones.
        { store in
            _ = try await store.publish(step(2, .revoke(tablet)))
            for number in 10...50 as ClosedRange<UInt64> {
                let device = DeviceID(high: 2, low: number)
                try await store.addDevice(StoreUnderTest.device(device), to: bob)
                try await store.revokeDevice(device, of: bob)
            }
        },
    ]

    /// Everything of conversations, in some order.
    private func rows(_ store: StoreUnderTest) throws -> [String] {
        let tables = [
            "conversations", "members", "cursors", "leaves", "welcomes", "welcome_devices", "entries", "message_ids",
            "side_rows", "rooms", "room_admins", "commit_reports", "commit_blocks", "erasures",
        ]
        return try store.database { database in
            try tables.flatMap { (table) -> [String] in
                let columns: [String] = try database.all("SELECT name FROM pragma_table_info(?)", table) { $0.text(0) }
                let values = columns.map { "quote(\($0))" }.joined(separator: " || ' ' || ")
                var rows: [String] = []
                let statement = try database.prepare("SELECT \(values) FROM \(table) ORDER BY 1")
                while try statement.step() { rows.append("\(table) \(statement.text(0))") }
                return rows
            }
        }
    }

    @Test(arguments: operations.indices) func `what an account does is written into none of its conversations`(
        index: Int
    ) async throws {
        try await withStore { store in
            try await store.store.addDevice(StoreUnderTest.device(Self.tablet), to: bob)
            for (number, effect) in [ChainStep.Effect.create(bobDevice), .add(Self.tablet)].enumerated() {
                _ = try await store.store.publish(Self.step(UInt32(number), effect))
            }
            let dm = try await store.open(alice, bob)
            var founding = Bundle(
                .unique, in: dm, sender: alice, device: aliceDevice,
                entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: [1]))
            founding.advance = GroupMark(epoch: 1)
            founding.members = [
                .enter(aliceDevice, of: alice, leaf: 0), .enter(bobDevice, of: bob, leaf: 1),
                .enter(Self.tablet, of: bob, leaf: 2),
            ]
            founding.welcome = NewWelcome(devices: [Self.tablet, bobDevice], payload: [7])
            #expect(try await store.commit([.bundle(founding)]).first?.seq == 1)
            try await store.move(Self.tablet, bob, dm, acked: 1)
            let before = try rows(store)
            #expect(before.contains { $0.hasPrefix("welcome_devices") })
            try await Self.operations[index](store.store)
            #expect(try rows(store) == before)
        }
    }
}
