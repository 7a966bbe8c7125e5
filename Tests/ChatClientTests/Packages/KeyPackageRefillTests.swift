import ChatProtocol
import CLISupport
import TestSupport
import Testing

@testable import ChatClient
@testable import ChatServer

/// Refills, by way of a real server.
@Suite(.endsWhatItStarts) struct KeyPackageRefillTests {
    private func standing(_ client: Client) async throws -> KeyPackageStanding {
        try await client.loggedInLink().1.keyPackages
    }

    /// Takes one of somebody's packages for a conversation that others are not in.
    private func take(_ taker: Client, from owner: Client, for number: UInt64) async throws -> [[UInt8]] {
        let name = try await owner.identity().name
        let opened: Conversations = try await taker.ask(OpenConversation(with: name))
        let taken: KeyPackages = try await taker.ask(
            TakeKeyPackages(
                conversation: try #require(opened.conversations.first).id, account: owner.identity().account))
        return taken.packages.map(\.package)
    }

    @Test func `a new device leaves twenty and a last resort`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            #expect(try await standing(alice.client()) == KeyPackageStanding(left: 20, hasLastResort: true))
            let (laptop, phone) = (try alice.client(), try Person("alice", at: server.address))
            _ = try await phone.joins(alice)
            #expect(try await standing(phone.client()) == KeyPackageStanding(left: 0, hasLastResort: false))
            // When it has done what it has come for; if the server is too slow for that, another connection does.
            #expect(
                await eventually {
                    guard let next = try? phone.client() else { return false }
                    if (try? await standing(next)) == KeyPackageStanding(left: 20, hasLastResort: true) { return true }
                    await next.settle()
                    return false
                })
            let bob = try await Person.registered("bob", at: server)
            let taken = try await take(bob.client(), from: laptop, for: 1)
            #expect(taken.count == 2)
            let kept = try await laptop.withStore { store in
                try taken.contains { package in
                    try store.database.first("SELECT 1 FROM key_packages WHERE package = ?", package) { _ in true }
                        ?? false
                }
            }
            #expect(kept)
        }
    }

    @Test func `who begins anew has left them when the login returns`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let fresh = try Person("alice", at: server.address)
            _ = try await fresh.client().login(
                user: alice.name, password: Person.password, deviceName: "new",
                wish: LoginWish(confirmReset: { _ in true }))
            #expect(try await standing(fresh.client()) == KeyPackageStanding(left: 20, hasLastResort: true))
        }
    }

    @Test func `a lost answer has the same go out again, and not more be made`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let client = try alice.client()
            // As if no answer had come.
            try await client.withStore { store in
                try store.write { try store.database.run("UPDATE key_packages SET waits = 1") }
            }
            let link = try await client.loggedInLink().0
            await client.attendant.refillKeyPackages(on: link, atEnd: false)
            let (rows, waiting) = try await client.withStore { store in
                (
                    try store.database.first("SELECT count(*) FROM key_packages") { $0.int(0) },
                    try store.database.first("SELECT count(*) FROM key_packages WHERE waits = 1") { $0.int(0) }
                )
            }
            #expect(rows == 21 && waiting == 0)
            #expect(try await standing(alice.client()) == KeyPackageStanding(left: 20, hasLastResort: true))
        }
    }

    @Test func `who sends once in a while replaces an old last resort too`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let client = try alice.client()
            func lastResorts() async throws -> Int? {
                try await client.withStore { store in
                    try store.database.first("SELECT count(*) FROM key_packages WHERE is_last_resort = 1") { $0.int(0) }
                }
            }
            _ = try await client.loggedInLink()
            await client.settle()
            #expect(try await lastResorts() == 1)
            let lives = UInt64(KeyPackageStock.lastResortLives.wholeMilliseconds)
            try await client.withStore { store in
                try store.write { try store.database.run("UPDATE key_packages SET made = made - ?", lives) }
            }
            await client.settle()
            #expect(try await lastResorts() == 2)
            await client.settle()
            #expect(try await lastResorts() == 2)
        }
    }

    @Test func `a lasting connection refills in the background`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let phone = try Person("alice", at: server.address)
            _ = try await phone.joins(alice)
            let listener = try await phone.client().listen(ListenOptions())
            try await listener.untilLive()
            #expect(
                await eventually {
                    (try? await standing(phone.client())) == KeyPackageStanding(left: 20, hasLastResort: true)
                })
        }
    }
}
