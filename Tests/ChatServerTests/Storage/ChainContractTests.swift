import ChatProtocol
import Testing

@testable import ChatServer

/// What every store has to do with chains (`StoredChains`). It looks into no link: these here are none.
@Suite struct ChainContractTests {
    typealias Kind = StoreUnderTest.Kind

    private let second = DeviceID(high: 2, low: 1)
    private let third = DeviceID(high: 2, low: 2)

    private static func hash(_ count: UInt32) -> [UInt8] { [UInt8](repeating: UInt8(count), count: 32) }

    private static func head(_ count: UInt32) -> ChainHead {
        count == 0 ? .none : ChainHead(count: count, hash: hash(count))
    }

    private func step(
        _ number: UInt32, _ effect: ChainStep.Effect, text: String = "link", instance: UInt32 = 0,
        passwordHash: String? = nil
    ) -> ChainStep {
        ChainStep(
            account: alice, before: Self.head(number), link: Array("\(text) \(number)".utf8),
            hash: Self.hash(number + 1), signer: aliceDevice, instance: instance, effect: effect,
            passwordHash: passwordHash)
    }

    private func states(_ store: StoreUnderTest) async throws -> [DeviceID: DeviceState] {
        Dictionary(uniqueKeysWithValues: try await store.store.devices(of: alice).map { ($0.id, $0.state) })
    }

    @Test(arguments: Kind.all) func `a link comes next or not at all`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            #expect(try await store.store.chain(of: alice, from: 0, limit: 9)?.head == ChainHead.none)
            #expect(try await store.store.chain(of: AccountID(high: 9, low: 9), from: 0, limit: 9) == nil)
            let create = step(0, .create(aliceDevice))
            #expect(try await store.store.publish(create).head == Self.head(1))
            // Another one in its place, and one that leaves a place out.
            for wrong in [step(0, .create(aliceDevice), text: "other"), step(2, .revoke(second))] {
                #expect(await refusal { _ = try await store.store.publish(wrong) } == .chainMoved)
            }
            #expect(try await store.store.publish(step(1, .revoke(second))).revoked == [second])
            // The same again is answered as the first time.
            #expect(try await store.store.publish(create).head == Self.head(1))
            let kept = try #require(try await store.store.chain(of: alice, from: 0, limit: 9))
            #expect(kept.head == Self.head(2) && kept.links == [create.link, step(1, .revoke(second)).link])
            #expect(try await store.logIn(aliceDevice, of: alice).chain == ChainStanding(head: Self.head(2)))
        }
    }

    @Test(arguments: Kind.all) func `a chain is read in pages`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let steps = [step(0, .create(aliceDevice))] + (1..<5).map { step($0, .revoke(second)) }
            for step in steps { _ = try await store.store.publish(step) }
            var links: [[UInt8]] = []
            while let page = try await store.store.chain(of: alice, from: UInt32(links.count), limit: 2),
                !page.links.isEmpty
            {
                #expect(page.links.count <= 2 && page.from == UInt32(links.count) && page.head == Self.head(5))
                links += page.links
            }
            #expect(links == steps.map(\.link))
        }
    }

    @Test(arguments: Kind.all) func `the first link has all other devices wait`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            _ = try await store.device(of: alice, 1)
            let outcome = try await store.store.publish(step(0, .create(aliceDevice)))
            #expect(outcome.activated == [aliceDevice] && outcome.pending == [second] && outcome.revoked.isEmpty)
            #expect(try await states(store) == [aliceDevice: .active, second: .pending])
            // One that waits can log in.
            #expect(try await store.logIn(second, of: alice).state == .pending)
            let revoked = DeviceID(high: 7, low: 7)
            #expect(await refusal { _ = try await store.store.publish(step(1, .reset(revoked))) } == .loginRefused)
        }
    }

    @Test(arguments: Kind.all) func `a device that waits is added by a link, and one that does not is refused`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            for number in 1...2 { _ = try await store.device(of: alice, UInt64(number)) }
            #expect(try await states(store) == [aliceDevice: .active, second: .pending, third: .pending])
            #expect(await refusal { _ = try await leave(aliceDevice, store) } == .noSuchDevice)
            #expect(try await leave(second, store) == WaitingDevice(name: "d", since: 1000))
            #expect(try await store.store.devices(of: alice).first { $0.id == second }?.grant == [7])
            #expect(try await store.logIn(aliceDevice, of: alice).chain.waiting == 1)
            try await store.store.revokeDevice(third, of: alice)
            #expect(await refusal { _ = try await store.store.publish(step(1, .add(third))) } == .noSuchDevice)
            #expect(try await store.store.publish(step(1, .add(second))).activated == [second])
            #expect(try await states(store) == [aliceDevice: .active, second: .active])
            #expect(try await store.store.devices(of: alice).allSatisfy { $0.grant.isEmpty })
            // What stands in the chain is revoked by the chain.
            #expect(await refusal { try await store.store.revokeDevice(second, of: alice) } == .forbidden)
            // Of one that a restored store does not know the link stands all the same.
            let unknown = DeviceID(high: 7, low: 7)
            #expect(try await store.store.publish(step(2, .add(unknown))).head == Self.head(3))
        }
    }

    private func leave(_ device: DeviceID, _ store: StoreUnderTest) async throws -> WaitingDevice {
        try await store.store.leaveGrant([7], of: device, account: alice)
    }

    @Test(arguments: Kind.all) func `a reset wants the password and comes once a day`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            for number in 1...2 { _ = try await store.device(of: alice, UInt64(number)) }
            #expect(
                await refusal {
                    _ = try await store.store.publish(step(1, .reset(second), passwordHash: "other"))
                } == .loginRefused)
            let reset = step(1, .reset(second), passwordHash: "")
            #expect(try await store.store.publish(reset).revoked == [third, aliceDevice].sorted())
            #expect(try await states(store) == [second: .active])
            let again = step(2, .reset(third), passwordHash: "")
            #expect(await refusal { _ = try await store.store.publish(again) } == .rateLimited)
            store.time = 1000 + ChainStep.resetPause
            #expect(await refusal { _ = try await store.store.publish(again) } == .noSuchDevice)
            _ = try await store.device(of: alice, 3)
            let fourth = DeviceID(high: 2, low: 3)
            #expect(try await store.store.publish(step(2, .reset(fourth), passwordHash: "")).activated == [fourth])
        }
    }

    @Test(arguments: Kind.all) func `four strangers wait for a week and no more`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            func admit(_ number: UInt64) async throws -> DeviceState {
                let device = StoreUnderTest.device(DeviceID(high: 2, low: number), key: 10 + UInt8(number))
                return try await store.store.admit(device, .new, to: alice, ifHashIs: "").state
            }
            for number in 1...UInt64(Limits.pendingDevices) { #expect(try await admit(number) == .pending) }
            #expect(await refusal { _ = try await admit(9) } == .tooManyDevices)
            // What an approved device makes is no stranger.
            _ = try await store.device(of: alice, 8)
            store.time = 1001 + WaitingDevice.patience
            #expect(try await admit(9) == .pending)
            #expect(try await states(store) == [aliceDevice: .active, DeviceID(high: 2, low: 9): .pending])
        }
    }

    @Test(arguments: Kind.all) func `what leaves no grant and is not added waits for an hour and keeps nobody out`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            for number in 1...UInt64(Limits.pendingDevices) { _ = try await store.device(of: alice, number) }
            _ = try await leave(second, store)
            let stranger = StoreUnderTest.device(DeviceID(high: 2, low: 9), key: 19)
            let admit = { try await store.store.admit(stranger, .new, to: alice, ifHashIs: "") }
            store.time = 1_000 + WaitingDevice.patienceWithoutGrant
            #expect(await refusal { _ = try await admit() } == .tooManyDevices)
            store.time = 1_001 + WaitingDevice.patienceWithoutGrant
            #expect(try await admit().state == .pending)
            #expect(try await states(store) == [aliceDevice: .active, second: .pending, stranger.id: .pending])
        }
    }

    @Test(arguments: Kind.all) func `a login whose answer was lost takes its own place again, by its key`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            func admit(_ number: UInt64, key: UInt8) async throws -> DeviceID {
                let device = StoreUnderTest.device(DeviceID(high: 2, low: number), key: key)
                return try await store.store.admit(device, .new, to: alice, ifHashIs: "").device
            }
            #expect(try await admit(1, key: 9) == second)
            #expect(try await admit(2, key: 9) == second, "without a chain, too")
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            #expect(try await admit(3, key: 9) == second)
            #expect(try await states(store) == [aliceDevice: .active, second: .pending])
            #expect(try await admit(4, key: 8) != second)
            // What is approved is no place that a password takes up.
            _ = try await store.store.publish(step(1, .add(second)))
            #expect(try await admit(5, key: 9) == DeviceID(high: 2, low: 5))
        }
    }

    @Test(arguments: Kind.all) func `who waits for a week is swept away though nobody comes`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            _ = try await store.device(of: alice, 1)
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            _ = try await store.device(of: alice, 2)
            _ = try await leave(third, store)
            _ = try await store.sweep(now: 1000 + WaitingDevice.patience, retention: .milliseconds(1 << 40))
            #expect(try await states(store) == [aliceDevice: .active, second: .pending, third: .pending])
            _ = try await store.sweep(now: 1001 + WaitingDevice.patience, retention: .milliseconds(1 << 40))
            #expect(try await states(store) == [aliceDevice: .active, second: .pending])
        }
    }

    @Test(arguments: Kind.all) func `devices that were active wait as long as it takes`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            _ = try await store.device(of: alice, 1)
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            store.time = 1001 + WaitingDevice.patience
            _ = try await store.device(of: alice, 2)
            #expect(try await states(store) == [aliceDevice: .active, second: .pending, third: .pending])
        }
    }

    @Test(arguments: Kind.all) func `a password alone takes up no device of a chain`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            func takeUp(_ id: DeviceID, _ proven: ChainHead?) async throws -> DeviceState {
                let device = StoreUnderTest.device(id, key: 3)
                return try await store.store.admit(device, .again(proven: proven), to: alice, ifHashIs: "").state
            }
            for proven in [nil, ChainHead.none, Self.head(2)] {
                #expect(await refusal { _ = try await takeUp(aliceDevice, proven) } == .badProof)
                #expect(await refusal { _ = try await takeUp(second, proven) } == .noSuchDevice)
            }
            #expect(try await takeUp(aliceDevice, Self.head(1)) == .active)
            // One that only the chain knows, after a restore.
            #expect(try await takeUp(second, Self.head(1)) == .active)
            _ = try await store.device(of: alice, 2)
            #expect(try await takeUp(third, nil) == .pending)
        }
    }

    @Test(arguments: Kind.all) func `a new password ends who waits and suspends who stands in the chain`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            for number in 1...2 { _ = try await store.device(of: alice, UInt64(number)) }
            _ = try await store.store.publish(step(1, .add(second)))
            let hash = try #require(Bcrypt.dummy(cost: 4))
            let ended = try await store.store.setPassword(
                hash, of: alice, replacing: nil, revokingAllBut: aliceDevice)
            #expect(ended == [second, third])
            #expect(try await states(store) == [aliceDevice: .active, second: .suspended])
            #expect(await refusal { _ = try await store.logIn(second, of: alice) } == .deviceRevoked)
        }
    }

    @Test(arguments: Kind.quiet) func `a device reads from when it was added`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            _ = try await store.store.publish(step(0, .create(aliceDevice)))
            let dm = try await store.open(alice, bob)
            _ = try await store.device(of: alice, 1)
            _ = try await store.commit([store.append("while it waits", to: dm)], time: 1_100)
            try await store.move(aliceDevice, alice, dm, acked: 1)
            store.time = 1_200
            _ = try await store.store.publish(step(1, .add(second)))
            _ = try await store.commit([store.append("now", to: dm)], time: 1_300)
            #expect(try await store.inbox(second, alice, dm)?.start == 1)
        }
    }
}

/// What every store has to do with uses of identity files (`StoredChains.enrol`).
@Suite struct EnrolmentContractTests {
    typealias Kind = StoreUnderTest.Kind

    private let file = DeviceID(high: 2, low: 1)
    private let head = ChainHead(count: 2, hash: [UInt8](repeating: 2, count: 32))

    /// An account with a chain that has granted a device by an enrol key.
    private func begin(_ store: StoreUnderTest) async throws {
        var device = NewDevice(id: file, name: "bot", keys: [])
        device.keys = [DeviceKey(purpose: .enrol, algorithm: .ed25519, publicKey: [5])]
        for (number, effect) in [ChainStep.Effect.create(aliceDevice), .add(file)].enumerated() {
            if number == 1 { try await store.store.addDevice(device, to: alice) }
            let before =
                number == 0 ? ChainHead.none : ChainHead(count: 1, hash: [UInt8](repeating: 1, count: 32))
            _ = try await store.store.publish(
                ChainStep(
                    account: alice, before: before, link: [UInt8(number)],
                    hash: [UInt8](repeating: UInt8(number + 1), count: 32), signer: aliceDevice, instance: 0,
                    effect: effect))
        }
    }

    private func entry(_ instance: UInt32, key: UInt8, text: UInt8? = nil, isOnce: Bool = false) -> IdentityEntry {
        let renewal = IdentityEntry.Renewal(
            instance: instance, bytes: [UInt8(instance), text ?? key], isOnce: isOnce)
        return IdentityEntry(
            account: alice, device: StoreUnderTest.device(file, key: key), head: head, renewal: renewal)
    }

    private func key(_ store: StoreUnderTest) async throws -> [UInt8]? {
        try await store.logIn(file, of: alice).key
    }

    @Test(arguments: Kind.all) func `C5: the newest use of a file counts, one at a time and one a minute`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            try await begin(store)
            #expect(try await store.store.enrolment(file, of: alice) == EnrolledDevice(state: .active, key: [5]))
            let first = entry(1, key: 11)
            #expect(try await store.store.enrol(first).state == .active)
            // The same again, and with other keys, and what comes after the next.
            #expect(try await store.store.enrol(first).chain.head == head)
            #expect(await refusal { _ = try await store.store.enrol(entry(1, key: 12, text: 11)) } == .replaced)
            #expect(await refusal { _ = try await store.store.enrol(entry(3, key: 12)) } == .chainMoved)
            #expect(await refusal { _ = try await store.store.enrol(entry(2, key: 12)) } == .rateLimited)
            store.time = 1000 + IdentityEntry.pause
            _ = try await store.store.enrol(entry(2, key: 12))
            #expect(try await key(store) == [UInt8](repeating: 12, count: 32))
            #expect(await refusal { _ = try await store.logIn(file, of: alice, signedBy: 11) } == .replaced)
            #expect(await refusal { _ = try await store.logIn(file, of: alice, signedBy: 13) } == .badProof)
            // The file itself can be used again, and of renewals the newest is kept.
            #expect(try await store.store.enrolment(file, of: alice)?.key == [5])
            #expect(try await store.store.chain(of: alice, from: 0, limit: 9)?.renewals == [[2, 12]])
            #expect(await refusal { _ = try await store.store.enrol(first) } == .chainMoved)
        }
    }

    @Test(arguments: Kind.all) func `C5: a file that is good for one use is used once`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await begin(store)
            _ = try await store.store.enrol(entry(1, key: 11, isOnce: true))
            #expect(
                await refusal { _ = try await store.store.enrol(entry(1, key: 12, text: 11, isOnce: true)) }
                    == .identityUsed)
            #expect(try await key(store) == [UInt8](repeating: 11, count: 32))
        }
    }

    @Test(arguments: Kind.all) func `a renewal that has signed a link stays as long as the chain`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            try await begin(store)
            _ = try await store.store.enrol(entry(1, key: 11))
            func step(_ instance: UInt32, _ effect: ChainStep.Effect) -> ChainStep {
                ChainStep(
                    account: alice, before: head, link: [9], hash: [UInt8](repeating: 3, count: 32), signer: file,
                    instance: instance, effect: effect)
            }
            let other = DeviceID(high: 7, low: 7)
            // Signed with a key that is not its newest any more.
            #expect(await refusal { _ = try await store.store.publish(step(0, .add(other))) } == .chainMoved)
            _ = try await store.store.publish(step(1, .add(other)))
            store.time = 1000 + IdentityEntry.pause
            var next = entry(2, key: 12)
            #expect(await refusal { _ = try await store.store.enrol(next) } == .chainMoved)
            next.head = ChainHead(count: 3, hash: [UInt8](repeating: 3, count: 32))
            _ = try await store.store.enrol(next)
            #expect(try await store.store.chain(of: alice, from: 0, limit: 9)?.renewals == [[1, 11], [2, 12]])
            #expect(try await store.store.chain(of: alice, from: 0, limit: 2)?.renewals == [])
        }
    }

    @Test(arguments: Kind.all) func `the first device of an account begins without a renewal, once`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            var device = NewDevice(id: file, name: "first", keys: [])
            device.keys = [DeviceKey(purpose: .enrol, algorithm: .ed25519, publicKey: [5])]
            try await store.store.addDevice(device, to: alice)
            func enter(_ key: UInt8) async throws -> LoggedIn {
                try await store.store.enrol(
                    IdentityEntry(
                        account: alice, device: StoreUnderTest.device(file, key: key), head: .none, renewal: nil))
            }
            #expect(try await enter(11).state == .active)
            #expect(try await enter(11).device == file)
            #expect(await refusal { _ = try await enter(12) } == .identityUsed)
        }
    }

    @Test(arguments: Kind.all) func `who is suspended or revoked begins nothing`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await begin(store)
            #expect(
                await refusal { try await store.store.suspendDevice(file, of: alice, ifHashIs: "x") } == .loginRefused)
            #expect(
                await refusal { try await store.store.suspendDevice(file, of: bob, ifHashIs: "") } == .noSuchDevice)
            try await store.store.suspendDevice(file, of: alice, ifHashIs: "")
            #expect(try await store.store.enrolment(file, of: alice)?.state == .suspended)
            #expect(await refusal { _ = try await store.store.enrol(entry(1, key: 11)) } == .deviceRevoked)
            #expect(try await store.store.chain(of: alice, from: 0, limit: 9)?.renewals == [])
            // One that waits is revoked.
            let stranger = try await store.device(of: alice, 2)
            try await store.store.suspendDevice(stranger, of: alice, ifHashIs: "")
            #expect(try await store.store.devices(of: alice).map(\.state).contains(.pending) == false)
        }
    }
}
