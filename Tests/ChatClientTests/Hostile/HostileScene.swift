import CLISupport
import ChatProtocol
import TestSupport
import Testing

@testable import ChatClient

/// People between whom a server lies.
enum HostileScene {
    /// Alice and bob, who have written to each other.
    static func pair(_ server: TestServer) async throws -> (alice: Person, bob: Person) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        try await bob.client().leavesPackages()
        #expect(await write("one", from: alice, to: bob) == nil)
        #expect(await write("two", from: bob, to: alice) == nil)
        try await alice.client().sync()
        return (alice, bob)
    }

    /// - Returns: why it was not sent.
    static func write(
        _ body: String, from person: Person, to other: Person, through lie: HostileServer? = nil,
        within limit: Duration = .patience
    ) async -> Problem? {
        let client = try? person.client(line: { lie?.line($0) ?? $0 })
        let sent = await client?.send([other.to(body)], options: SendOptions(timeout: limit))
        // What its process does beside it ends with it: else it hears the lie behind the next one's login.
        await client?.close()
        return sent?.first?.problem
    }

    /// Through a lie that keeps it from being sent as long as it is tried.
    static func writeInVain(
        _ body: String, from person: Person, to other: Person, through lie: HostileServer
    ) async -> Problem? {
        await withMoreTime { time -> Problem?? in
            let problem = await write(body, from: person, to: other, through: lie, within: time)
            // It did not come to the lie in so little time.
            return problem?.exit == .unreachable ? nil : .some(problem)
        } ?? nil
    }

    /// Fetches what is there.
    ///
    /// - Returns: what stood in the way.
    static func sync(_ person: Person, through lie: HostileServer? = nil) async throws -> Problem? {
        let client = try person.client(line: { lie?.line($0) ?? $0 })
        do throws(Problem) { try await client.sync(patience: .patience) } catch {
            await client.close()
            return error
        }
        await client.close()
        return nil
    }

    /// Reads what is there, and what a person is shown of it then.
    static func read(_ person: Person, through lie: HostileServer? = nil) async throws -> [String] {
        if let problem = try await sync(person, through: lie) {
            #expect(
                problem.exit == .protocolFault || problem.code == LocalCode.nothingCame.rawValue,
                "\(problem.code): \(problem.text)")
        }
        return try await shown(to: person)
    }

    /// What a person has been shown, in the order in which it was.
    static func shown(to person: Person) async throws -> [String] {
        try await person.client().withStore { store in
            _ = try store.settleReplay()
            let reader = try #require(try store.itemReader())
            return try store.items(after: 0, limit: 1000, reader: reader).map(StoreScene.word)
        }
    }

    /// Where a person's device is in the log of the conversation with another.
    static func place(of person: Person, with other: UserName) async throws -> SequenceNumber {
        let place = try await person.client().withStore { store in
            try store.conversation(with: other).flatMap { try store.groupStanding(of: $0)?.seq }
        }
        return try #require(place)
    }

    static func messages(_ shown: [String]) -> [String] { shown.filter { !$0.hasPrefix("gap") } }
}
