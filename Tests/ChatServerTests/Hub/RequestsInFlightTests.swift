import ChatProtocol
import Dispatch
import SQLite
import TestSupport
import Testing

@testable import ChatServer

@Suite(.endsWhatItStarts) struct RequestsInFlightTests {
    @Test func `who has too many requests waiting is read no further and is answered all of them`() async throws {
        try await withServer { server in
            let mallory = try await server.logIn("mallory")
            let gate = DispatchSemaphore(value: 0)
            defer { gate.signal() }
            let isHeld = DispatchSemaphore(value: 0)
            Task {
                try? await server.store.read { _ in
                    isHeld.signal()
                    _ = gate.wait(timeout: .now() + 180)
                }
            }
            #expect(await eventually { isHeld.wait(timeout: .now()) == .success })
            let asked = Set((0..<20).map { _ in mallory.send(ListAccounts()) })
            let isFull = await eventually {
                (try? await server.server.hub.value { hub in
                    hub.connections.sessions.values.contains {
                        $0.pauses.contains(.requests) && $0.requestsInFlight == Limits.requestsInFlight
                    }
                }) == true
            }
            #expect(isFull)
            #expect(!mallory.waiting.contains { $0.frameKind == .failure })
            gate.signal()
            for correlation in asked { _ = try await mallory.next(AccountPage.self, correlation: correlation) }
            let isReadAgain = await eventually {
                (try? await server.server.hub.value { hub in
                    hub.connections.sessions.values.allSatisfy { $0.pauses.isEmpty && $0.requestsInFlight == 0 }
                }) == true
            }
            #expect(isReadAgain)
        }
    }

    @Test func `a name that nobody can have is a malformed frame`() async throws {
        try await withServer { server in
            let mallory = try await server.connect()
            mallory.send(ClientHello(nonce: [UInt8](repeating: 1, count: 32), software: "test"))
            let login = LoginByPassword(
                name: try #require(UserName("ab")), password: [1], device: DeviceDescription(name: "d")
            ).frame(correlation: 7)
            let body = try #require(Self.replacing(Array("ab".utf8), by: Array("A ".utf8), in: login.body))
            mallory.send(frame: RawFrame(kind: login.kind, correlation: 7, body: body))
            let refusal = try await mallory.next(Failure.self, correlation: 7)
            #expect(refusal.errorCode == .malformed)
            #expect(refusal.sentence.contains("name"))
        }
    }

    private static func replacing(_ old: [UInt8], by new: [UInt8], in bytes: [UInt8]) -> [UInt8]? {
        guard let place = bytes.firstRange(of: old) else { return nil }
        var changed = bytes
        changed.replaceSubrange(place, with: new)
        return changed
    }
}
