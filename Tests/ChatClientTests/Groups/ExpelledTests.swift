import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// A wire whose account is disabled right before a request of a kind.
private struct ExpelledWire: GroupWire {
    let base: any GroupWire
    let kind: FrameKind
    let disable: @Sendable () async throws -> Void

    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        if Body.kind == kind { try? await disable() }
        return try await base.ask(body)
    }
}

/// A commit that waits at a device which the server does not let in for a while.
@Suite(.endsWhatItStarts) struct ExpelledTests {
    @Test(arguments: [FrameKind.foundGroup, .commit])
    func `E3: who is expelled knows nothing of the commit that waits, which may have been taken before`(
        lost: FrameKind
    ) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            if lost == .commit { _ = try await Joining(alice, with: bob).enter() }
            let losing = try await Joining(alice, with: bob, losing: lost)
            await expectRefusal(.unreachable, "unreachable") {
                try await lost == .commit ? losing.commit(CommitWish { _, _ in [] }) : losing.enter()
            }
            await losing.client.close()
            let other = try await Joining(bob, with: alice)
            _ = try await other.enter()
            _ = try await other.enter(after: .preconditionFailed)
            try await other.writes("meanwhile", 1)
            let expelled = try await Joining(alice, with: bob) { wire in
                ExpelledWire(base: wire, kind: lost) {
                    try await server.administer(.setFlag(alice.name, .disabled, isOn: true))
                }
            }
            await expectRefusal(.refused, "account_disabled") { try await expelled.enter() }
            await expelled.client.close()
            let conversation = losing.conversation
            let waiting = try await alice.client().withStore { try $0.waitingCommit(of: conversation)?.kind }
            #expect(waiting == (lost == .commit ? .commit : .founding))
            try await server.administer(.setFlag(alice.name, .disabled, isOn: false))
            let sent = try await alice.client().send([bob.to("again")], options: SendOptions(timeout: .patience))
            #expect(sent.map(\.status) == [.accepted], "\(sent)")
            #expect(try await Joining(alice, with: bob).bodies() == ["meanwhile", "again"])
        }
    }
}
