import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// A client whose disk has no room, at each transaction of what it does: by way of a real server.
@Suite(.endsWhatItStarts) struct FullDiskTests {
    /// What somebody does, and with whom.
    enum Act: CaseIterable, Sendable {
        case firstMessage, create, add, remove, commitDue, enterByWelcome, enterFromOutside, readOn

        /// What there is before.
        fileprivate func prepare(_ scene: Scene) async throws {
            let (alice, bob) = (try scene.alice.client(), try scene.bob.client())
            switch self {
            case .firstMessage, .create: break
            case .add: try await alice.createRoom(scene.room, access: .closed)
            case .remove, .commitDue, .readOn:
                try await alice.createRoom(scene.room, access: .closed)
                try await expectDone(alice.add([scene.bob.name, scene.carol.name], to: scene.room))
                try await scene.writes(scene.bob, to: .room(scene.room.spoken), "here")
                if self == .commitDue { try await bob.leaveRoom(scene.room) }
                guard self == .readOn else { return }
                try await alice.sync(of: .room(scene.room.spoken))
                try await scene.writes(scene.bob, to: .room(scene.room.spoken), "one")
                try await expectDone(alice.remove([scene.carol.name], from: scene.room))
                try await scene.writes(scene.bob, to: .room(scene.room.spoken), "two")
            case .enterByWelcome:
                try await bob.createRoom(scene.room, access: .closed)
                try await expectDone(bob.add([scene.alice.name], to: scene.room))
            case .enterFromOutside: try await bob.createRoom(scene.room, access: .open)
            }
        }

        /// - Returns: what went wrong.
        fileprivate func run(
            _ scene: Scene, _ client: Client, within limit: Duration = .patience
        ) async -> Problem? {
            do throws(Problem) {
                switch self {
                case .firstMessage: return await scene.send(client, to: .user(scene.bob.name), "first", within: limit)
                case .create: try await client.createRoom(scene.room, access: .closed)
                case .add: return try await client.add([scene.bob.name], to: scene.room).compactMap(\.problem).first
                case .remove:
                    return try await client.remove([scene.carol.name], from: scene.room).compactMap(\.problem).first
                case .commitDue, .enterByWelcome:
                    return await scene.send(client, to: .room(scene.room.spoken), "first", within: limit)
                case .enterFromOutside: try await client.joinRoom(scene.room)
                case .readOn: try await client.sync(of: .room(scene.room.spoken))
                }
                return nil
            } catch { return error }
        }

        /// Who is to read what alice writes then.
        fileprivate func reader(_ scene: Scene) async throws -> Person {
            if self == .create {
                try await expectDone(scene.alice.client().add([scene.bob.name], to: scene.room))
            }
            return self == .commitDue ? scene.carol : scene.bob
        }

        /// Where somebody writes to whom.
        fileprivate func target(_ scene: Scene, _ other: Person) -> ConversationName {
            self == .firstMessage ? .user(other.name) : .room(scene.room.spoken)
        }
    }

    fileprivate struct Scene {
        let alice: Person
        let bob: Person
        let carol: Person
        let room: RoomName

        func send(
            _ client: Client, to target: ConversationName, _ body: String, within limit: Duration = .patience
        ) async -> Problem? {
            let message = OutgoingMessage(conversation: target, body: body)
            return await client.send([message], options: SendOptions(timeout: limit)).compactMap(\.problem).first
        }

        func writes(_ person: Person, to target: ConversationName, _ body: String) async throws {
            let problem = try await send(person.client(), to: target, body)
            #expect(problem == nil)
        }

        /// What somebody has, and that nothing is missing.
        func reads(_ person: Person, _ body: String, in target: ConversationName) async throws {
            let client = try person.client()
            try await client.sync(of: target)
            let items = try await client.history(HistoryQuery(conversation: target, limit: 100))
            #expect(items.contains { if case .message(let message) = $0 { message.body == body } else { false } })
            #expect(!items.contains { if case .gap(let gap) = $0 { gap.reason == .undecryptable } else { false } })
        }
    }

    /// Alice and others, a room for each transaction; whom she has never written to where that is what she does.
    private func scene(
        _ act: Act, _ transaction: Int, _ server: TestServer, _ alice: Person, _ others: [Person]
    ) async throws -> Scene {
        let bob = act == .firstMessage ? try await Person.registered("b\(transaction)", at: server) : others[0]
        let scene = Scene(
            alice: alice, bob: bob, carol: others[1], room: try #require(RoomName("ops\(transaction)")))
        try await act.prepare(scene)
        return scene
    }

    private func people(_ server: TestServer) async throws -> (alice: Person, others: [Person]) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        return (alice, [bob, try await Person.registered("carol", at: server)])
    }

    @Test(arguments: Act.allCases, [false, true])
    func `a full disk is told, and with room again the same goes on as if nothing had been`(
        act: Act, isLasting: Bool
    ) async throws {
        try await withServer { server in
            let (alice, others) = try await people(server)
            for transaction in 1... {
                let scene = try await scene(act, transaction, server, alice, others)
                let client = try alice.client()
                let disk = FullDisk(under: alice.scratch.url.path, from: transaction, isLasting: isLasting)
                let problem = await act.run(scene, client)
                disk.free()
                let place = "\(act), transaction \(transaction): \(problem?.text ?? "done")"
                #expect(problem == nil || problem?.exit == .inputOutput, "\(place)")
                // The same process, or the next.
                let next = transaction.isMultiple(of: 2) ? client : try alice.client()
                if let problem, let again = await act.run(scene, next) {
                    Issue.record("\(place), then \(again.text): after \(problem.text)")
                }
                let reader = try await act.reader(scene)
                let sent = await scene.send(next, to: act.target(scene, reader), "after")
                #expect(sent == nil, "\(place), then \(sent?.text ?? "")")
                try await scene.reads(reader, "after", in: act.target(scene, alice))
                try await scene.writes(reader, to: act.target(scene, alice), "answer")
                try await scene.reads(alice, "answer", in: act.target(scene, reader))
                guard disk.hasRefused else { return #expect(transaction > 2) }
            }
        }
    }

    @Test func `a first message to somebody new goes out from a full disk, by the reserve`() async throws {
        try await withServer { server in
            let (alice, others) = try await people(server)
            for transaction in 1... {
                let scene = try await scene(.firstMessage, transaction, server, alice, others)
                let client = try alice.client()
                let disk = FullDisk(under: alice.scratch.url.path, from: transaction, isLasting: false)
                let problem = await Act.firstMessage.run(scene, client)
                disk.free()
                #expect(problem == nil, "transaction \(transaction): \(problem?.text ?? "")")
                guard disk.hasRefused else { return #expect(transaction > 2) }
            }
        }
    }

    @Test(arguments: [Act.firstMessage, .add, .enterFromOutside])
    func `a full disk of the server is told, and with room again the same goes on as if nothing had been`(
        act: Act
    ) async throws {
        FullDisk.prepare()
        try await withServer { server in
            let (alice, others) = try await people(server)
            for transaction in 1... {
                let scene = try await scene(act, transaction, server, alice, others)
                let client = try alice.client()
                _ = try await client.loggedInLink()
                let disk = FullDisk(under: server.scratch.url.path, from: transaction, isLasting: true)
                // What was not answered at all may still be, with more time.
                let problem =
                    await withMoreTime { time -> Problem?? in
                        let problem = await act.run(scene, client, within: time)
                        return problem?.exit == .unreachable ? nil : .some(problem)
                    } ?? nil
                disk.free()
                let place = "\(act), transaction \(transaction): \(problem?.text ?? "done")"
                #expect(problem == nil || problem?.exit == .temporary, "\(place)")
                if problem != nil, let again = await act.run(scene, client) {
                    Issue.record("\(place), then \(again.text)")
                }
                let sent = await scene.send(client, to: act.target(scene, scene.bob), "after")
                #expect(sent == nil, "\(place), then \(sent?.text ?? "")")
                try await scene.reads(scene.bob, "after", in: act.target(scene, alice))
                guard disk.hasRefused else { return #expect(transaction > 1) }
            }
        }
    }
}

private func expectDone(_ changes: [RoomChange]) { #expect(changes.allSatisfy { $0.problem == nil }) }
