import ChatProtocol
import NIOCore
import TestSupport
import Testing

@testable import ChatServer

/// What one account can take of a server that is everybody's.
@Suite struct AccountBoundsTests {
    @Test func aMessageCountsWhatItTakesAndNotItsPayloadAlone() async throws {
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
            let used = try await server.server.store.reader.value { try UsageStore.entries(in: $0.database) }
            let reckoned = try await server.server.hub.value { [account = try alice.account] in
                $0.quota.used(by: account)
            }
            #expect(used == [try alice.account: 2_570] && reckoned == 2_570)
        }
    }

    @Test func aFullStoreTakesNoFurtherDevices() async throws {
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

    @Test func changesOfDevicesCountAsMessages() async throws {
        try await withServer { settings in
            settings.hub.limits.messagesPerSecond = 1
            settings.hub.limits.messagesBurst = 1
            settings.hub.limits.messageDebt = 0
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
