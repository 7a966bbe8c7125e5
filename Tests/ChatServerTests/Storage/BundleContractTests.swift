import ChatProtocol
import GroupRules
import Testing

@testable import ChatServer

/// What every store has to do with bundles: all of one changes, or nothing.
@Suite struct BundleContractTests {
    typealias Kind = StoreUnderTest.Kind

    private let room = ConversationID(high: 9, low: 9)

    private func bundle(
        _ id: UInt64, in conversation: ConversationID, sender: AccountID = .server, text: String? = nil,
        change: (inout Bundle) -> Void = { _ in }
    ) -> StoreOperation {
        var bundle = Bundle(
            MessageID(high: 0, low: id), in: conversation, sender: sender, device: aliceDevice,
            entry: text.map { NewEntry(payloadKind: StoreUnderTest.noKind, payload: Array($0.utf8)) })
        change(&bundle)
        return .bundle(bundle)
    }

    /// The room, with alice.
    private func openRoom(_ store: StoreUnderTest) async throws {
        guard
            case .opened(let info, _, _) = try await store.commit([
                .openRoom(room, try #require(RoomName("ops")), by: alice)
            ]).first
        else {
            throw StoreUnderTest.Unexpected()
        }
        #expect(info == ConversationInfo(id: room, audience: .room))
    }

    /// No number was given away but to what is there.
    private func expectNoHole(_ store: StoreUnderTest) async throws {
        let page = try await store.page(room)
        #expect(page.entries.map(\.seq) == Array(1...page.through))
    }

    // MARK: Without an entry

    @Test(arguments: Kind.all) func `a bundle without an entry takes no number and is carried out once`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            try await openRoom(store)
            let operation = bundle(5, in: room, sender: alice) { bundle in
                bundle.advance = GroupMark(epoch: 3)
                bundle.members = [.enter(aliceDevice, of: alice, leaf: 0)]
                bundle.rows = [SideRowChange(kind: 1, index: [0], value: [7])]
            }
            for round in 0..<2 {
                guard case .changed(let position, let duplicate) = try await store.commit([operation]).first else {
                    Issue.record("it is not carried out")
                    return
                }
                #expect(position == ConversationPosition(generation: store.identity.generation, epoch: 3))
                #expect(duplicate == (round > 0 || kind.trouble == .answersLost))
            }
            let rows = try await store.store.sideRows(of: room, kind: 1, after: nil, limit: 9)
            #expect(rows == [SideRow(index: [0], version: 1, value: [7])])
            let stored = try await store.commit([store.append("a", to: room, precondition: 3)]).first?.stored
            #expect(stored?.position.epoch == 3)
            try await expectNoHole(store)
        }
    }

    @Test(arguments: Kind.all) func `of a bundle that is refused nothing changes`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let outcomes = try await store.commit([
                bundle(5, in: room, sender: alice, text: "no") { bundle in
                    bundle.entry?.payloadKind = PayloadKind.commit.rawValue
                    bundle.advance = GroupMark(epoch: 9)
                    bundle.members = [.join(bob), .leave(alice), .enter(aliceDevice, of: alice, leaf: 0)]
                    bundle.welcome = NewWelcome(devices: [bobDevice], payload: [1])
                    bundle.rows = [
                        SideRowChange(kind: 1, index: [0], value: [7]),
                        SideRowChange(kind: 1, index: [1], expected: 4, value: [8]),
                    ]
                },
                store.append("b", to: room, sender: bob, device: bobDevice),
                store.append("a", to: room, precondition: 0),
            ])
            #expect(outcomes.map(\.refusal) == [.preconditionFailed, .notAMember, nil])
            try await expectNoHole(store)
            #expect(try await store.store.sideRows(of: room, kind: 1, after: nil, limit: 9).isEmpty)
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9).isEmpty)
        }
    }

    @Test(arguments: Kind.all) func `an identifier is used once with an entry or without`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let first = try await store.commit([
                bundle(5, in: room, sender: alice, text: "a"), bundle(6, in: room, sender: alice),
            ])
            let again = try await store.commit([
                bundle(5, in: room, sender: alice) { $0.members = [.leave(alice)] },
                bundle(6, in: room, sender: alice, text: "b"),
            ])
            #expect(again[0].seq == first[0].seq && again[0].stored?.duplicate == true)
            guard case .changed(_, duplicate: true) = again[1] else {
                Issue.record("\(again[1])")
                return
            }
            #expect(try await store.texts(room) == ["a"])
        }
    }

    // MARK: Who comes and goes

    @Test(arguments: Kind.all) func `members change with the bundle and read what follows it`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            try await openRoom(store)
            let outcomes = try await store.commit([
                store.append("before", to: room),
                bundle(5, in: room, sender: alice, text: "bob comes") { $0.members = [.join(bob)] },
                store.append("after", to: room),
            ])
            let (comes, after) = (try #require(outcomes[1].seq), try #require(outcomes[2].seq))
            let row = try #require(try await store.inbox(bobDevice, bob, room))
            #expect(row.start == comes && row.acked == comes && row.head >= after)
            let committed = try await store.committed([store.append("both", to: room)])
            let news = committed.news.flatMap { news -> [AccountID] in
                guard case .accounts(let accounts) = news.readers else { return [] }
                return accounts.sorted()
            }
            #expect(news == [alice, bob])
            _ = try await store.commit([
                bundle(6, in: room, sender: alice, text: "bob goes") { $0.members = [.leave(bob), .leave(carol)] }
            ])
            let refused = try await store.commit([store.append("no", to: room, sender: bob, device: bobDevice)])
            #expect(refused.map(\.refusal) == [.notAMember])
            #expect(try await store.inbox(bobDevice, bob, room) == nil)
            // Who comes again begins again.
            let again = try await store.commit([bundle(7, in: room, text: "again") { $0.members = [.join(bob)] }])
            _ = try await store.commit([store.append("more", to: room)])
            #expect(try await store.inbox(bobDevice, bob, room)?.start == again.first?.seq)
        }
    }

    @Test(arguments: Kind.all) func `nobody comes to a direct conversation or goes`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            for change in [MembershipChange.join(carol), .leave(bob)] {
                let outcome = try await store.commit([bundle(5, in: dm, sender: alice) { $0.members = [change] }])
                #expect(outcome.map(\.refusal) == [.invalidTarget])
            }
        }
    }

    @Test(arguments: Kind.all) func `the server writes everywhere and into nothing that is closed`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let outcome = try await store.commit([bundle(5, in: dm, text: "go")])
            #expect(outcome.first?.seq != nil)
            #expect(try await store.page(dm).entries.contains { $0.sender == .server && $0.text == "go" })
            _ = try await store.commit([.close(dm)])
            #expect(try await store.commit([bundle(6, in: dm, text: "no")]).map(\.refusal) == [.noSuchUser])
        }
    }

    // MARK: Welcomes

    private func welcome(_ id: UInt64, _ devices: [DeviceID], _ payload: [UInt8]) -> StoreOperation {
        bundle(id, in: room, sender: alice, text: "\(id)") { bundle in
            bundle.welcome = NewWelcome(devices: devices, payload: payload)
        }
    }

    private func take(_ device: DeviceID, _ request: UInt64, _ store: StoreUnderTest) async throws -> TakenWelcome? {
        let operation = StoreOperation.takeWelcome(room, device, request: MessageID(high: 1, low: request))
        guard case .welcome(let taken) = try await store.commit([operation]).first else {
            throw StoreUnderTest.Unexpected()
        }
        return taken
    }

    @Test(arguments: Kind.all) func `each device takes a Welcome once`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let operation = welcome(5, [aliceDevice, bobDevice], [1, 2])
            var outcome: OperationOutcome?
            for _ in 0..<2 { outcome = try await store.commit([operation]).first }
            let head = try #require(outcome?.seq)
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9) == [room])
            let expected = TakenWelcome(id: MessageID(high: 0, low: 5), head: head, payload: [1, 2])
            #expect(try await take(bobDevice, 1, store) == expected)
            // Whoever asks again under the same request missed the answer.
            #expect(try await take(bobDevice, 1, store) == expected)
            #expect(try await take(bobDevice, 2, store) == nil)
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9).isEmpty)
            #expect(try await take(aliceDevice, 1, store) == expected)
            #expect(try await take(DeviceID(high: 7, low: 7), 1, store) == nil)
        }
    }

    @Test(arguments: Kind.all) func `C5: with a renewal the Welcomes go that wait for the former key`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let head = ChainHead(count: 1, hash: [UInt8](repeating: 7, count: 32))
            _ = try await store.store.publish(
                ChainStep(
                    account: bob, before: .none, link: [0], hash: head.hash, signer: bobDevice, instance: 0,
                    effect: .create(bobDevice), passwordHash: ""))
            _ = try await store.commit([welcome(5, [bobDevice], [1])])
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9) == [room])
            let key = DeviceKey(purpose: .login, algorithm: .ed25519, publicKey: [5])
            let entry = IdentityEntry(
                account: bob, device: NewDevice(id: bobDevice, name: "b", keys: [key]), head: head,
                renewal: IdentityEntry.Renewal(instance: 1, bytes: [6], isOnce: false))
            _ = try await store.store.enrol(entry)
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9).isEmpty)
            _ = try await store.commit([welcome(6, [bobDevice], [2])])
            // The same use again drops nothing.
            _ = try await store.store.enrol(entry)
            #expect(try await take(bobDevice, 1, store)?.payload == [2])
        }
    }

    @Test(arguments: Kind.all) func `Welcomes are taken in the order in which they came`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            _ = try await store.commit((5...7).map { welcome($0, [bobDevice, bobDevice], [UInt8($0)]) })
            var payloads: [[UInt8]] = []
            for request in 1...4 as ClosedRange<UInt64> {
                if let taken = try await take(bobDevice, request, store) { payloads.append(taken.payload) }
            }
            #expect(payloads == [[5], [6], [7]])
        }
    }

    @Test(arguments: Kind.quiet)
    func `a Welcome waits as long as handshakes are kept, and is given again as long as an identifier is`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            _ = try await store.commit([welcome(5, [aliceDevice, bobDevice], [1])], time: 1_100)
            _ = try await store.commit([welcome(6, [aliceDevice], [2])], time: 1_100)
            for request in 1...2 as ClosedRange<UInt64> {
                #expect(try await take(aliceDevice, request, store)?.payload == [UInt8(request)])
            }
            _ = try await store.sweep(now: 3_000, retention: .milliseconds(1_000))
            for request in 1...2 as ClosedRange<UInt64> {
                #expect(try await take(aliceDevice, request, store)?.payload == [UInt8(request)])
            }
            _ = try await store.sweep(now: 3_000 + RetentionSweep.identifiersLonger, retention: .milliseconds(1_000))
            #expect(try await take(aliceDevice, 2, store) == nil)
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9) == [room])
            let year = Timestamp(milliseconds: UInt64(Limits.handshakeDays) * 24 * 3_600 * 1_000)
            _ = try await store.sweep(now: year + .seconds(2), retention: .milliseconds(1_000))
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9).isEmpty)
            #expect(try await take(bobDevice, 1, store) == nil)
        }
    }

    @Test(arguments: Kind.quiet) func `what a Welcome takes counts for whoever has made it, until it ends`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let payload = [UInt8](repeating: 7, count: 10_000)
            _ = try await store.commit([welcome(5, [bobDevice, aliceDevice], payload)], time: 1_100)
            let entry = UInt64(StoreQuota.bytes(ofPayload: 1))
            let whole = entry + UInt64(StoreQuota.bytes(ofPayload: payload.count))
            #expect(try await store.store.usage() == [alice: whole])
            for device in [aliceDevice, bobDevice] { #expect(try await take(device, 1, store) != nil) }
            let freed = try await store.sweep(
                now: 3_000 + RetentionSweep.identifiersLonger, retention: .milliseconds(1_000))
            #expect(freed == whole)
            #expect(try await store.store.usage().isEmpty)
        }
    }

    @Test(arguments: Kind.quiet) func `of one account's Welcomes a device keeps the newest, and all of others`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let other = bundle(4, in: room, text: "0") { $0.welcome = NewWelcome(devices: [bobDevice], payload: [9]) }
            _ = try await store.commit([other])
            let most = UInt64(NewWelcome.kept)
            for first in stride(from: 0, to: most + 3, by: 64) {
                _ = try await store.commit(
                    (first..<min(first + 64, most + 3)).map { welcome(100 + $0, [bobDevice, aliceDevice], [7]) })
            }
            // Each device has three too many, which are there still, since each goes by an operation of its own.
            #expect(try await store.store.followUps(limit: 9).count == 6)
            #expect(try await store.store.surplusWelcomes(of: [bobDevice], limit: 9).count == 3)
            try await store.store.dropSurplusWelcomes(of: [bobDevice])
            #expect(try await store.store.surplusWelcomes(of: [bobDevice], limit: 9).isEmpty)
            try await store.store.finishFollowUps()
            #expect(try await store.store.surplusWelcomes(of: nil, limit: 9).isEmpty)
            var taken: [MessageID] = []
            while let next = try await take(bobDevice, UInt64(taken.count) + 1, store) { taken.append(next.id) }
            #expect(taken == ([4] + (3..<most + 3).map { 100 + $0 }).map { MessageID(high: 0, low: $0) })
        }
    }

    // MARK: Bounds

    @Test(arguments: Kind.all) func `what changes with a bundle is bounded together`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let half = [UInt8](repeating: 0, count: Bundle.mostRowBytes / 2)
            let devices = (0..<UInt64(Bundle.mostRows)).map { DeviceID(high: 8, low: $0) }
            let outcomes = try await store.commit([
                bundle(5, in: room, sender: alice) { bundle in
                    bundle.rows = [SideRowChange(kind: 1, index: [0], value: half)]
                    bundle.welcome = NewWelcome(devices: [bobDevice], payload: half + [1])
                },
                bundle(6, in: room, sender: alice) { bundle in
                    bundle.members = [.join(bob)]
                    bundle.welcome = NewWelcome(devices: devices, payload: [1])
                },
            ])
            #expect(outcomes.map(\.refusal) == [.payloadTooLarge, .payloadTooLarge])
            if kind.engine == .sqlite { #expect(try store.faults() == []) }
        }
    }

    @Test(arguments: Kind.all) func `K1: a package that a Welcome was made for is handed out no more`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let packages = (1...2).map { (number: UInt8) in
                NewPackage(
                    reference: [1, number], initKey: [2, number], package: [3, number], expires: 10_000_000_000)
            }
            _ = try await store.store.publishPackages(
                PackagePublication(
                    account: bob, device: bobDevice, head: .none, instance: 0, packages: packages, lastResort: nil))
            let claim = PackageClaim(
                claimer: alice, device: aliceDevice, conversation: room, account: bob, isOverRate: false)
            for _ in 0..<2 {
                #expect(try await store.store.takePackages(claim).map(\.package) == [[3, 1]])
            }
            _ = try await store.commit([welcome(5, [bobDevice], [1])])
            try await store.store.packagesWereUsed(PackageUse(by: alice, in: room, of: [bobDevice]))
            #expect(try await store.store.takePackages(claim).map(\.package) == [[3, 2]])
        }
    }
}
