import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// What the tests of servers and clients stand on.
@Suite struct SupportTests {
    private struct Broken: Error {}

    private func inScope(
        of trait: EndsWhatItStarts, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await trait.provideScope(for: try #require(Test.current), testCase: Test.Case.current, performing: body)
    }

    @Test func `a test that fails leaves no server and no listener`() async throws {
        let started = Mutex<(server: TestServer, listener: MessageListener)?>(nil)
        await #expect(throws: Broken.self) {
            try await inScope(of: .endsWhatItStarts) {
                let server = try await TestServer.start()
                let alice = try await Person.registered("alice", at: server)
                let listener = try await alice.client().listen(ListenOptions())
                try await listener.untilLive()
                started.withLock { $0 = (server, listener) }
                throw Broken()
            }
        }
        let (server, listener) = try #require(started.withLock { $0 })
        await expectRefusal(.unreachable) {
            while case .event = try await listener.next(deadline: .now + .patience) {}
        }
        let again = try await ServerBootstrap(group: ScriptedServer.group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: Int(server.address.port)).get()
        try await again.close()
    }

    @Test func `a test that waits for ever fails in its time, and what it waits for is ended`() async throws {
        await withKnownIssue {
            try await inScope(of: .endsWhatItStarts(within: .seconds(2))) {
                let server = try await TestServer.start()
                let alice = try await Person.registered("alice", at: server)
                let listener = try await alice.client().listen(ListenOptions())
                await expectRefusal(.unreachable) { while case .event = try await listener.next() {} }
            }
        }
    }
}
