import ChatProtocol
import GroupRules
import TestSupport
import Testing
import Transport
import WireCodec

@testable import ChatServer

/// What the keeper of accounts takes into a chain, and from whom.
@Suite struct ChainTests {
    private static let password = Array("correct horse".utf8)

    /// An account with its first device and a chain of one link.
    private func begun(_ scene: AccountScene) async throws -> (me: LoggedIn, chain: TestChain) {
        let me = try await registered(scene)
        var chain = TestChain(me.account, on: try await scene.store.identity().server)
        let outcome = try await publish(try chain.create(me.device), me, scene)
        #expect(outcome.head.count == 1 && outcome.activated == [me.device])
        return (me, chain)
    }

    private func registered(_ scene: AccountScene, _ name: String = "alice") async throws -> LoggedIn {
        try await scene.keeper.register(
            Register(
                name: try #require(UserName(name)), displayName: "", password: Self.password,
                device: try TestDevice().description(binding: scene.binding)), from: scene.origin())
    }

    private func stranger(
        _ scene: AccountScene, existing: DeviceID? = nil, keys: [KeyRegistration] = []
    ) async throws -> LoggedIn {
        var description = try TestDevice().description("phone", binding: scene.binding)
        description.keys += keys
        let request = LoginByPassword(
            name: try #require(UserName("alice")), password: Self.password, existing: existing, device: description)
        return try await scene.keeper.logIn(request, from: scene.origin())
    }

    private func publish(
        _ link: [UInt8], _ me: LoggedIn, _ scene: AccountScene, password: [UInt8] = []
    ) async throws -> ChainOutcome {
        try await scene.keeper.publishLink(
            PublishLink(link: link, password: password), by: me, from: scene.origin())
    }

    private func refused(
        _ link: Link, _ me: LoggedIn, _ scene: AccountScene, password: [UInt8] = []
    ) async -> ErrorCode? {
        await scene.refusal { _ = try await publish(link.wireBytes, me, scene, password: password) }
    }

    @Test func `a device that logs in by password waits, leaves its grant, and is added`() async throws {
        let scene = try await AccountScene()
        var (me, chain) = try await begun(scene)
        let phone = try await stranger(scene)
        #expect(phone.state == .pending && phone.chain.head.count == 1 && phone.chain.waiting == 0)
        let grant = try chain.grant(phone.device, [])
        _ = try await scene.keeper.leaveGrant(LeaveGrant(grant: grant.wireBytes), of: phone)
        #expect(try await stranger(scene).chain.waiting == 1)
        let shown = try await scene.keeper.devices(of: me.account.id).first { $0.id == phone.device }
        #expect(shown?.grant == grant.wireBytes && shown?.state == .pending)
        let add = try chain.take(try chain.link(.add(grant), by: me.device))
        #expect(try await publish(add, me, scene).activated == [phone.device])
        let states = try await scene.keeper.devices(of: me.account.id).map(\.state)
        #expect(states == [.active, .active, .pending])
        try await scene.end()
    }

    @Test func `a grant is of the device that leaves it, and proven`() async throws {
        let scene = try await AccountScene()
        var (me, chain) = try await begun(scene)
        let (phone, other) = (try await stranger(scene), try await stranger(scene))
        let grant = try chain.grant(phone.device)
        let elsewhere = AccountPlace(server: chain.place.server, account: AccountID(high: 9, low: 9))
        let pair = try chain.pair()
        let unproven = Grant(
            device: phone.device, key: try chain.grant(other.device).key, rights: [], proof: grant.proof)
        let foreign = try Grant(device: phone.device, pair: pair, rights: [], at: elsewhere)
        for wrong in [try chain.grant(other.device).wireBytes, unproven.wireBytes, foreign.wireBytes, [1]] {
            #expect(
                await scene.refusal {
                    _ = try await scene.keeper.leaveGrant(LeaveGrant(grant: wrong), of: phone)
                } == .invalidLink)
        }
        // Who is active leaves none.
        let own = LeaveGrant(grant: try chain.grant(me.device).wireBytes)
        #expect(await scene.refusal { _ = try await scene.keeper.leaveGrant(own, of: me) } == .noSuchDevice)
        try await scene.end()
    }

    @Test func `a forged, foreign or late link changes nothing`() async throws {
        let scene = try await AccountScene()
        var (me, chain) = try await begun(scene)
        let phone = try await stranger(scene)
        let grant = try chain.grant(phone.device)
        let other = try chain.pair()
        let elsewhere = AccountPlace(server: chain.place.server, account: AccountID(high: 9, low: 9))
        // By another key; of another account; by a device that nobody granted; ahead of the chain, and behind it.
        #expect(await refused(try chain.link(.add(grant), by: me.device, key: other), me, scene) == .invalidLink)
        #expect(await refused(try chain.link(.add(grant), by: me.device, at: elsewhere), me, scene) == .invalidLink)
        #expect(await refused(try chain.link(.add(grant), by: phone.device), me, scene) == .invalidLink)
        #expect(await refused(try chain.link(.add(grant), by: me.device, number: 2), me, scene) == .chainMoved)
        #expect(await refused(try chain.link(.revoke(phone.device), by: me.device), me, scene) == .invalidLink)
        let late = try chain.grant(DeviceID(high: 7, low: 7))
        let stale = try chain.link(.add(late), by: me.device)
        _ = try await publish(try chain.take(try chain.link(.add(grant), by: me.device)), me, scene)
        #expect(await refused(stale, me, scene) == .chainMoved)
        #expect(await scene.refusal { _ = try await publish([0, 1, 2], me, scene) } == .invalidLink)
        // By a device that was revoked.
        _ = try await publish(try chain.revoke(phone.device, by: me.device), me, scene)
        let grace = try chain.grant(DeviceID(high: 8, low: 8))
        #expect(await refused(try chain.link(.add(grace), by: phone.device), me, scene) == .invalidLink)
        #expect(try await scene.store.chain(of: me.account.id, from: 0, limit: 9)?.links.count == 3)
        try await scene.end()
    }

    @Test func `C4: a restored server takes what it has lost from whoever is active and knows it, but no beginning`()
        async throws
    {
        let scene = try await AccountScene()
        var (me, chain) = try await begun(scene)
        let (phone, bob) = (try await stranger(scene), try await registered(scene, "bob"))
        let add = try chain.take(try chain.link(.add(try chain.grant(phone.device)), by: me.device))
        let outcome = try await publish(add, bob, scene)
        #expect(outcome.account == me.account.id && outcome.activated == [phone.device])
        #expect(try await publish(try chain.revoke(phone.device, by: me.device), bob, scene).revoked == [phone.device])
        #expect(try await publish(add, bob, scene).account == me.account.id, "the same again")
        // Who waits publishes nothing of others, nobody begins another's chain, and what proves nothing is refused.
        let gone = try chain.link(.add(try chain.grant(DeviceID(high: 7, low: 7))), by: me.device)
        var waiting = bob
        waiting.state = .pending
        #expect(await refused(gone, waiting, scene) == .devicePending)
        let reset = try chain.resetting(me.device)
        #expect(await refused(reset, bob, scene, password: Self.password) == .invalidLink)
        let forged = try chain.link(.revoke(me.device), by: me.device, key: try chain.pair())
        #expect(await refused(forged, bob, scene) == .invalidLink)
        let carol = try await registered(scene, "carol")
        var hers = TestChain(carol.account, on: chain.place.server)
        let create = try hers.create(carol.device)
        #expect(await scene.refusal { _ = try await publish(create, bob, scene) } == .invalidLink)
        try await scene.end()
    }

    @Test func `a chain begins with its own account's name and device`() async throws {
        let scene = try await AccountScene()
        let me = try await registered(scene)
        let server = try await scene.store.identity().server
        var foreign = TestChain(
            AccountRecord(id: me.account.id, name: try #require(UserName("mallory")), displayName: ""), on: server)
        let renamed = try foreign.create(me.device)
        #expect(await scene.refusal { _ = try await publish(renamed, me, scene) } == .invalidLink)
        var other = TestChain(me.account, on: server)
        let strange = try other.create(DeviceID(high: 9, low: 9))
        #expect(await scene.refusal { _ = try await publish(strange, me, scene) } == .invalidLink)
        // Two that begin at once: one is first.
        let second = try await stranger(scene)
        #expect(second.state == .active)
        var (mine, theirs) = (TestChain(me.account, on: server), TestChain(me.account, on: server, seed: 2))
        let links = (try mine.create(me.device), try theirs.create(second.device))
        #expect(try await publish(links.0, me, scene).pending == [second.device])
        #expect(
            await scene.refusal { _ = try await publish(links.1, second, scene) } == .chainMoved)
        try await scene.end()
    }

    @Test func `who waits publishes a reset with the password, what others have signed, and nothing of its own`()
        async throws
    {
        let scene = try await AccountScene()
        var (me, chain) = try await begun(scene)
        let phone = try await stranger(scene)
        let own = try chain.link(.revoke(me.device), by: phone.device, key: try chain.pair())
        #expect(await refused(own, phone, scene) == .invalidLink)
        // What a restored server has lost of its account, whose only device this may be.
        let tablet = try chain.grant(DeviceID(high: 7, low: 7))
        let add = try chain.take(try chain.link(.add(tablet), by: me.device))
        #expect(try await publish(add, phone, scene).activated == [tablet.device])
        let reset = try chain.resetting(phone.device)
        #expect(await refused(reset, phone, scene, password: Array("wrong horse".utf8)) == .loginRefused)
        #expect(await refused(reset, me, scene, password: Self.password) == .invalidLink)
        let outcome = try await publish(try chain.take(reset), phone, scene, password: Self.password)
        #expect(outcome.revoked == [me.device] && outcome.activated == [phone.device])
        // The same again, though its answer was lost, and the password is not asked again.
        #expect(try await publish(reset.wireBytes, phone, scene).head == outcome.head)
        let next = try await stranger(scene)
        let again = try chain.resetting(next.device)
        #expect(await refused(again, next, scene, password: Self.password) == .rateLimited)
        try await scene.end()
    }

    @Test func `a password and the number of a device are not the device`() async throws {
        let scene = try await AccountScene()
        let (me, chain) = try await begun(scene)
        func key(_ key: SigningKey) throws -> KeyRegistration {
            let proof = KeyProof(
                purpose: .signature, algorithm: .ed25519, publicKey: key.publicKey, binding: scene.binding)
            return KeyRegistration(
                purpose: .signature, algorithm: .ed25519, publicKey: key.publicKey, proof: try key.sign(proof.wireBytes)
            )
        }
        #expect(await scene.refusal { _ = try await stranger(scene, existing: me.device) } == .badProof)
        let strange = try key(SigningKey())
        #expect(
            await scene.refusal { _ = try await stranger(scene, existing: me.device, keys: [strange]) } == .badProof)
        let own = try #require(chain.present[me.device])
        let signing = try #require(try SigningKey(rawRepresentation: own.privateKey.bytes))
        #expect(try await stranger(scene, existing: me.device, keys: [try key(signing)]).state == .active)
        try await scene.end()
    }

    @Test func `a use of an identity file begins with keys of its own, and replaces the one before`() async throws {
        let scene = try await AccountScene(limits: { $0.failureDelay = .milliseconds(1) })
        var (me, chain) = try await begun(scene)
        let file = try SigningKey()
        func registration(_ key: SigningKey, _ purpose: KeyPurpose) throws -> KeyRegistration {
            let proof = KeyProof(
                purpose: purpose, algorithm: .ed25519, publicKey: key.publicKey, binding: scene.binding)
            return KeyRegistration(
                purpose: purpose, algorithm: .ed25519, publicKey: key.publicKey, proof: try key.sign(proof.wireBytes))
        }
        let added = AddDevice(device: DeviceDescription(name: "bot", keys: [try registration(file, .enrol)]))
        let bot = try await scene.keeper.addDevice(added, to: me.account.id, from: scene.origin())
        _ = try await publish(try chain.add(bot, .enrolOften, by: me.device), me, scene)
        func enter(
            _ key: TestDevice, _ renewal: [UInt8], by enrol: SigningKey? = nil
        ) async throws -> LoggedIn {
            let request = LoginByIdentity(
                account: me.account.id, device: bot, enrol: try registration(enrol ?? file, .enrol),
                description: try key.description("bot", binding: scene.binding), renewal: renewal)
            return try await scene.keeper.logIn(request, from: scene.origin())
        }
        let (one, two) = (try TestDevice(), try TestDevice())
        // It looks first, and nothing of it is kept.
        let look = try await enter(one, [])
        #expect(look.state == .pending && look.chain.head.count == 2)
        let (first, pair) = try chain.renewal(bot, instance: 1)
        let strange = try SigningKey()
        #expect(await scene.refusal { _ = try await enter(one, first.wireBytes, by: strange) } == .badProof)
        #expect(await scene.refusal { _ = try await enter(one, [1, 2]) } == .invalidLink)
        let entered = try await enter(one, first.wireBytes)
        #expect(entered.state == .active)
        try chain.take(first, pair)
        #expect(try await enter(one, first.wireBytes) == entered)
        let login = try one.login(entered, number: 1, binding: scene.binding)
        #expect(try await scene.keeper.logIn(login, from: scene.origin()).device == bot)
        // With the same renewal, which everybody can read, nobody else comes in; nor with the next one at once.
        #expect(await scene.refusal { _ = try await enter(two, first.wireBytes) } == .replaced)
        let (second, _) = try chain.renewal(bot, instance: 2)
        #expect(await scene.refusal { _ = try await enter(two, second.wireBytes) } == .rateLimited)
        // The chain that others read holds the renewal.
        let kept = try await scene.store.chain(of: me.account.id, from: 0, limit: 9)
        #expect(kept?.renewals == [first.wireBytes])
        // A minute later it does, and the former key is told why it is none any more; the former renewal is too late.
        scene.wait(IdentityEntry.pause)
        #expect(try await enter(two, second.wireBytes).state == .active)
        let late = try one.login(entered, number: 2, binding: scene.binding)
        #expect(await scene.refusal { _ = try await scene.keeper.logIn(late, from: scene.origin()) } == .replaced)
        let forged = try TestDevice().login(entered, number: 3, binding: scene.binding)
        #expect(await scene.refusal { _ = try await scene.keeper.logIn(forged, from: scene.origin()) } == .badProof)
        #expect(await scene.refusal { _ = try await enter(one, first.wireBytes) } == .replaced)
        // Revoked, the file is good for nothing.
        _ = try await publish(try chain.revoke(bot, by: me.device), me, scene)
        #expect(await scene.refusal { _ = try await enter(one, first.wireBytes) } == .deviceRevoked)
        #expect(await scene.refusal { _ = try await enter(two, second.wireBytes) } == .deviceRevoked)
        try await scene.end()
    }

    @Test func `a flood of devices that wait keeps nobody out who was approved`() async throws {
        let scene = try await AccountScene()
        var (me, chain) = try await begun(scene)
        for _ in 0..<Limits.pendingDevices { _ = try await stranger(scene) }
        for _ in 0..<2 { #expect(await scene.refusal { _ = try await stranger(scene) } == .tooManyDevices) }
        // Who stands in the chain adds a further one for a file all the same, and ends those that wait.
        let added = AddDevice(device: try TestDevice().description("file", binding: scene.binding))
        let file = try await scene.keeper.addDevice(added, to: me.account.id, from: scene.origin())
        #expect(try await publish(try chain.add(file, by: me.device), me, scene).activated == [file])
        for device in try await scene.keeper.devices(of: me.account.id) where device.state == .pending {
            try await scene.keeper.revokeDevice(RevokeDevice(device: device.id), of: me.account.id)
        }
        #expect(try await stranger(scene).state == .pending)
        try await scene.end()
    }

    @Test func `a link or grant is refused beyond its bound before anything is looked up`() {
        let large = [UInt8](repeating: 1, count: Limits.link + 1)
        #expect(throws: WireError.self) { try PublishLink(wireBytes: PublishLink(link: large).wireBytes) }
        #expect(throws: WireError.self) { try LeaveGrant(wireBytes: LeaveGrant(grant: large).wireBytes) }
    }

    @Test func `what a store has lost of a chain is published again by who knows it`() async throws {
        let scene = try await AccountScene()
        var (me, chain) = try await begun(scene)
        let phone = try await stranger(scene)
        let links = [
            try chain.add(phone.device, .certify, by: me.device), try chain.revoke(me.device, by: phone.device),
        ]
        // Though somebody else has signed them, the device that the older store still knows brings them.
        #expect(try await publish(links[0], me, scene).activated == [phone.device])
        let outcome = try await publish(links[1], me, scene)
        #expect(outcome.revoked == [me.device] && outcome.head.count == 3)
        let states = try await scene.keeper.devices(of: me.account.id).map(\.state)
        #expect(states == [.active])
        try await scene.end()
    }

    @Test func `who has the password suspends a device, which proves nothing`() async throws {
        let scene = try await AccountScene()
        let (me, chain) = try await begun(scene)
        let phone = try await stranger(scene)
        let wrong = SuspendDevice(device: me.device, password: Array("wrong horse".utf8))
        #expect(
            await scene.refusal {
                try await scene.keeper.suspendDevice(wrong, of: phone.account.id, from: scene.origin())
            } == .loginRefused)
        let right = SuspendDevice(device: me.device, password: Self.password)
        try await scene.keeper.suspendDevice(right, of: phone.account.id, from: scene.origin())
        #expect(try await scene.keeper.devices(of: me.account.id).map(\.state) == [.suspended, .pending])
        let kept = try await scene.keeper.chain(of: me.account.id)
        #expect(kept.chain == chain.chain && kept.chain?.devices[me.device]?.isActive == true)
        try await scene.end()
    }

    @Test func `an account has 32 active devices in its chain`() async throws {
        let scene = try await AccountScene()
        var (me, chain) = try await begun(scene)
        for number in 1..<UInt64(Limits.devicesPerAccount) {
            _ = try await publish(try chain.add(DeviceID(high: 9, low: number), by: me.device), me, scene)
        }
        let grant = try chain.grant(DeviceID(high: 8, low: 1))
        let more = try chain.link(.add(grant), by: me.device)
        #expect(await refused(more, me, scene) == .tooManyDevices)
        try await scene.end()
    }
}
