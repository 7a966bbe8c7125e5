import ChatProtocol
import TestSupport
import Testing

@testable import ChatServer

/// Key packages over the wire: who may take whose.
@Suite(.endsWhatItStarts) struct PackageRequestTests {
    /// A device of bob's with packages, whatever they say.
    private func bob(_ server: TestServer, packages: ClosedRange<UInt8>) async throws -> TestClient {
        let client = try await server.logIn("bob")
        let hello = try client.welcome
        _ = try await server.store.publishPackages(
            PackagePublication(
                account: hello.account.id, device: hello.device, head: .none, instance: 0,
                packages: packages.map { number in
                    NewPackage(
                        reference: [number], initKey: [number], package: [number], expires: .distantFuture)
                }))
        return client
    }

    private func take(
        _ client: TestClient, _ account: AccountID, for conversation: ConversationID
    ) async throws -> [[UInt8]] {
        let taken: KeyPackages = try await client.reply(
            to: TakeKeyPackages(conversation: conversation, account: account))
        return taken.packages.map(\.package)
    }

    @Test func `K1: members of a conversation take packages of its parties, and nobody else`() async throws {
        try await withServer { server in
            let bob = try await bob(server, packages: 1...3)
            let owner = try bob.welcome.account.id
            let alice = try await server.logIn("alice")
            let carol = try await server.logIn("carol")
            let (dm, everyone) = (try await alice.open(with: "bob"), try alice.welcome.everyone)
            #expect(try await take(alice, owner, for: dm) == [[1]])
            #expect(try await take(alice, owner, for: dm) == [[1]])
            // Another device of the same account gets the same.
            #expect(try await take(try await server.logIn("alice"), owner, for: dm) == [[1]])
            func refused(_ client: TestClient, _ account: AccountID, _ id: ConversationID) async throws -> ErrorCode? {
                try await failure { _ = try await take(client, account, for: id) }?.errorCode
            }
            #expect(try await refused(carol, owner, dm) == .notAMember)
            #expect(try await refused(carol, owner, ConversationID(high: 9, low: 9)) == .noSuchConversation)
            #expect(try await refused(alice, try carol.welcome.account.id, dm) == .invalidTarget)
            #expect(try await refused(alice, owner, everyone) == .invalidTarget)
            // Nobody of alice's has left any.
            #expect(try await refused(bob, try alice.welcome.account.id, dm) == .noDevice)
            #expect(try await refused(alice, AccountID(high: 9, low: 9), dm) == .invalidTarget)
        }
    }

    @Test func `packages that were never checked are not kept`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            let junk = PublishKeyPackages(packages: [[1, 2, 3]], lastResort: [])
            let code = try await failure { let _: KeyPackageCount = try await alice.reply(to: junk) }?.errorCode
            #expect(code == .noSuchDevice)
            let large = PublishKeyPackages(packages: [[UInt8](repeating: 1, count: Limits.keyPackage + 1)])
            let beyond = try await failure { let _: KeyPackageCount = try await alice.reply(to: large) }?.errorCode
            #expect(beyond == .malformed)
        }
    }
}
