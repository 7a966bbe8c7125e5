import CLISupport
import ChatProtocol
import GroupRules
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// A server that means another conversation by a name than the one that follows from it: what is written would go to somebody else.
@Suite(.endsWhatItStarts) struct NameLieTests {
    /// Alice, who has written to mallory and never to bob.
    private func scene(_ server: TestServer) async throws -> (alice: Person, bob: Person, mallory: Person) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        let mallory = try await Person.registered("mallory", at: server)
        for person in [bob, mallory] { try await person.client().leavesPackages() }
        #expect(await HostileScene.write("hello", from: alice, to: mallory) == nil)
        #expect(try await HostileScene.read(mallory) == ["hello"])
        return (alice, bob, mallory)
    }

    private func id(of person: Person, with other: Person) async throws -> ConversationID {
        let (one, two) = (try await person.client().identity(), try await other.client().identity())
        return .direct(one.account, two.account, on: one.server)
    }

    @Test func `the conversation with a user is no other one, whatever the server says`() async throws {
        try await withServer { server in
            let (alice, bob, mallory) = try await scene(server)
            let other = try await id(of: alice, with: mallory)
            let lie = HostileServer.frames(Conversations.self) { found in
                for index in found.conversations.indices
                where found.conversations[index].members.contains(where: { $0.name == bob.name }) {
                    found.conversations[index].id = other
                }
            }
            let problem = await HostileScene.write("for bob alone", from: alice, to: bob, through: lie)
            #expect(problem?.exit == .protocolFault, "\(String(describing: problem))")
            #expect(lie.bodies(Append.self).isEmpty)
            #expect(await HostileScene.write("for bob", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(mallory) == ["hello"])
            #expect(try await HostileScene.read(bob) == ["for bob"])
        }
    }

    @Test func `a user who is known is not written to under another's name`() async throws {
        try await withServer { server in
            let (alice, bob, mallory) = try await scene(server)
            let other = try await id(of: alice, with: mallory)
            let record = AccountRecord(
                id: try await mallory.client().identity().account, name: bob.name, displayName: "")
            let lie = HostileServer.frames(Conversations.self) { found in
                for index in found.conversations.indices { found.conversations[index].id = other }
                for index in found.conversations.indices {
                    found.conversations[index].members = found.conversations[index].members.map {
                        $0.name == bob.name ? record : $0
                    }
                }
            }
            let problem = await HostileScene.write("for bob alone", from: alice, to: bob, through: lie)
            #expect(problem?.exit == .untrusted, "\(String(describing: problem))")
            #expect(lie.bodies(Append.self).isEmpty)
            #expect(try await HostileScene.read(mallory) == ["hello"])
        }
    }

    @Test func `a conversation is not another user's because the server says so of what comes`() async throws {
        try await withServer { server in
            let (alice, bob, mallory) = try await scene(server)
            try await alice.client().leavesPackages()
            #expect(await HostileScene.write("from bob", from: bob, to: alice) == nil)
            let carol = try await Person.registered("carol", at: server)
            try await carol.client().leavesPackages()
            let record = AccountRecord(
                id: try await carol.client().identity().account, name: carol.name, displayName: "")
            let lie = HostileServer.frames(Conversations.self) { found in
                for index in found.conversations.indices {
                    found.conversations[index].members = found.conversations[index].members.map {
                        $0.name == bob.name ? record : $0
                    }
                }
            }
            _ = try await HostileScene.read(alice, through: lie)
            #expect(await HostileScene.write("for carol", from: alice, to: carol) == nil)
            #expect(try await HostileScene.read(bob) == ["from bob"])
            #expect(try await HostileScene.read(carol) == ["for carol"])
            #expect(await HostileScene.write("for bob", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(bob) == ["from bob", "for bob"])
            #expect(try await HostileScene.read(mallory) == ["hello"])
        }
    }

    @Test func `C4: who has written is called as their own chain says, whatever the server calls them`() async throws {
        try await withServer { server in
            let (alice, bob, mallory) = try await scene(server)
            let carol = try await Person.registered("carol", at: server)
            let room = try #require(RoomName("town"))
            try await carol.client().createRoom(room, access: .open)
            // She has met mallory, and not carol.
            for person in [alice, mallory] { try await person.client().joinRoom(room) }
            let others = [carol.name: bob.name, mallory.name: bob.name]
            let lie = HostileServer.frames(Accounts.self) { page in
                for index in page.accounts.indices {
                    page.accounts[index].name = others[page.accounts[index].name] ?? page.accounts[index].name
                }
            }
            for person in [carol, mallory] {
                #expect(try await HostileScene.write("from \(person.name)", from: person, to: room) == nil)
            }
            _ = try await HostileScene.read(alice, through: lie)
            let told = try await alice.client().withStore { store -> [String] in
                let reader = try #require(try store.itemReader())
                return try store.items(after: 0, limit: 99, reader: reader).compactMap { item in
                    if case .message(let message) = item { "\(message.from): \(message.body)" } else { nil }
                }
            }
            #expect(told == ["alice: hello", "carol: from carol", "mallory: from mallory"])
        }
    }

    @Test func `everyone's conversation is the one that was told first`() async throws {
        try await withServer { server in
            let (alice, bob, mallory) = try await scene(server)
            let other = try await id(of: alice, with: bob)
            let lie = HostileServer.frames(Welcome.self) { $0.everyone = other }
            #expect(try await HostileScene.sync(alice, through: lie)?.exit == .protocolFault)
            #expect(await HostileScene.write("for bob", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(bob) == ["for bob"])
            #expect(try await HostileScene.read(mallory) == ["hello"])
        }
    }

    @Test func `what was called everyone's from the beginning is no user's`() async throws {
        try await withServer { server in
            let bob = try await Person.registered("bob", at: server)
            try await bob.client().leavesPackages()
            let bobs = try await bob.client().identity()
            let lie = HostileServer.frames(Welcome.self) {
                $0.everyone = .direct($0.account.id, bobs.account, on: bobs.server)
            }
            let alice = try Person("alice", at: server.address)
            _ = try await alice.client(line: { lie.line($0) })
                .register(user: alice.name, displayName: nil, password: Person.password)
            let problem = await HostileScene.write("for bob alone", from: alice, to: bob, through: lie)
            #expect(problem?.exit == .protocolFault, "\(String(describing: problem))")
            #expect(lie.bodies(Append.self).isEmpty)
        }
    }
}
