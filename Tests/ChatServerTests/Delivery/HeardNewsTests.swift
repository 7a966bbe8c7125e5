import ChatProtocol
import GroupRules
import SQLite
import StoredValues
import TestSupport
import Testing

@testable import ChatServer

/// That connections are told what was committed, not what their own server has carried out.
@Suite(.endsWhatItStarts) struct HeardNewsTests {
    private let room = ConversationID(high: 9, low: 9)

    /// Another writer of a server's store.
    private func withOther(_ server: TestServer, _ body: (SQLiteStore) async throws -> Void) async throws {
        let path = server.scratch.url.appendingPathComponent("server.db").path
        let other = try await SQLiteStore.open(SQLiteStore.Settings(path: path))
        do { try await body(other) } catch {
            await other.close()
            throw error
        }
        await other.close()
    }

    private func bundle(_ sender: TestClient, _ kind: PayloadKind, _ payload: String) throws -> Bundle {
        Bundle(
            .unique, in: room, sender: try sender.account, device: try sender.device,
            entry: NewEntry(payloadKind: kind.rawValue, payload: Array(payload.utf8)))
    }

    @Test func `what another writer commits in conversations reaches the connections of this server`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await bob.subscribe()
            try await withOther(server) { other in
                let hear = { (operations: [StoreOperation]) in
                    let committed = try await other.commit(StoreBatch(operations))
                    #expect(committed.outcomes.allSatisfy { $0.refusal == nil })
                    let told = ToldNews(committed.news)
                    try await server.server.hub.value { $0.hear(told) }
                }
                var founding = try bundle(alice, .commit, "founding")
                founding.advance = GroupMark(epoch: 1)
                founding.members = [
                    .join(try bob.account), .enter(try alice.device, of: try alice.account, leaf: 0),
                    .enter(try bob.device, of: try bob.account, leaf: 1),
                ]
                founding.welcome = NewWelcome(devices: [try bob.device], payload: [1])
                var message = try bundle(alice, .message, "hi")
                message.precondition = ConversationPosition(generation: try alice.welcome.generation, epoch: 1)
                try await hear([
                    .openRoom(room, try #require(RoomName("ops")), by: try alice.account), .bundle(founding),
                    .bundle(message),
                ])
                #expect(await eventually { bob.waiting.contains { $0.frameKind == .entry } })
                let kinds: [FrameKind] = [.memberChanged, .groupWelcome, .entry]
                #expect(bob.waiting.compactMap(\.frameKind).filter(kinds.contains) == kinds)
                let entry = try #require(try await bob.entries(1).first)
                #expect(entry.seq == 2 && entry.text == "hi")
                let joined: MemberChanged = try await bob.next()
                #expect(joined == MemberChanged(conversation: room, account: try bob.account, change: .joined))
                try await hear([.removeRoom(room)])
                let left: MemberChanged = try await bob.next()
                #expect(left == MemberChanged(conversation: room, account: try bob.account, change: .left))
            }
        }
    }

    @Test func `what a sweep ends reaches the connections of this server`() async throws {
        try await withServer {
            $0.hub.firstRetention = .milliseconds(20)
            $0.hub.retentionInterval = .milliseconds(20)
        } _: { server in
            let alice = try await server.logIn("alice")
            try await alice.subscribe()
            let made: Rooms = try await alice.reply(
                to: CreateRoom(id: .unique, name: try #require(UserName("ops"))))
            let room = try #require(made.rooms.first).conversation
            try Database(
                path: server.scratch.url.appendingPathComponent("server.db").path,
                options: DatabaseOptions(mode: .readWrite)
            ).run("UPDATE conversations SET created = 1 WHERE id = ?", room)
            let left: MemberChanged = try await alice.next()
            #expect(left == MemberChanged(conversation: room, account: try alice.account, change: .left))
        }
    }

    @Test func `what another writer makes of a chain reaches the connections of this server`() async throws {
        try await withServer { server in
            let (bob, phone) = (try await server.logIn("bob"), try await server.logIn("bob"))
            try await withOther(server) { other in
                let step = ChainStep(
                    account: try bob.account, before: .none, link: [1], hash: [UInt8](repeating: 1, count: 32),
                    signer: try bob.device, instance: 0, effect: .create(try bob.device))
                let outcome = try await other.publish(step)
                try await server.server.hub.value { $0.hear(outcome) }
                let told: KeysChanged = try await bob.next()
                #expect(told == KeysChanged(account: try bob.account, head: outcome.head))
                #expect(try await phone.closed()?.errorCode == .devicePending)
            }
        }
    }
}
