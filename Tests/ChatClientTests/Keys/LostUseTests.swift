import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// Uses of a reusable identity file that a restore of the server has lost, and whose keys others know.
@Suite(.endsWhatItStarts) struct LostUseTests {
    /// Alice and bob, and a file of hers; by a use that the server has lost its device has written to bob, and he to it.
    private func scene(_ server: TestServer) async throws -> (alice: Person, bob: Person, file: String) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        for person in [alice, bob] { try await person.client().leavesPackages() }
        let path = alice.scratch.url.path + "/file"
        _ = try await alice.client().addDevices(identityFile: path, name: "box", use: .reusable, count: 1)
        let box = try Person("alice", at: server.address)
        try await server.isRestored {
            _ = try await box.client().login(identityFile: path)
            try await box.client().leavesPackages()
            #expect(await HostileScene.write("one", from: bob, to: alice) == nil)
            #expect(await HostileScene.write("two", from: box, to: bob) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(bob)).last == "two")
        }
        return (alice, bob, path)
    }

    @Test func `C5: a use of a file behind a restore has a number behind those that the restore may have lost`()
        async throws
    {
        try await withServer { server in
            let (alice, _, file) = try await scene(server)
            // The next job knows nothing of the one before, and neither does the server.
            let next = try Person(alice.name.text, at: server.address)
            _ = try await next.client().login(identityFile: file)
            let device = try await next.client().identity().device
            let keys = try await next.client().withStore { try $0.chainKeys(of: device) }
            #expect(keys?.instance == RuleLimits.lostRenewals + 1)
        }
    }

    @Test(arguments: [false, true])
    func `C5: who knew a use that a restore has lost writes to the next one, whenever they hear of the restore`(
        hearsBefore: Bool
    ) async throws {
        try await withServer { server in
            let (alice, bob, file) = try await scene(server)
            let next = try Person("alice", at: server.address)
            _ = try await next.client().login(identityFile: file)
            try await next.client().leavesPackages()
            if hearsBefore {
                let client = try bob.client()
                _ = try await client.devices()
                await client.settle()
                await client.close()
            }
            #expect(await HostileScene.write("three", from: bob, to: alice) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(next)).last == "three")
            #expect(await HostileScene.write("four", from: next, to: bob) == nil)
            for person in [bob, alice] {
                #expect(HostileScene.messages(try await HostileScene.read(person)).last == "four")
            }
        }
    }
}
