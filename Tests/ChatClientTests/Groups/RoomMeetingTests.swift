import CLISupport
import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing

@testable import ChatClient

/// A closed room that a device enters of which it has nothing to go on from.
@Suite(.endsWhatItStarts) struct RoomMeetingTests {
    /// - Parameter policy: whom this device writes to.
    private func joiner(of person: Person, _ policy: KeyPolicy) async throws -> Joiner {
        let client = try person.client()
        let made = try await client.joiner(on: try await client.loggedInLink().0)
        return Joiner(
            place: made.place, store: made.store, wire: made.wire, gate: KeyGate(policy: policy, file: nil),
            log: made.log, refresh: made.refresh)
    }

    /// Its Welcomes are nothing to it.
    private func loseWelcomes(_ person: Person) async throws {
        let client = try person.client()
        try await client.withStore { store in
            try store.write { try store.database.run("DELETE FROM key_packages") }
        }
        await client.close()
    }

    @Test func `S3: who has no epoch to follow enters by the word of a device of their own, else by first use`()
        async throws
    {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let carol = try await Person.registered("carol", at: server)
            let laptop = try Person("bob", at: server.address)
            _ = try await laptop.joins(bob)
            for person in [bob, laptop, carol] { try await person.client().leavesPackages() }
            let ops = try #require(RoomName("ops"))
            try await alice.client().createRoom(ops, access: .closed)
            #expect(
                try await alice.client().add([bob.name, carol.name], to: ops).allSatisfy { $0.problem == nil })
            let room = try #require(try await alice.client().withStore { try $0.pinnedRoom(ops) })
            for person in [bob, carol] { try await loseWelcomes(person) }
            // The description is alice's, and nobody else speaks for it.
            let strict = try await joiner(of: bob, .verified)
            await expectRefusal(.untrusted, "unverified") { _ = try await strict.enter(room, as: .room(ops)) }
            let trusting = try await joiner(of: carol, .tofu)
            let mark = try await trusting.enter(room, as: .room(ops))
            #expect(mark.epoch == 3)
            // Another device of bob's has committed: its word is as good as his own.
            try await laptop.client().joinRoom(ops)
            let other = try await joiner(of: laptop, .tofu)
            let key = try await laptop.client().withStore { store -> HPKEPublicKey? in
                try store.ownLeaf(in: room, now: WallClock.now)?.key
            }
            _ = try await other.commit(.path(after: try #require(key)), to: room, as: .room(ops))
            let entered = try await strict.enter(room, as: .room(ops))
            #expect(entered.epoch > mark.epoch)
        }
    }
}
