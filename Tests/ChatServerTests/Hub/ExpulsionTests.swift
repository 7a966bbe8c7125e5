import ChatProtocol
import Dispatch
import SQLite
import TestSupport
import Testing

@testable import ChatServer

/// What is still stored of somebody who was sent away.
@Suite(.endsWhatItStarts) struct ExpulsionTests {
    @Test func `nothing of a disabled account is stored after its connections were closed`() async throws {
        try await expel { server, victim, _ in
            try await server.server.hub.closeConnections(account: try victim.account)
        }
    }

    @Test func `nothing of a revoked device is stored after the answer`() async throws {
        try await expel { _, victim, other in
            let _: Done = try await other.reply(to: RevokeDevice(device: try victim.device))
        }
    }

    /// Expels somebody of whom one message is being written while nine wait for the next batch.
    private func expel(
        _ body: @escaping @Sendable (TestServer, _ victim: TestClient, _ other: TestClient) async throws -> Void
    ) async throws {
        try await withServer { server in
            let (victim, other) = (try await server.logIn("mallory"), try await server.logIn("mallory"))
            let alice = try await server.logIn("alice")
            let everyone = try alice.everyone
            let gate = DispatchSemaphore(value: 0)
            defer { gate.signal() }
            let isHeld = DispatchSemaphore(value: 0)
            Task {
                try? await server.store.write { _ in
                    isHeld.signal()
                    _ = gate.wait(timeout: .now() + 180)
                }
            }
            #expect(await eventually { isHeld.wait(timeout: .now()) == .success })
            victim.send(try victim.message(to: everyone))
            let isWriting = await eventually { (try? await server.server.hub.value { $0.writer.isWriting }) == true }
            for _ in 0..<9 { victim.send(try victim.message([2], to: everyone)) }
            let areWaiting = await eventually {
                (try? await server.server.hub.value { hub in
                    hub.connections.sessions.values.contains { $0.requestsInFlight == 10 }
                }) == true
            }
            #expect(isWriting && areWaiting)
            async let expulsion: Void = body(server, victim, other)
            _ = try await victim.closed()
            gate.signal()
            try await expulsion
            #expect(try await server.payloads() == [[1]])
            _ = try await alice.append("after", to: everyone)
            #expect(try await server.payloads() == [[1], Array("after".utf8)])
        }
    }
}

extension TestServer {
    fileprivate func payloads() async throws -> [[UInt8]] {
        try await store.read { try $0.all("SELECT payload FROM entries ORDER BY key") { $0.bytes(0) } }
    }
}
