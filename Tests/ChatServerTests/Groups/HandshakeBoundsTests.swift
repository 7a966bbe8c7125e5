import ChatProtocol
import Dispatch
import GroupRules
import MLS
import RulesSupport
import SQLite
import TestSupport
import Testing

@testable import ChatServer

/// What one account, or one device, can make the server do with handshakes.
@Suite(.endsWhatItStarts) struct HandshakeBoundsTests {
    @Test func `who comes from outside does so once a second, also over a leaf of their own`() async throws {
        try await withServer { server in
            var alice = try await GroupMember("alice", on: server, seed: 1)
            var bob = try await GroupMember("bob", on: server, seed: 2)
            let room = try await alice.makeRoom("town")
            let policy = try alice.policy(of: room, name: "town", access: .open)
            try await alice.found(try alice.founding(policy), policy)
            let _: Rooms = try await bob.client.reply(to: JoinRoom(conversation: room, id: .unique))
            try await bob.join(room)
            var refusals: [ErrorCode?] = []
            for _ in 0..<3 {
                let part: GroupPart = try await bob.client.reply(to: ReadGroup(conversation: room))
                let leaf = try #require(bob.group?.ownLeaf)
                let prepared = try bob.joining(part, removing: leaf)
                refusals.append(
                    try await failure { try await bob.send(prepared, at: part.position, to: room) }?.errorCode)
            }
            #expect(refusals.contains(.rateLimited) && refusals.first == .some(nil), "\(refusals)")
        }
    }

    @Test func `J8: neither proposals nor commits are taken by way of messages, nor what is plain`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            let commit = try scene.alice.commit()
            for kind in [1, PayloadKind.commit.rawValue, PayloadKind.proposal.rawValue, 5, 77, 255] {
                let append = Append(
                    conversation: scene.dm, id: .unique, payloadKind: kind, precondition: scene.alice.position,
                    payload: commit.handshake)
                let refused = try await failure {
                    let _: Appended = try await scene.alice.client.reply(to: append)
                }
                #expect(refused?.errorCode == .unknownPayloadKind, "\(kind)")
            }
            // Nothing of it was kept.
            let page: LogPage = try await scene.bob.client.reply(to: ReadLog(conversation: scene.dm, after: 0))
            #expect(page.entries.map(\.seq) == [1])
            #expect(try await scene.alice.message("on").seq == 2)
        }
    }

    @Test func `a commit adds at most 64 devices`() async throws {
        try await withServer { server in
            var alice = try await GroupMember("alice", on: server, seed: 1)
            let room = try await alice.makeRoom("ops")
            let policy = try alice.policy(of: room)
            try await alice.found(try alice.founding(policy), policy)
            var other = try TestAccount(
                "other", seed: 9,
                at: AccountPlace(
                    server: alice.hello.server, account: AccountID(high: 9, low: 9)))
            var devices = [other.first]
            while devices.count <= Limits.addsPerCommit { devices.append(try other.add()) }
            var generator = SeededGenerator(seed: 7)
            let packages = try devices.map { device in
                try KeyPackage.create(
                    suite: .x25519Aes128GcmSha256Ed25519, identity: other.identity(device),
                    lifetime: GroupMember.lifetime, using: &generator
                ).keyPackage
            }
            for (count, code) in [
                (Limits.addsPerCommit + 1, ErrorCode.invalidHandshake), (Limits.addsPerCommit, .noDevice),
            ] {
                let prepared = try alice.commit(packages.prefix(count).map { .add($0) })
                let refused = try await failure { try await alice.send(prepared) }
                #expect(refused?.errorCode == code, "\(count): \(String(describing: refused))")
            }
        }
    }

    @Test func `what a founding keeps beside the log needs room in the store, too`() async throws {
        let limit: UInt64 = 1 << 30
        try await withServer {
            ($0.hub.limits.maxStore, $0.hub.limits.storeReserve) = (limit, 0)
            $0.hub.measureInterval = .hours(1)
        } _: { server in
            var alice = try await GroupMember("alice", on: server, seed: 1)
            let room = try await alice.makeRoom("ops")
            let policy = try alice.policy(of: room)
            let prepared = try alice.founding(policy)
            let isMeasured = try await eventually {
                try await server.server.hub.value { $0.quota.storeSize > 0 }
            }
            #expect(isMeasured)
            let entry = StoreQuota.bytes(ofPayload: prepared.handshake.count)
            for (free, code) in [
                (entry, ErrorCode.storeFull), (entry + prepared.founding.count, .storeFull),
                (entry + (prepared.founding.count + prepared.info.count) * 4, nil),
            ] {
                try await server.server.hub.value { hub in
                    hub.quota.measured(storeSize: limit - UInt64(free), diskFree: .max)
                }
                let refused = try await failure { try await alice.found(prepared, policy) }
                #expect(refused?.errorCode == code, "\(free): \(String(describing: refused))")
            }
            // It is reckoned until it is measured, and is nobody's share.
            let (size, used) = try await server.server.hub.value { [account = try alice.client.account] hub in
                (hub.quota.storeSize, hub.quota.used(by: account))
            }
            #expect(size > limit - UInt64(prepared.founding.count + prepared.info.count) * 4)
            #expect(used == UInt64(entry))
        }
    }

    @Test func `handshakes of one account wait in no more than its share of the memory`() async throws {
        try await withServer { server in
            let first = try await server.logIn("mallory")
            var crowd = [first]
            for _ in 0..<29 { crowd.append(try await server.logIn("mallory", device: try first.device)) }
            let alice = try await server.logIn("alice")
            let (gate, isHeld) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            defer { gate.signal() }
            Task {
                try? await server.store.read { _ in
                    isHeld.signal()
                    _ = gate.wait(timeout: .now() + 180)
                }
            }
            #expect(await eventually { isHeld.wait(timeout: .now()) == .success })
            let generation = try first.welcome.generation
            var asked: [(TestClient, UInt32)] = []
            for (number, client) in crowd.enumerated() {
                for round in 0..<4 as Range<UInt64> {
                    let request = ChatProtocol.Commit(
                        conversation: ConversationID(high: UInt64(number), low: round), id: .unique,
                        position: ConversationPosition(generation: generation, epoch: 1),
                        handshake: [UInt8](repeating: 1, count: Limits.handshake), groupInfo: [1],
                        welcome: [UInt8](repeating: 1, count: Limits.groupWelcome))
                    asked.append((client, client.send(request)))
                }
            }
            let isFull = try await eventually {
                try await server.server.hub.value { hub in
                    hub.connections.sessions.values.contains { $0.pauses.contains(.account) }
                }
            }
            #expect(isFull)
            let held = try await server.server.hub.value { hub in
                hub.connections.accounts.values.map(\.heldBytes).max() ?? 0
            }
            // What had come whole with the frame that filled it.
            #expect(held <= ReplyMemory.defaultBound + crowd.count * Limits.frame)
            gate.signal()
            for (client, correlation) in asked { _ = try await client.next(Failure.self, correlation: correlation) }
            let left = try await server.server.hub.value { hub in
                hub.connections.accounts.values.map(\.heldBytes).max() ?? 0
            }
            #expect(left == 0)
            let _: AccountPage = try await alice.reply(to: ListAccounts())
        }
    }
}
