import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// What an approver tells a device of its account that it has approved (§1).
@Suite(.endsWhatItStarts) struct GivenKeysTests {
    /// Alice, who has compared bob's key and met carol, and a further device of hers that she has approved.
    private func scene(
        _ server: TestServer
    ) async throws -> (alice: Person, bob: Person, carol: Person, phone: Person) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        let carol = try await Person.registered("carol", at: server)
        for person in [bob, carol] {
            try await person.client().leavesPackages()
            #expect(await HostileScene.write("one", from: alice, to: person) == nil)
            #expect(await HostileScene.write("two", from: person, to: alice) == nil)
        }
        let fingerprint = try await bob.client().whoAmI().accountKey.flatMap { AccountFingerprint($0) }
        let problems = try await alice.client().verifyKeys([(bob.name, try #require(fingerprint))])
        #expect(problems.isEmpty)
        let phone = try Person("alice", at: server.address)
        _ = try await phone.joins(alice)
        return (alice, bob, carol, phone)
    }

    private func staysConnected(_ person: Person) async throws {
        let client = try person.client()
        let (link, welcome) = try await client.loggedInLink()
        await client.attendant.enterMissing(on: link, welcome)
    }

    private func gives(_ person: Person) async throws {
        let client = try person.client()
        try await client.sync()
        await client.attendant.giveKeys(on: try await client.loggedInLink().0)
    }

    private func known(to person: Person) async throws -> [KnownKeys.Key] {
        try await person.client().withStore { try $0.keysForOwnDevices(limit: 9) }.sorted { $0.name < $1.name }
    }

    @Test func `§1: an approver gives its pins to the approved device through the group of own devices`() async throws {
        try await withServer { server in
            let (alice, bob, carol, phone) = try await scene(server)
            let owed = { try await alice.client().withStore { try $0.devicesOwedKeys() } }
            #expect(try await owed() == [try await phone.client().whoAmI().device])
            // It is not there yet.
            try await gives(alice)
            #expect(try await owed().count == 1)
            try await staysConnected(phone)
            try await gives(alice)
            #expect(try await owed().isEmpty)
            try await phone.client().sync()
            let told = try await known(to: phone)
            #expect(try await told == known(to: alice))
            #expect(told.map(\.name) == [bob.name, carol.name] && told.map(\.isVerified) == [true, false])
            // It is no message, and nothing is missing.
            for person in [alice, phone] {
                #expect(try await HostileScene.shown(to: person).allSatisfy { !$0.contains("keys") && $0 != "gap" })
            }
            // To a key that is not the one that was compared nothing goes out from there, though it never met bob.
            let stranger = try Person("bob", at: server.address)
            _ = try await stranger.client().login(
                user: bob.name, password: Person.password, wish: LoginWish(confirmReset: { _ in true }))
            #expect(await HostileScene.write("no", from: phone, to: bob)?.code == "key_changed")
        }
    }

    @Test func `§1: commands that ask once give the pins, too, when they have read that the device has come in`()
        async throws
    {
        try await withServer { server in
            let (alice, bob, carol, phone) = try await scene(server)
            let owed = { try await alice.client().withStore { try $0.devicesOwedKeys().count } }
            // The group is there behind the first one.
            let asks = { () async throws in
                let client = try alice.client()
                _ = try await client.devices()
                await client.settle()
            }
            try await asks()
            let notes = try await alice.client().identity().notes
            #expect(try await alice.client().withStore { try $0.heldGroup(of: notes).mark } != nil)
            #expect(try await owed() == 1)
            try await staysConnected(phone)
            try await alice.client().sync()
            #expect(try await owed() == 0)
            try await phone.client().sync()
            #expect(try await known(to: phone).map(\.name) == [bob.name, carol.name])
        }
    }

    @Test func `§1: pins are taken from a device of one's own that certifies, and from nobody else`() async throws {
        try await withServer { server in
            let (alice, bob, _, phone) = try await scene(server)
            try await gives(alice)
            try await staysConnected(phone)
            let before = try await known(to: alice)
            let lie = KnownKeys([
                .init(
                    account: AccountID(high: 7, low: 7), name: try #require(UserName("dave")), root: .zero, number: 0,
                    head: .zero, isVerified: true)
            ])
            let notes = try await phone.client().identity().notes
            let pair = try #require(try await bob.client().withStore { try $0.conversation(with: alice.name) })
            for (person, conversation) in [(phone, notes), (bob, pair)] {
                let client = try person.client()
                let link = try await client.loggedInLink().0
                try await client.groupPassage.enter(conversation, on: link, after: .preconditionFailed)
                try await client.groupPassage.enter(conversation, on: link)
                #expect(try await client.attendant.write(lie, to: conversation, on: link))
            }
            try await alice.client().sync()
            #expect(try await known(to: alice) == before)
            #expect(try await HostileScene.shown(to: alice).allSatisfy { !$0.contains("keys") })
        }
    }
}
