import CLISupport
import ChatProtocol
import GroupRules
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// What several processes of one profile, or several tasks of one, read and publish of a chain at once.
@Suite(.endsWhatItStarts) struct ChainRaceTests {
    /// A store on which somebody else works once, right before one of its uses.
    private final class Interrupted: StoreDoor {
        private let client: Client
        private let uses: Mutex<Int>
        private let other: @Sendable () async throws -> Void

        init(_ client: Client, before use: Int, by other: @escaping @Sendable () async throws -> Void) {
            self.client = client
            uses = Mutex(use)
            self.other = other
        }

        var isOver: Bool { uses.withLock { $0 <= 0 } }

        func withStore<Value: Sendable>(
            _ body: @Sendable (ClientStore) throws -> Value
        ) async throws(Problem) -> Value {
            let isNow = uses.withLock { left in
                left -= 1
                return left == 0
            }
            if isNow {
                do { try await other() } catch { throw Problem(.internalFault, "the other one: \(error)") }
            }
            return try await client.withStore(body)
        }
    }

    @Test func `C4: what was read of a chain before it was given back is no evidence against it`() async throws {
        try await withServer { server in
            let ann = try await Person.registered("ann", at: server)
            let bob = try await Person.registered("bob", at: server)
            let phone = try await Person("bob", at: server.address).joins(bob)
            let account = try #require(try await bob.client().withStore { try $0.identity()?.account })
            try await server.isRestored {
                _ = try await bob.client().revokeDevice(phone.device.hex)
                _ = try await ann.client().key(of: bob.name)
            }
            let client = try ann.client()
            let (link, _) = try await client.loggedInLink()
            // Between the reading of it, which is shorter, and the comparison.
            let store = Interrupted(client, before: 2) {
                let other = try ann.client()
                let (link, _) = try await other.loggedInLink()
                let meeting = try await other.chainReader.read(account, named: bob.name, on: link)
                #expect(meeting == .known(.unchanged))
            }
            let meeting = try await ChainReader(store: store, log: client.log).read(account, named: bob.name, on: link)
            #expect(store.isOver)
            #expect(meeting == .known(.unchanged))
            #expect(try await client.withStore { try $0.keyAlarms() }.isEmpty)
        }
    }

    @Test func `C4: of two links that one profile publishes at once the first is no evidence against the second`()
        async throws
    {
        try await withServer { server in
            let bob = try await Person.registered("bob", at: server)
            let phone = try await Person("bob", at: server.address).joins(bob)
            let tablet = try await Person("bob", at: server.address).joins(bob)
            let client = try bob.client()
            let (link, _) = try await client.loggedInLink()
            let plain = try await client.ownChain(on: link)
            let known = try await plain.read()
            // Between the answer to the one link and the writing of it.
            let store = Interrupted(client, before: 1) {
                _ = try await bob.client().revokeDevice(tablet.device.hex)
            }
            let chain = OwnChain(
                own: plain.own, link: link, generation: plain.generation, store: store, log: client.log)
            #expect(try await chain.publish(.revoke(phone.device), beginsAt: .some(known)))
            #expect(store.isOver)
            #expect(try await client.withStore { try $0.keyAlarms() }.isEmpty)
            let held = try await client.withStore { try $0.chain(of: plain.own.place.account) }
            #expect([phone, tablet].allSatisfy { held?.devices[$0.device]?.isActive == false })
        }
    }
}
