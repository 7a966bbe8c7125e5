import CLISupport
import ChatProtocol
import GroupRules
import MLS
import SQLite
import TestSupport
import Testing

@testable import ChatClient

/// How devices come into the group of a direct conversation, by way of a real server.
@Suite(.endsWhatItStarts) struct JoinerTests {
    private static let founded = GroupMark(epoch: 1)

    @Test func `whoever writes first founds, and all active devices of both enter by its Welcome`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let phone = try Person("alice", at: server.address)
            _ = try await phone.joins(alice)
            let waiting = try phone.client()
            try await waiting.leavesPackages()
            let first = try await Joining(alice, with: bob)
            #expect(try await first.enter() == Self.founded)
            let seen = try await first.view()
            #expect(seen.devices.count == 3 && !seen.isWaiting && seen.standing.seq == 1)
            for person in [bob, phone] {
                let other = try await Joining(person, with: person === bob ? alice : bob)
                #expect(try await other.enter() == Self.founded)
                let same = try await other.view()
                #expect(same.context == seen.context && same.standing == seen.standing && !same.isWaiting)
                // K4, of one that is used once.
                #expect(same.packages == KeyPackageStock.full - 1)
                // Before it writes it reads the chains of those whom it has never met.
                #expect(try await other.enter() == Self.founded)
                // It is there already: nothing is asked.
                await server.stop()
                #expect(try await other.enter() == Self.founded)
                try await server.startAgain()
            }
        }
    }

    @Test func `of two who found at once one is late, and takes its Welcome`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let (one, other) = (try await Joining(alice, with: bob), try await Joining(bob, with: alice))
            // Both have made theirs before one is sent.
            #expect(try await one.joiner.found(one.conversation, as: .direct(one.peer)) == .made(.founding))
            #expect(try await other.joiner.found(other.conversation, as: .direct(other.peer)) == .made(.founding))
            #expect(try await one.enter() == Self.founded)
            #expect(try await other.enter() == Self.founded)
            let (mine, theirs) = (try await one.view(), try await other.view())
            #expect(mine.context == theirs.context && mine.standing == theirs.standing)
            #expect(!mine.isWaiting && !theirs.isWaiting)
        }
    }

    @Test func `a device that is revoked while a group is founded with it is left out`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            let waiting = try phone.client()
            try await waiting.leavesPackages()
            let lost = try await waiting.identity().device
            let joining = try await Joining(alice, with: bob)
            #expect(try await joining.joiner.found(joining.conversation, as: .direct(joining.peer)) == .made(.founding))
            _ = try await bob.client().revokeDevice(lost.hex, force: true, password: { Person.password })
            #expect(try await joining.enter() == Self.founded)
            let seen = try await joining.view()
            #expect(seen.devices.count == 2 && !seen.devices.contains(lost) && !seen.isWaiting)
        }
    }

    @Test(arguments: [
        FrameKind.lookUpConversations, .takeKeyPackages, .foundGroup, .readWelcome, .readLog,
    ])
    func `an answer that is lost is asked for again, and nothing is used twice`(kind: FrameKind) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            for (person, other) in [(alice, bob), (bob, alice)] {
                let lost = try await Joining(person, with: other, losing: kind)
                let mark = try? await lost.enter()
                // The next process goes on with what is there.
                let again = try await Joining(person, with: other)
                #expect(try await again.enter() == Self.founded)
                #expect(mark == nil || mark == Self.founded)
                #expect(try await !again.view().isWaiting)
            }
            let (mine, theirs) = (try await Joining(alice, with: bob), try await Joining(bob, with: alice))
            #expect(try await mine.view().context == theirs.view().context)
            #expect(try await mine.view().standing == theirs.view().standing)
            // One founding, one package of bob's.
            #expect(try await mine.view().standing.seq == 1)
            #expect(try await theirs.link.welcome().keyPackages.left == UInt8(KeyPackageStock.full - 1))
        }
    }

    @Test(arguments: [nil, FrameKind.readGroup, .commit])
    func `who has no Welcome joins from outside, also when an answer is lost`(kind: FrameKind?) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            #expect(try await Joining(alice, with: bob).enter() == Self.founded)
            // A device that came later.
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            if let kind { _ = try? await Joining(phone, with: alice, losing: kind).enter() }
            let late = try await Joining(phone, with: alice)
            #expect(try await late.enter() == GroupMark(epoch: 2))
            let view = try await late.view()
            #expect(view.devices.count == 3 && view.standing.seq == 2 && !view.isWaiting)
        }
    }

    @Test func `K4: where a Welcome fails the private half stays, and the device joins from outside`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            #expect(try await Joining(alice, with: bob).enter() == Self.founded)
            let late = try await Joining(bob, with: alice)
            // As if another profile had published the package.
            let hidden = try await late.client.withStore { store in
                try store.write {
                    try store.database.run("UPDATE key_packages SET reference = reference || x'00'")
                    return try store.database.first("SELECT count(*) FROM key_packages") { $0.int(0) }
                }
            }
            #expect(try await late.enter() == GroupMark(epoch: 2))
            let view = try await late.view()
            // Over its own leaf.
            #expect(view.devices.count == 2 && view.packages + 1 == hidden)
        }
    }

    /// A package of a device that the holder of somebody's key has added to a chain that nobody else has.
    private func ghost(of joining: Joining) throws -> DeviceKeyPackage {
        let place = joining.joiner.place
        var generator = SystemRandomNumberGenerator()
        let pair = try ChainKeys.newPair()
        let device = DeviceID(high: 66, low: 6)
        let grant = try Grant(device: device, pair: pair, rights: [], at: place.own.place)
        var chain = place.chain
        try chain.append(place.own.link(.add(grant), in: chain))
        let identity = try MemberIdentity(
            DeviceCredential(party: place.party, device: device), try #require(chain.certificate(of: device)), key: pair
        )
        let lives = KeyPackageStock.lifetime(isLastResort: false, now: WallClock.now)
        let package = try KeyPackage.create(
            suite: GroupPlace.suite, identity: identity,
            lifetime: Lifetime(notBefore: lives.from, notAfter: lives.to), using: &generator)
        return DeviceKeyPackage(device: device, package: package.keyPackage.encoded)
    }

    @Test func `G1: nobody is added whom the pinned chain does not name, whatever the server gives`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let mallory = try await Person.registered("mallory", at: server)
            let stolen = try await Joining(bob, with: alice)
            let (ghost, owner) = (try ghost(of: stolen), stolen.client)
            let bobs = try await owner.identity()
            let evil = try await mallory.client().withStore { store in
                try store.database.first("SELECT package FROM key_packages LIMIT 1") { $0.bytes(0) }
            }
            let foreign = DeviceKeyPackage(device: bobs.device, package: try #require(evil))
            // Another's package in the place of bob's, and nothing else.
            let misled = try await Joining(alice, with: bob) { base in
                LyingWire(base) { $0.account == bobs.account ? [foreign, ghost] : $0.packages }
            }
            await expectRefusal(.temporary, "no_device") { _ = try await misled.enter() }
            // Beside his own, which comes twice.
            let first = try await Joining(alice, with: bob) { base in
                LyingWire(base) { $0.packages + $0.packages + ($0.account == bobs.account ? [ghost, foreign] : []) }
            }
            #expect(try await first.enter() == Self.founded)
            #expect(try await first.view().devices == [first.joiner.place.own.device, bobs.device])
            #expect(try await Joining(bob, with: alice).enter() == Self.founded)
        }
    }

    @Test func `where nobody of the other party can be added nothing is founded`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let database = try Database(path: server.scratch.url.appendingPathComponent("server.db").path)
            try database.run("DELETE FROM key_packages")
            let first = try await Joining(alice, with: bob)
            await expectRefusal(.temporary, "no_device") { _ = try await first.enter() }
            // Nor is a package used that is not the device's own.
            let forged = try await first.client.withStore { store in
                try store.database.first("SELECT package FROM key_packages LIMIT 1") { $0.bytes(0) }
            }
            let own = first.joiner.place
            let choice = PackageChoice(
                [DeviceKeyPackage(device: DeviceID(high: 9, low: 9), package: try #require(forged))], chain: own.chain,
                pin: nil, now: WallClock.now)
            #expect(choice.packages.isEmpty && choice.refused.count == 1)
        }
    }
}
