import ChatProtocol
import TestSupport
import Testing

@testable import ChatServer

/// What one account can take of a server that is everybody's.
@Suite(.endsWhatItStarts) struct AccountBoundsTests {
    @Test func `one account takes no more than its share of the connections`() async throws {
        try await withServer { settings in
            settings.hub.limits.connections = 40
            settings.hub.limits.connectionsPerAccount = 3
        } _: { server in
            let (alice, mallory) = (try await server.logIn("alice"), try await server.logIn("mallory"))
            let device = try mallory.device
            let held = [
                try await server.logIn("mallory", device: device), try await server.logIn("mallory", device: device),
            ]
            await #expect(throws: Failure.self) { try await server.logIn("mallory", device: device) }
            _ = try await server.logIn("alice")
            _ = try await alice.append("in", to: try alice.everyone)
            // Those that stand are kept, and one that goes makes room.
            _ = try await held[0].append("x", to: try alice.everyone)
            held[1].close()
            #expect(
                await eventually { (try? await server.logIn("mallory", device: device)) != nil })
        }
    }

    @Test func `an account never has more than half of all connections`() {
        var limits = ServerLimits()
        #expect(limits.accountConnections == 1_000)
        limits.connections = 40
        #expect(limits.accountConnections == 20)
        limits.connections = 1
        #expect(limits.accountConnections == 1)
    }

    @Test func `a message counts what it takes and not its payload alone`() async throws {
        try await withServer {
            $0.hub.limits.accountStore = 2_600
        } _: { server in
            let alice = try await server.logIn("alice")
            for _ in 0..<10 { _ = try await alice.append("x", to: try alice.everyone) }
            let refusal = try await #require(
                throws: Failure.self
            ) { try await alice.append("x", to: try alice.everyone) }
            #expect(refusal.errorCode == .storeFull)
            // As it is counted from the store at the next start.
            let used = try await server.store.usage()
            let reckoned = try await server.server.hub.value { [account = try alice.account] in
                $0.quota.used(by: account)
            }
            #expect(used == [try alice.account: 2_570] && reckoned == 2_570)
        }
    }

    @Test func `a full store takes no further devices`() async throws {
        try await withServer {
            $0.hub.limits.maxStore = 1 << 10
        } _: { server in
            let alice = try await server.logIn("alice")
            let isMeasured = try await eventually {
                try await server.server.hub.value { $0.quota.storeSize > 0 }
            }
            #expect(isMeasured)
            let request = AddDevice(device: DeviceDescription(name: "phone"))
            let refusal = try await #require(throws: Failure.self) {
                let _: DeviceAdded = try await alice.reply(to: request)
            }
            #expect(refusal.errorCode == .storeFull)
            // What takes nothing still works.
            let _: Done = try await alice.reply(to: RevokeDevice(device: DeviceID(high: 1, low: 1)))
        }
    }

    @Test func `changes of devices count as messages`() async throws {
        try await withServer {
            // The login is one.
            $0.allowMessages(2)
        } _: { server in
            let alice = try await server.logIn("alice")
            _ = try await alice.append("x", to: try alice.everyone)
            let request = AddDevice(device: DeviceDescription(name: "phone"))
            let refusal = try await #require(throws: Failure.self) {
                let _: DeviceAdded = try await alice.reply(to: request)
            }
            #expect(refusal.errorCode == .rateLimited)
            let _: Done = try await alice.reply(to: RevokeDevice(device: DeviceID(high: 1, low: 1)))
        }
    }
}
