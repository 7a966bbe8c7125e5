import CLISupport
import ChatProtocol
import Foundation
import TestSupport
import Testing
import Transport

@testable import ChatClient

@Suite(.endsWhatItStarts) struct AccountTests {
    @Test func `who is said from the local store alone`() async throws {
        try await withServer { server in
            let alice = try Person("alice", at: server.address)
            await expectRefusal(.refused) { try await alice.client().whoAmI() }
            let me = try await alice.client().register(
                user: alice.name, displayName: "Alice A.", password: Person.password, deviceName: "laptop")
            await server.stop()
            #expect(try await alice.client().whoAmI() == me)
            #expect(me.user == alice.name)
            #expect(me.displayName == "Alice A.")
            #expect(me.deviceName == "laptop")
            #expect(me.server == server.address)
            #expect(me.serverTrust == (try TestServer.identity.get().pin.description))
            #expect(me.deviceFingerprint?.hasPrefix("SHA256:") == true)
        }
    }

    @Test func `a process opens its store once for all that it reads and then writes`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let client = try alice.client()
            let file = client.settings.profileDirectory.storeFile
            let before = try descriptors(of: file)
            _ = try await client.lastSync()
            _ = try await client.history(HistoryQuery())
            #expect(try descriptors(of: file) == before + 1)
            try await client.store { store in try store.write { try store.noteSynced(1) } }
            #expect(try await client.lastSync() == 1)
            #expect(try descriptors(of: file) == before + 1)
        }
    }

    @Test func `refusals have their codes`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let other = try Person("other", at: server.address)
            await expectRefusal(.refused, "name_taken") {
                try await other.client().register(user: alice.name, displayName: nil, password: Person.password)
            }
            await expectRefusal(.badData, "unacceptable_password") {
                try await other.client().register(user: other.name, displayName: nil, password: Array("short".utf8))
            }
            await expectRefusal(.refused, "login_refused") {
                try await other.client().login(user: alice.name, password: Array("wrong password".utf8))
            }
            await expectRefusal(.refused, "login_refused") {
                try await other.client().login(user: other.name, password: Person.password)
            }
            await expectRefusal(.refused) { try await other.client().users(onlineOnly: false) }
            await expectRefusal(.badConfiguration, "wrong_profile") {
                try await alice.client().login(user: other.name, password: Person.password)
            }
        }
    }

    @Test func `another server than the profiles is refused`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let elsewhere = try #require(ServerAddress("127.0.0.1:9"))
            let sent = try await alice.client(server: elsewhere).send([alice.to("x")])
            #expect(sent[0].problem?.code == "wrong_server")
            await expectRefusal(.badConfiguration, "wrong_server") {
                try await alice.client(server: elsewhere).whoAmI()
            }
        }
    }

    @Test func `a further device logs in and hears what is new`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let laptop = try Person("alice", at: server.address)
            let me = try await laptop.joins(alice, deviceName: "second")
            #expect(me.user == alice.name)
            let listener = try await laptop.client().listen(ListenOptions(filter: MessageFilter(own: true)))
            try await listener.untilLive()
            _ = try await bob.client().send([alice.to("to both")])
            #expect(try await listener.nextMessage()?.body == "to both")
            _ = try await alice.client().send([bob.to("from the first")])
            let own = try await listener.nextMessage()
            #expect(own?.body == "from the first")
            #expect(own?.own == true)
            await listener.stop()
            let devices = try await alice.client().devices()
            #expect(devices.count == 2)
            #expect(devices.contains { $0.name == "second" })
        }
    }

    @Test func `a revoked device ends with its status and hears nothing more`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let laptop = try Person("alice", at: server.address)
            let me = try await laptop.joins(alice, deviceName: "old")
            let listener = try await laptop.client().listen(ListenOptions())
            try await listener.untilLive()
            try await alice.client().renameDevice(me.device.hex, to: "older")
            try await alice.client().revokeDevice("older")
            await expectRefusal(.refused, "device_revoked") {
                while case .event = try await listener.next(deadline: .now + .patience) {}
            }
            await expectRefusal(.refused, "device_revoked") { try await laptop.client().devices() }
            await server.stop()
            await expectRefusal(.refused, "device_revoked") { try await laptop.client().devices() }
            // The key is gone from the disk, too.
            #expect(try await laptop.client().storeForReading { try $0.identity()?.loginKey } == nil)
        }
    }

    @Test func `logout revokes and a later login is a new device`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let before = try await alice.client().whoAmI().device
            _ = try await alice.client().send([alice.to("note")])
            await expectRefusal(.refused, "last_device") { try await alice.client().logout(forget: false) }
            #expect(try await alice.client().logout(forget: false, force: true).isRevoked)
            await expectRefusal(.refused, "not_logged_in") { try await alice.client().whoAmI() }
            #expect(try await alice.client().send([alice.to("x")])[0].problem?.exit == .refused)
            let wish = LoginWish(confirmReset: { $0.isEmpty })
            let me = try await alice.client().login(user: alice.name, password: Person.password, wish: wish)
            #expect(me.device != before)
            #expect(try await alice.client().history(HistoryQuery()).count == 1)
            _ = try await alice.client().logout(forget: true, force: true)
            #expect(access(alice.paths.data + "/default", F_OK) != 0)
        }
    }

    /// - Parameter isTaken: somebody has registered its name again.
    @Test(arguments: [false, true])
    func `a device that a restore has lost is forgotten, and the profile is free`(isTaken: Bool) async throws {
        try await withServer { server in
            await server.stop()
            try server.copyStore()
            try await server.startAgain()
            let late = try await Person.registered("late", at: server)
            await server.stop()
            try server.restoreStore()
            try await server.startAgain()
            if isTaken { _ = try await Person.registered("late", at: server) }
            _ = try await late.client().logout(forget: true)
            if isTaken {
                await expectRefusal(.refused, "device_pending") {
                    _ = try await late.client().login(user: late.name, password: Person.password, deviceName: "late")
                }
            } else {
                _ = try await late.client().register(
                    user: late.name, displayName: nil, password: Person.password)
            }
        }
    }

    @Test func `logging in again takes the same device up`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let before = try await alice.client().whoAmI()
            let me = try await alice.client().login(user: alice.name, password: Person.password)
            #expect(me.device == before.device)
            // Other processes of the profile log in by this key, and the server's yes may get lost.
            #expect(me.deviceFingerprint == before.deviceFingerprint)
            #expect(try await alice.client().send([alice.to("x")])[0].status == .accepted)
            #expect(try await alice.client().devices().count == 1)
        }
    }

    @Test func `a password is changed and others are revoked if asked for`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let laptop = try Person("alice", at: server.address)
            _ = try await laptop.joins(alice)
            let new = Array("another password".utf8)
            await expectRefusal(.refused, "login_refused") {
                try await alice.client().changePassword(old: new, new: new, revokeOthers: false)
            }
            try await alice.client().changePassword(old: Person.password, new: new, revokeOthers: true)
            await expectRefusal(.refused) { try await laptop.client().devices() }
            #expect(try await alice.client().devices().count == 1)
            await expectRefusal(.refused, "device_pending") {
                try await laptop.client().login(user: alice.name, password: new)
            }
        }
    }

    @Test func `an identity is good for one login`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let file = alice.scratch.url.path + "/identity"
            _ = try await alice.client().addDevices(identityFile: file, name: "box", use: .once)
            var status = stat()
            #expect(lstat(file, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            await expectRefusal(.cannotCreate) {
                try await alice.client().addDevices(identityFile: file, use: .once)
            }
            #expect(try await alice.client().devices().count == 2)
            let box = try Person("alice", at: server.address)
            for mode: mode_t in [0o644, 0o660, 0o602] {
                #expect(chmod(file, mode) == 0)
                await expectRefusal(.badConfiguration, "unsafe_store") {
                    try await box.client().login(identityFile: file)
                }
            }
            #expect(chmod(file, 0o400) == 0)
            // Its pin vouches for the server: nobody is asked.
            let me = try await box.client(trust: .ask).login(identityFile: file).record
            #expect(me.user == alice.name)
            #expect(try await box.client(trust: .ask).send([alice.to("x")])[0].status == .accepted)
            let second = try Person("alice", at: server.address)
            await expectRefusal(.badConfiguration, "identity_used") {
                try await second.client().login(identityFile: file)
            }
            await expectRefusal(.refused, "not_logged_in") { try await second.client().whoAmI() }
            await expectRefusal(.missingInput) { try await second.client().login(identityFile: "/none") }
        }
    }

    @Test func `what an identity file holds is what its device may do`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let path = alice.scratch.url.path
            var people: [IdentityFile.Use: Person] = [:]
            for use in [IdentityFile.Use.once, .certify] {
                let file = path + "/" + use.rawValue
                _ = try await alice.client().addDevices(identityFile: file, name: use.rawValue, use: use)
                let person = try Person("alice", at: server.address)
                _ = try await person.client().login(identityFile: file)
                people[use] = person
            }
            let further = try Person("alice", at: server.address)
            await expectRefusal(.refused, "device_pending") {
                try await further.client().login(user: alice.name, password: Person.password, deviceName: "further")
            }
            let waiting = try await further.client().whoAmI()
            let fingerprint = try #require(waiting.deviceKey)
            let plain = try #require(people[.once])
            await expectRefusal(.refused, "forbidden") {
                try await plain.client().approveDevice(
                    waiting.device.hex, fingerprint: fingerprint, certifies: false)
            }
            await expectRefusal(.refused, "forbidden") { try await plain.client().revokeDevice("certify") }
            await expectRefusal(.refused, "forbidden") {
                try await plain.client().addDevices(identityFile: path + "/more", use: .once)
            }
            #expect(access(path + "/more", F_OK) != 0)
            let listed = try await alice.client().accountDevices()
            #expect(listed.first { $0.record.name == "once" }?.certifies == false)
            #expect(listed.filter { $0.record.state == .active }.count == 3)
            let certifying = try #require(people[.certify])
            _ = try await certifying.client().approveDevice(
                waiting.device.hex, fingerprint: fingerprint, certifies: false)
            // One approver is left behind, then none: the last of them hears of it.
            #expect(try await !alice.client().logout(forget: false).leavesNoApprover)
            #expect(try await certifying.client().logout(forget: false).leavesNoApprover)
            #expect(try await further.client().send([alice.to("still here")])[0].status == .accepted)
        }
    }

    @Test func `a copied profile is refused and says so from then on`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            _ = try await alice.client().send([alice.to("one")])
            let copy = try Person("alice", at: server.address)
            let copying = try await Program.run(
                URL(filePath: "/bin/cp"), ["-a", alice.scratch.url.path + "/.", copy.scratch.url.path + "/"])
            #expect(copying.status == 0)
            #expect(try await alice.client().send([alice.to("two")])[0].status == .accepted)
            let refused = try await copy.client().send([alice.to("from the copy")])
            #expect(refused[0].problem?.code == "store_copied")
            #expect(refused[0].problem?.exit == .badConfiguration)
            await server.stop()
            await expectRefusal(.badConfiguration, "store_copied") { try await copy.client().devices() }
            try await server.startAgain()
            #expect(try await alice.client().send([alice.to("three")])[0].status == .accepted)
            // A login by password makes a new device of the copy.
            _ = try await copy.joins(alice)
            #expect(try await copy.client().send([alice.to("four")])[0].status == .accepted)
        }
    }

    @Test func `a server that is not trusted gets nothing`() async throws {
        try await withServer { server in
            let alice = try Person("alice", at: server.address)
            let pin = try TestServer.identity.get().pin
            let other = try #require(PublicKeyPin(digest: Array(repeating: 1, count: 32)))
            func register(_ trust: TrustSetting) async throws {
                _ = try await alice.client(trust: trust).register(
                    user: alice.name, displayName: nil, password: Person.password)
            }
            await expectRefusal(.untrusted, "server_not_trusted") { try await register(.ask) }
            await expectRefusal(.untrusted, "server_not_trusted") { try await register(.strict) }
            await expectRefusal(.untrusted, "server_key_changed") { try await register(.pin(other)) }
            #expect(try await alice.client().knownServers().isEmpty)
            try await register(.pin(pin))
            #expect(try await alice.client().knownServers().map(\.standing) == [.pin(pin)])
            // Known by another key from now on: nothing is sent.
            try await KnownServersFile(paths: alice.paths).update { $0[server.address] = .pin(other) }
            let sent = try await alice.client(trust: .acceptNew).send([alice.to("x")])
            #expect(sent[0].problem?.code == "server_key_changed")
            #expect(sent[0].problem?.sent == .no)
            #expect(try await alice.client(trust: .pin(pin)).trustServer(server.address).standing == .pin(pin))
            #expect(try await alice.client().send([alice.to("x")])[0].status == .accepted)
            try await alice.client().forgetServer(server.address)
            await expectRefusal(.unknownName) { try await alice.client().forgetServer(server.address) }
        }
    }

    @Test func `the doctor looks at everything`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            func names(_ client: Client) async -> [String] {
                let events = Mailbox<DoctorCheck>()
                await client.doctor { events.post($0) }
                return events.drain().map { "\($0.name) \($0.status.rawValue)" }
            }
            #expect(
                try await names(alice.client()) == [
                    "config ok", "disk ok", "permissions ok", "address ok", "tls ok", "clock ok", "login ok",
                    "packages ok", "devices warning", "rooms ok", "groups ok", "outbox ok", "sync ok", "keys ok",
                    "history ok",
                ])
            let nobody = await names(try alice.client(profile: "nobody"))
            #expect(nobody.filter { $0.hasSuffix("failed") } == ["login failed"])
            await server.stop()
            let start = ["config ok", "disk ok", "permissions ok"]
            let end = ["outbox ok", "sync ok", "keys ok", "history ok"]
            #expect(
                try await names(alice.client()) == start + [
                    "address failed", "tls skipped", "clock skipped", "login skipped",
                    "packages skipped", "devices skipped", "rooms skipped", "groups skipped",
                ] + end)
            try await server.startAgain()
            let other = try #require(PublicKeyPin(digest: Array(repeating: 1, count: 32)))
            let known = KnownServersFile(paths: alice.paths)
            try await known.update { $0[server.address] = .pin(other) }
            #expect(
                try await names(alice.client()) == start + [
                    "address ok", "tls failed", "clock skipped", "login skipped",
                    "packages skipped", "devices skipped", "rooms skipped", "groups skipped",
                ] + end)
            try await known.update { $0[server.address] = try? .pin(TestServer.identity.get().pin) }
            let device = try await alice.client().ownDevice()
            try await alice.client().store { store in try store.write { try store.noteRefused(device, .revoked) } }
            #expect(
                try await names(alice.client()) == start + [
                    "address skipped", "tls skipped", "clock skipped", "login failed",
                    "packages skipped", "devices skipped", "rooms skipped", "groups skipped",
                ] + end)
        }
    }

    @Test func `names and profiles are known locally`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            #expect(try await alice.client().users(onlineOnly: false).map(\.account.name) == [alice.name, bob.name])
            #expect(try await alice.client().users(onlineOnly: true).isEmpty)
            #expect(try await alice.client().completionNames() == [alice.name, bob.name])
            let profiles = try await alice.client().profiles()
            #expect(profiles.map(\.profile.text) == ["default"])
            #expect(profiles.map(\.user) == [alice.name])
            let nobody = try Person("nobody", at: server.address)
            #expect(try await nobody.client().profiles().isEmpty)
            #expect(try await nobody.client().completionNames().isEmpty)
        }
    }
}

/// How many descriptors of this process lead to a file.
private func descriptors(of file: String) throws -> Int {
    let all = "/proc/self/fd"
    return try FileManager.default.contentsOfDirectory(atPath: all).count {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(all)/\($0)")) == file
    }
}

/// Expects that `body` ends with this status, and code where one is given.
func expectRefusal(
    _ exit: CLISupport.ExitStatus, _ code: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> some Any
) async {
    do {
        _ = try await body()
        Issue.record("expected status \(exit.rawValue), but it succeeded", sourceLocation: sourceLocation)
    } catch {
        let problem = error as? Problem
        #expect(problem?.exit == exit, "\(error)", sourceLocation: sourceLocation)
        if let code { #expect(problem?.code == code, "\(error)", sourceLocation: sourceLocation) }
    }
}
