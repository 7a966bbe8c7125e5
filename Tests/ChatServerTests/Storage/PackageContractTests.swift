import ChatProtocol
import Testing

@testable import ChatServer

/// What every store has to do with key packages (`StoredPackages`). It looks into none: these here are none.
@Suite struct PackageContractTests {
    typealias Kind = StoreUnderTest.Kind

    private static let hour = Limits.keyPackageClaim

    private func package(_ number: UInt8, expires: Timestamp = 10_000_000_000) -> NewPackage {
        NewPackage(reference: [1, number], initKey: [2, number], package: [3, number], expires: expires)
    }

    private func publication(
        _ numbers: ClosedRange<UInt8>, lastResort: UInt8? = nil, of device: DeviceID = bobDevice,
        account: AccountID = bob, head: ChainHead = .none, instance: UInt32 = 0
    ) -> PackagePublication {
        PackagePublication(
            account: account, device: device, head: head, instance: instance, packages: numbers.map { package($0) },
            lastResort: lastResort.map { package($0) })
    }

    private func claim(_ number: UInt64, by claimer: AccountID = alice, isOverRate: Bool = false) -> PackageClaim {
        PackageClaim(
            claimer: claimer, device: DeviceID(high: 1, low: claimer == alice ? 1 : 3),
            conversation: ConversationID(high: 4, low: number), account: bob, isOverRate: isOverRate)
    }

    private func take(_ claim: PackageClaim, _ store: StoreUnderTest) async throws -> [[UInt8]] {
        try await store.store.takePackages(claim).map(\.package)
    }

    private func standing(_ store: StoreUnderTest) async throws -> KeyPackageStanding? {
        try await store.logIn(bobDevice, of: bob).packages
    }

    @Test(arguments: Kind.all) func `K1: each is handed out once, and for an hour the same to who had it`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let kept = try await store.store.publishPackages(publication(1...3, lastResort: 9))
            #expect(kept.standing == KeyPackageStanding(left: 3, hasLastResort: true) && kept.refused.isEmpty)
            #expect(try await take(claim(1), store) == [[3, 1]])
            #expect(try await take(claim(1), store) == [[3, 1]])
            #expect(try await take(claim(2), store) == [[3, 2]])
            #expect(try await take(claim(1, by: carol), store) == [[3, 3]])
            #expect(try await standing(store) == KeyPackageStanding(left: 0, hasLastResort: true))
            // Nobody has another one, so all others get the last resort, and keep it though there are others by now.
            #expect(try await take(claim(2, by: carol), store) == [[3, 9]])
            _ = try await store.store.publishPackages(publication(4...5, lastResort: 10))
            #expect(try await take(claim(2, by: carol), store) == [[3, 9]])
            #expect(try await take(claim(3, by: carol), store) == [[3, 4]])
            store.time = 1000 + Self.hour
            #expect(try await take(claim(1), store) == [[3, 5]])
            #expect(try await take(claim(2), store) == [[3, 10]])
        }
    }

    @Test(arguments: Kind.all) func `K1: where the conversation stands elsewhere by now, it is another one, and counts`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            _ = try await store.store.publishPackages(publication(1...20, lastResort: 30))
            let marks = [
                .none, GroupMark(epoch: 1), GroupMark(epoch: 2), GroupMark(incarnation: 1, epoch: 2), .none,
                GroupMark(epoch: 1),
            ]
            for (index, mark) in marks.enumerated() {
                var claim = claim(1)
                claim.mark = mark
                let number = index < Limits.keyPackageClaims ? UInt8(index + 1) : 30
                for _ in 0..<2 { #expect(try await take(claim, store) == [[3, number]]) }
            }
        }
    }

    @Test(arguments: Kind.all) func `K1: beyond five an hour of a device, and beyond the rate, it is the last resort`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            _ = try await store.store.publishPackages(publication(1...20, lastResort: 30))
            for number in 1...UInt64(Limits.keyPackageClaims) {
                #expect(try await take(claim(number), store) == [[3, UInt8(number)]])
            }
            for _ in 1...3 { #expect(try await take(claim(9), store) == [[3, 30]]) }
            #expect(try await take(claim(2), store) == [[3, 2]])
            #expect(try await take(claim(9, by: carol, isOverRate: true), store) == [[3, 30]])
            #expect(try await take(claim(9, by: carol), store) == [[3, 6]])
            #expect(try await take(claim(9, by: carol, isOverRate: true), store) == [[3, 6]])
            #expect(try await standing(store)?.left == 14)
            store.time = 1000 + Self.hour
            #expect(try await take(claim(9), store) == [[3, 7]])
        }
    }

    @Test(arguments: Kind.all) func `K1: expired ones are never handed out`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            var brought = publication(1...1, lastResort: 9)
            brought.packages = [package(1, expires: 2_000), package(2, expires: 3_000)]
            brought.lastResort?.expires = 4_000
            _ = try await store.store.publishPackages(brought)
            #expect(try await take(claim(1), store) == [[3, 1]])
            store.time = 2_000
            // What it was given has expired, though the hour is not over.
            #expect(try await take(claim(1), store) == [[3, 2]])
            store.time = 3_000
            #expect(try await take(claim(3), store) == [[3, 9]])
            #expect(try await standing(store) == KeyPackageStanding(left: 0, hasLastResort: true))
            store.time = 4_000
            #expect(try await take(claim(3), store).isEmpty)
            #expect(try await standing(store) == KeyPackageStanding.none)
            _ = try await store.sweep(now: 4_000, retention: .milliseconds(1_000_000))
            // It is forgotten with its time, and nothing else of it is there.
            #expect(try await store.store.publishPackages(publication(1...1)).standing.left == 1)
        }
    }

    @Test(arguments: Kind.all) func `K1: what comes again is known, whatever became of it`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            _ = try await store.store.publishPackages(publication(1...2, lastResort: 9))
            #expect(try await take(claim(1), store) == [[3, 1]])
            store.time = 1000 + Self.hour
            let again = try await store.store.publishPackages(publication(1...2, lastResort: 9))
            #expect(again.standing == KeyPackageStanding(left: 1, hasLastResort: true) && again.refused.isEmpty)
            #expect(try await take(claim(2), store) == [[3, 2]])
            // A former last resort does not come back either.
            _ = try await store.store.publishPackages(publication(3...3, lastResort: 10))
            _ = try await store.store.publishPackages(publication(3...3, lastResort: 9))
            #expect(try await take(claim(3), store) == [[3, 3]])
            #expect(try await take(claim(4), store) == [[3, 10]])
        }
    }

    @Test(arguments: Kind.all) func `K3: no two have the same key, and a device has so many`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            var twice = publication(1...2)
            twice.packages[1].initKey = twice.packages[0].initKey
            let kept = try await store.store.publishPackages(twice)
            #expect(kept.standing.left == 1 && kept.refused == [[1, 2]: .keyUsed])
            let many = try await store.store.publishPackages(publication(10...UInt8(10 + Limits.keyPackages)))
            #expect(many.standing.left == UInt8(Limits.keyPackages) && many.refused.count == 2)
            #expect(many.refused.values.allSatisfy { $0 == .tooMany })
        }
    }

    @Test(arguments: Kind.all) func `packages are those of an active device under the keys that it has`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let head = ChainHead(count: 1, hash: [UInt8](repeating: 1, count: 32))
            for wrong in [
                publication(1...1, head: head), publication(1...1, instance: 1),
                publication(1...1, of: aliceDevice),
            ] {
                let code = await refusal { _ = try await store.store.publishPackages(wrong) }
                #expect(code == (wrong.device == aliceDevice ? .noSuchDevice : .chainMoved))
            }
            _ = try await store.store.publishPackages(publication(1...1, lastResort: 9))
            // The one that asks gets none of its own.
            let own = PackageClaim(
                claimer: bob, device: bobDevice, conversation: ConversationID(high: 4, low: 9), account: bob)
            #expect(try await take(own, store).isEmpty)
            try await store.store.setFlags(.disabled, clearing: [], of: bob)
            #expect(try await take(claim(1), store).isEmpty)
            try await store.store.setFlags([], clearing: .disabled, of: bob)
            #expect(try await take(claim(1), store) == [[3, 1]])
            try await store.store.revokeDevice(bobDevice, of: bob)
            #expect(try await take(claim(1), store).isEmpty)
            #expect(await refusal { _ = try await store.store.publishPackages(publication(2...2)) } == .noSuchDevice)
        }
    }

    @Test(arguments: Kind.all) func `with a suspension, a reset and a renewal they go`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            func step(_ number: UInt32, _ effect: ChainStep.Effect) -> ChainStep {
                let before = number == 0 ? .none : ChainHead(count: number, hash: [UInt8](repeating: 7, count: 32))
                return ChainStep(
                    account: bob, before: before, link: [UInt8(number)], hash: [UInt8](repeating: 7, count: 32),
                    signer: bobDevice, instance: 0, effect: effect, passwordHash: "")
            }
            func head(_ number: UInt32) -> ChainHead { step(number, .add(bobDevice)).before }
            _ = try await store.store.publish(step(0, .create(bobDevice)))
            _ = try await store.store.publishPackages(publication(1...1, lastResort: 9, head: head(1)))
            _ = try await store.store.publish(step(1, .reset(bobDevice)))
            #expect(try await standing(store) == KeyPackageStanding.none)
            _ = try await store.store.publishPackages(publication(2...2, lastResort: 10, head: head(2)))
            let key = DeviceKey(purpose: .login, algorithm: .ed25519, publicKey: [5])
            let entry = IdentityEntry(
                account: bob, device: NewDevice(id: bobDevice, name: "b", keys: [key]), head: head(2),
                renewal: IdentityEntry.Renewal(instance: 1, bytes: [6], isOnce: false))
            #expect(try await store.store.enrol(entry).packages == .none)
            #expect(
                await refusal { _ = try await store.store.publishPackages(publication(3...3, head: head(2))) }
                    == .chainMoved)
            _ = try await store.store.publishPackages(publication(3...3, lastResort: 11, head: head(2), instance: 1))
            // The same use again drops nothing.
            #expect(try await store.store.enrol(entry).packages == KeyPackageStanding(left: 1, hasLastResort: true))
            try await store.store.suspendDevice(bobDevice, of: bob, ifHashIs: "")
            #expect(try await take(claim(1), store).isEmpty)
        }
    }

    @Test func `K2: a restored store has none that are handed out once`() async throws {
        try await withStore { store in
            _ = try await store.store.publishPackages(publication(1...3, lastResort: 9))
            #expect(try await take(claim(1), store) == [[3, 1]])
            try store.database { database in
                try database.transaction {
                    try MetaStore.beginGeneration(StoreGeneration(high: 8, low: 8), floor: 0, in: database)
                }
            }
            #expect(try await standing(store) == KeyPackageStanding(left: 0, hasLastResort: true))
            #expect(try await take(claim(1), store) == [[3, 9]])
            // What the backup had left comes back no more.
            _ = try await store.store.publishPackages(publication(1...4))
            #expect(try await standing(store)?.left == 1)
            #expect(try await take(claim(2), store) == [[3, 4]])
        }
    }
}
