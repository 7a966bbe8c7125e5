import CLISupport
import ChatProtocol
import GroupRules
import System
import TestSupport
import Testing

@testable import ChatClient

/// Logging in by an identity file that makes keys of its own, with a real server.
@Suite(.endsWhatItStarts) struct EnrolmentTests {
    private func file(_ use: IdentityFile.Use, of owner: Person, count: Int = 1) async throws -> String {
        let path = owner.scratch.url.path + "/\(use.rawValue)"
        _ = try await owner.client().addDevices(identityFile: path, name: "box", use: use, count: count)
        return path
    }

    private func setStanding(_ standing: Identity.Standing, of person: Person) async throws {
        try await person.client().store { store in
            try store.write { try store.database.run("UPDATE identity SET standing = ?", standing.rawValue) }
        }
    }

    private func identity(of person: Person) async throws -> Identity {
        try await person.client().identity()
    }

    @Test(arguments: [IdentityFile.Use.once, .reusable])
    func `a login whose answer was lost goes on with what was sent`(use: IdentityFile.Use) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(use, of: alice)
            let box = try Person("alice", at: server.address)
            #expect(try await box.client().login(identityFile: path).isNew)
            let known = try await identity(of: box)
            try await setStanding(.enrolling, of: box)
            #expect(try await box.client().login(identityFile: path).isNew)
            let again = try await identity(of: box)
            #expect(again.standing == .active && again.loginKey == known.loginKey && again.device == known.device)
            // Where the server has taken it, the device's own key says as much.
            try await setStanding(.enrolling, of: box)
            #expect(try await box.client().send([alice.to("x")])[0].status == .accepted)
            #expect(try await identity(of: box).standing == .active)
            #expect(try await !box.client().login(identityFile: path).isNew)
        }
    }

    @Test func `a login that ended before it was sent goes on with the keys that it has made`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(.once, of: alice)
            let me = try await identity(of: alice)
            let (chain, devices) = (
                try #require(try await alice.client().store { try $0.chain(of: me.account) }),
                try await alice.client().devices()
            )
            let box = try Person("alice", at: server.address)
            let parsed = try IdentityFile(parsing: try SmallFile.read(path, limit: 32 << 10).get(), file: path)
            let given = try GivenIdentity(parsed, path: path, at: nil)
            let chosen = try EnrolmentChoice(parsed).device(in: chain, devices)
            let begun = try Enrolment(chosen, of: given, in: chain.place, mayLackUses: false)
            let client = try box.client()
            try await client.profile.create()
            try await client.store { store in try store.writeSynced { _ = try store.begin(begun) } }
            let refused = try await box.client().send([alice.to("x")])[0].problem
            #expect(refused.map { $0.code } == "bad_proof")
            let told = try await box.client().completing(try #require(refused))
            #expect(told.code == "not_logged_in" && told.advice == .finishIdentityLogin())
            #expect(try await box.client().login(identityFile: path).isNew)
            #expect(try await identity(of: box).loginKey == begun.identity.loginKey)
            #expect(try await box.client().send([alice.to("x")])[0].status == .accepted)
        }
    }

    @Test func `two logins of one profile at once are one`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(.once, of: alice)
            let box = try Person("alice", at: server.address)
            let news = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<2 { group.addTask { try await box.client().login(identityFile: path).isNew } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(news.count(where: { $0 }) == 1)
            #expect(try await box.client().send([alice.to("x")])[0].status == .accepted)
        }
    }

    @Test func `jobs that log in at once each find a slot`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(.reusable, of: alice, count: 4)
            let jobs = try (0..<4).map { _ in try Person("alice", at: server.address) }
            let devices = try await withThrowingTaskGroup(of: DeviceID.self) { group in
                for job in jobs { group.addTask { try await job.client().login(identityFile: path).record.device } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(devices.count == 4)
            for job in jobs { #expect(try await job.client().send([alice.to("x")])[0].status == .accepted) }
        }
    }

    @Test func `who is too late for a file that is good for one use is told that it was used`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(.once, of: alice)
            let jobs = try (0..<4).map { _ in try Person("alice", at: server.address) }
            let codes = await withTaskGroup(of: String.self) { group in
                for job in jobs {
                    group.addTask {
                        do { return try await job.client().login(identityFile: path).record.user.text } catch {
                            return (error as? Problem)?.code ?? "\(error)"
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.sorted() == ["alice", "identity_used", "identity_used", "identity_used"])
        }
    }

    @Test func `who is refused stays who he was`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(.once, of: alice)
            _ = try await Person("alice", at: server.address).client().login(identityFile: path)
            let before = try await identity(of: alice)
            await expectRefusal(.badConfiguration, "identity_used") {
                try await alice.client().login(identityFile: path)
            }
            let after = try await identity(of: alice)
            #expect(after.device == before.device && after.standing == .active)
            #expect(try await alice.client().send([alice.to("x")])[0].status == .accepted)
        }
    }

    @Test func `a file whose account has begun anew is refused as another key`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(.certify, of: alice, count: 1)
            let once = try await file(.once, of: alice)
            var forged = try IdentityFile(parsing: try SmallFile.read(once, limit: 32 << 10).get(), file: once)
            forged.root = "acct1:" + String(repeating: "a", count: 52)
            let other = alice.scratch.url.path + "/forged"
            try SmallFile.create(other, with: forged.bytes).get()
            let box = try Person("alice", at: server.address)
            await expectRefusal(.untrusted, "key_changed") { try await box.client().login(identityFile: other) }
            await expectRefusal(.refused, "not_logged_in") { try await box.client().whoAmI() }
            #expect(try await box.client().login(identityFile: path).isNew)
        }
    }

    @Test(arguments: [IdentityFile.Use.once, .certify])
    func `a name in a file that is not its account's is refused, and the file is not lost`(
        use: IdentityFile.Use
    ) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(use, of: alice)
            var forged = try IdentityFile(parsing: try SmallFile.read(path, limit: 32 << 10).get(), file: path)
            forged.user = try #require(UserName("bob"))
            let other = alice.scratch.url.path + "/forged"
            try SmallFile.create(other, with: forged.bytes).get()
            let box = try Person("alice", at: server.address)
            for _ in 0..<2 {
                await expectRefusal(.badConfiguration, "wrong_profile") {
                    try await box.client().login(identityFile: other)
                }
                await expectRefusal(.refused, "not_logged_in") { try await box.client().whoAmI() }
            }
            #expect(try await box.client().login(identityFile: path).record.user == alice.name)
            await expectRefusal(.badConfiguration, "wrong_profile") {
                try await box.client().login(identityFile: other)
            }
        }
    }

    @Test(arguments: [IdentityFile.Use.once, .reusable])
    func `C4: a device whose login a restore has lost comes back by its file`(use: IdentityFile.Use) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(use, of: alice)
            let box = try Person("alice", at: server.address)
            try await server.isRestored {
                let isNew = try await box.client().login(identityFile: path).isNew
                let sent = try await box.client().send([alice.to("x")])
                #expect(isNew && sent.map(\.problem) == [nil])
            }
            let known = try await identity(of: box)
            #expect(try await box.client().login(identityFile: path).isNew)
            #expect(try await identity(of: box).device == known.device)
            #expect(try await box.client().send([alice.to("y")]).map(\.problem) == [nil])
            #expect(try await !box.client().login(identityFile: path).isNew)
            #expect(HostileScene.messages(try await HostileScene.read(alice)) == ["y"])
        }
    }

    @Test(arguments: [IdentityFile.Use.once, .reusable])
    func `C4: a device whose file a restore has lost needs another one, and is told so`(
        use: IdentityFile.Use
    ) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let box = try Person("alice", at: server.address)
            var path = ""
            try await server.isRestored {
                path = try await self.file(use, of: alice)
                #expect(try await box.client().login(identityFile: path).isNew)
            }
            let given = path
            await expectRefusal(.refused, "bad_proof") { try await box.client().login(identityFile: given) }
            await server.stop()
            #expect(try await !box.client().login(identityFile: given).isNew)
            try await server.startAgain()
            try await alice.client().sync()
            let me = try await identity(of: alice)
            let lost = DeviceChecks(
                devices: try await alice.client().accountDevices(),
                chain: try await alice.client().store { store in try store.chain(of: me.account) })
            #expect(lost.checks.contains { $0.text.contains("another identity file") })
            // Its keys are in the file alone, and nobody can give them back.
            await expectRefusal(.refused, "bad_proof") { try await box.client().login(identityFile: given) }
            let other = alice.scratch.url.path + "/other"
            _ = try await alice.client().addDevices(identityFile: other, name: "box", use: use, count: 1)
            #expect(try await box.client().login(identityFile: other).isNew)
            #expect(try await box.client().send([alice.to("y")]).map(\.problem) == [nil])
        }
    }

    @Test func `a device from a file that a restore has lost is a further one by the password`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = try await file(.once, of: alice)
            let box = try Person("alice", at: server.address)
            try await server.isRestored { _ = try await box.client().login(identityFile: path) }
            await expectRefusal(.refused, "device_pending") {
                try await box.client().login(user: alice.name, password: Person.password)
            }
        }
    }
}
