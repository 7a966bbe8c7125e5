import ChatProtocol
import GroupRules
import SQLite
import Testing

@testable import ChatServer

/// That no operation of an account writes into its conversations, which may lie elsewhere, and none of a conversation into anything else.
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

    /// Everything but what is of one conversation.
    private func rows(_ store: StoreUnderTest, beside conversation: ConversationID) throws -> [String] {
        try store.database { database in
            let number =
                try database.first("SELECT number FROM conversations WHERE id = ?", conversation) { $0.int(0) } ?? 0
            let tables: [String] = try database.all(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
            ) { $0.text(0) }
            return try tables.flatMap { (table) -> [String] in
                let columns: [String] = try database.all("SELECT name FROM pragma_table_info(?)", table) { $0.text(0) }
                let values = columns.map { "quote(\($0))" }.joined(separator: " || ' ' || ")
                let place =
                    switch table {
                    case "entries": "key >> 38 <> \(number)"
                    case "conversations": "number <> \(number)"
                    // Of the claimer, who has claimed for it.
                    case "key_claims": "true"
                    default:
                        columns.contains("conversation")
                            ? "conversation NOT IN (\(number), x'\(conversation.hex)')" : "true"
                    }
                var rows: [String] = []
                let statement = try database.prepare("SELECT \(values) FROM \(table) WHERE \(place) ORDER BY 1")
                while try statement.step() { rows.append("\(table) \(statement.text(0))") }
                return rows
            }
        }
    }

    @Test func `a bundle with a Welcome is written into its conversation and nowhere else`() async throws {
        try await withStore { store in
            let (dm, room) = (try await store.open(alice, bob), ConversationID(high: 9, low: 2))
            let welcome = { (id: UInt64, conversation: ConversationID, epoch: UInt64) in
                var bundle = Bundle(
                    MessageID(high: 0, low: id), in: conversation, sender: alice, device: aliceDevice,
                    entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: [1]))
                bundle.advance = GroupMark(epoch: Epoch(epoch))
                bundle.members = [
                    .enter(aliceDevice, of: alice, leaf: 0), .enter(bobDevice, of: bob, leaf: 1),
                ]
                if conversation != dm { bundle.members.insert(.join(bob), at: 0) }
                bundle.welcome = NewWelcome(devices: [bobDevice], payload: [7])
                return StoreOperation.bundle(bundle)
            }
            // As many as are kept, and a claim that is used.
            _ = try await store.commit((1...UInt64(NewWelcome.kept)).map { welcome($0, dm, $0) })
            _ = try await store.commit([.openRoom(room, try #require(RoomName("ops")), by: alice)])
            let package = NewPackage(reference: [1], initKey: [2], package: [3], expires: 10_000_000_000)
            _ = try await store.store.publishPackages(
                PackagePublication(account: bob, device: bobDevice, head: .none, instance: 0, packages: [package]))
            let claim = PackageClaim(claimer: alice, device: aliceDevice, conversation: room, account: bob)
            #expect(try await store.store.takePackages(claim).count == 1)
            let before = try rows(store, beside: room)
            #expect(before.contains { $0.hasPrefix("key_claims") } && before.contains { $0.hasPrefix("welcomes") })
            #expect(try await store.commit([welcome(9_000, room, 1)]).first?.seq == 1)
            #expect(try rows(store, beside: room) == before)
            // What it brings about elsewhere goes by operations of what it is written into.
            let operations = try await store.store.surplusWelcomes(of: [bobDevice], limit: 9)
            #expect(operations.map(\.conversation) == [dm])
            let beside = try rows(store, beside: dm)
            #expect(try await store.commit(operations) == [.done])
            #expect(try rows(store, beside: dm) == beside)
        }
    }

    @Test func `each operation of a sweep is written into one conversation, and does nothing the second time`()
        async throws
    {
        try await withStore { store in
            let dms = [try await store.open(alice, bob), try await store.open(alice, alice)]
            for dm in dms {
                var founding = Bundle(
                    .unique, in: dm, sender: alice, device: aliceDevice,
                    entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: [1]))
                founding.advance = GroupMark(epoch: 1)
                founding.members = [.enter(aliceDevice, of: alice, leaf: 0)]
                founding.welcome = NewWelcome(devices: [aliceDevice], payload: [7])
                _ = try await store.commit([
                    store.append("old", to: dm), .bundle(founding), store.append("old", to: dm, precondition: 1),
                ])
            }
            var sweep = RetentionSweep(now: .zero + .seconds(500 * 86_400), retention: .milliseconds(1_000))
            var parts: [ConversationID: Int] = [:]
            while !sweep.isDone {
                let step = try await store.store.overdue(sweep)
                for operation in step.operations {
                    let (beside, whole) = (try rows(store, beside: operation.conversation), try everything(store))
                    #expect(try await store.commit([operation]) == [.done])
                    #expect(try rows(store, beside: operation.conversation) == beside)
                    let after = try everything(store)
                    #expect(after != whole)
                    #expect(try await store.commit([operation]) == [.done])
                    #expect(try everything(store) == after)
                    parts[operation.conversation, default: 0] += 1
                }
                sweep = step.sweep
            }
            // Entries, leaf, Welcome, identifiers.
            #expect(parts == [dms[0]: 4, dms[1]: 4])
            #expect(try store.faults() == [])
        }
    }

    private func everything(_ store: StoreUnderTest) throws -> [String] {
        try rows(store, beside: ConversationID(high: 0, low: 0))
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
