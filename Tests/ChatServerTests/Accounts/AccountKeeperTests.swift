import ChatProtocol
import TestSupport
import Testing

@testable import ChatServer

@Suite struct AccountKeeperTests {
    private let password = Array("correct horse".utf8)

    private func name(_ text: String) throws -> UserName { try #require(UserName(text)) }

    private func register(_ scene: AccountScene, _ user: String, invite: [UInt8] = [], device: TestDevice? = nil)
        async throws -> LoggedIn
    {
        let description = try (device ?? TestDevice()).description(binding: scene.binding)
        let request = Register(
            name: try name(user), displayName: user.uppercased(), password: password, invite: invite,
            device: description)
        let origin = scene.origin()
        return try await scene.keeper.register(request, from: origin)
    }

    private func logIn(
        _ scene: AccountScene, _ user: String, password: [UInt8]? = nil, existing: DeviceID? = nil,
        device: TestDevice? = nil, address: String = "192.0.2.7"
    ) async throws -> LoggedIn {
        let request = LoginByPassword(
            name: try name(user), password: password ?? self.password, existing: existing,
            device: try (device ?? TestDevice()).description("phone", binding: scene.binding))
        let origin = scene.origin(address)
        return try await scene.keeper.logIn(request, from: origin)
    }

    @Test func `who registers is logged in and logs in again by key only once a number`() async throws {
        let scene = try await AccountScene()
        let device = try TestDevice()
        let alice = try await register(scene, "alice", device: device)
        #expect(alice.account.name.text == "alice" && alice.account.displayName == "ALICE")
        let origin = scene.origin()
        for number in [1, 2] as [LoginNumber] {
            let request = try device.login(alice, number: number, binding: scene.binding)
            let again: LoggedIn = try await scene.keeper.logIn(request, from: origin)
            #expect(again == alice)
        }
        let copied = try device.login(alice, number: 1, binding: scene.binding)
        #expect(
            await scene.refusal {
                let _: LoggedIn = try await scene.keeper.logIn(copied, from: origin)
            } == .storeCopied)
        try await scene.end()
    }

    @Test func `a login signed for another connection or by another key is refused`() async throws {
        let scene = try await AccountScene()
        let device = try TestDevice()
        let alice = try await register(scene, "alice", device: device)
        var elsewhere = scene.binding
        elsewhere.exporter[0] ^= 1
        let requests = [
            try device.login(alice, number: 9, binding: elsewhere),
            try TestDevice().login(alice, number: 9, binding: scene.binding),
            LoginByDevice(account: alice.account.id, device: DeviceID(high: 1, low: 1), number: 9, signature: []),
        ]
        let origin = scene.origin()
        for request in requests {
            #expect(
                await scene.refusal {
                    let _: LoggedIn = try await scene.keeper.logIn(request, from: origin)
                } == .badProof)
        }
        // None of them used the number up.
        let good = try device.login(alice, number: 9, binding: scene.binding)
        let _: LoggedIn = try await scene.keeper.logIn(good, from: origin)
        try await scene.end()
    }

    @Test func `unknown name and wrong password are one answer at one time`() async throws {
        let scene = try await AccountScene { $0.failureDelay = .milliseconds(2_500) }
        _ = try await register(scene, "alice")
        let clock = ContinuousClock()
        for user in ["alice", "nobody"] {
            let start = clock.now
            let wrong = Array("wrong password".utf8)
            #expect(await scene.refusal { _ = try await logIn(scene, user, password: wrong) } == .loginRefused)
            let elapsed = clock.now - start
            #expect(elapsed >= .milliseconds(2_490), "\(user)")
        }
        try await scene.end()
    }

    @Test func `a taken name stays taken`() async throws {
        let scene = try await AccountScene()
        let alice = try await register(scene, "alice")
        #expect(await scene.refusal { _ = try await register(scene, "alice") } == .nameTaken)
        try await scene.store.deleteAccount(alice.account.id, erasing: false)
        #expect(await scene.refusal { _ = try await register(scene, "alice") } == .nameTaken)
        #expect(await scene.refusal { _ = try await logIn(scene, "alice") } == .loginRefused)
        try await scene.end()
    }

    @Test func `registration follows the policy`() async throws {
        let closed = try await AccountScene(registration: .closed)
        #expect(await closed.refusal { _ = try await register(closed, "alice") } == .registrationClosed)
        try await closed.end()

        let scene = try await AccountScene(registration: .invite)
        let token = Array("the-token".utf8)
        let one = Invite(
            id: InviteID(high: 0, low: 1), usesLeft: 1, expires: .distantFuture, created: 1, createdBy: "x")
        try await scene.store.addInvite(one, token: token)
        #expect(await scene.refusal { _ = try await register(scene, "alice") } == .inviteRequired)
        #expect(await scene.refusal { _ = try await register(scene, "alice", invite: [1, 2]) } == .inviteInvalid)
        _ = try await register(scene, "alice", invite: token)
        #expect(await scene.refusal { _ = try await register(scene, "bob", invite: token) } == .inviteInvalid)
        try await scene.end()
    }

    @Test func `guessing is slowed down but does not lock devices out`() async throws {
        let scene = try await AccountScene { limits in
            limits.loginFailures = 2
            // Nothing is forgiven meanwhile.
            limits.loginFailureInterval = .seconds(3_600)
        }
        let device = try TestDevice()
        let alice = try await register(scene, "alice", device: device)
        let wrong = Array("wrong password".utf8)
        for _ in 0..<2 {
            #expect(await scene.refusal { _ = try await logIn(scene, "alice", password: wrong) } == .loginRefused)
        }
        #expect(await scene.refusal { _ = try await logIn(scene, "alice", password: wrong) } == .rateLimited)
        #expect(await scene.refusal { _ = try await logIn(scene, "alice") } == .rateLimited)
        _ = try await logIn(scene, "alice", address: "192.0.2.8")
        let request = try device.login(alice, number: 1, binding: scene.binding)
        let origin = scene.origin()
        let _: LoggedIn = try await scene.keeper.logIn(request, from: origin)
        try await scene.end()
    }

    @Test func `a full queue answers busy`() async throws {
        let scene = try await AccountScene { limits in
            limits.passwordQueue = 1
            limits.loginFailureInterval = .zero
        }
        let codes = await withTaskGroup(of: ErrorCode?.self) { group in
            for _ in 0..<6 {
                group.addTask { await scene.refusal { _ = try await logIn(scene, "nobody") } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.contains(.busy) && codes.contains(.loginRefused))
        #expect(codes.allSatisfy { $0 == .busy || $0 == .loginRefused })
        try await scene.end()
    }

    @Test func `an imported hash verifies and is made anew`() async throws {
        let scene = try await AccountScene()
        let old = Array("short".utf8)
        let long = [UInt8](repeating: 0x62, count: 200)
        let accounts = try [("fits", old), ("toolong", long)].map { user, password in
            StoredAccount(
                record: AccountRecord(id: ServerSources.system.identifier(), name: try name(user), displayName: ""),
                passwordHash: try Bcrypt.hash(Array(password.prefix(72)), cost: 4).text.replacing("$2b$", with: "$2y$"),
                hashOrigin: .imported, created: 1)
        }
        _ = try await scene.store.importAccounts(accounts, isDryRun: false)
        _ = try await logIn(scene, "fits", password: old)
        _ = try await logIn(scene, "toolong", password: long)
        let ids = accounts.map(\.record.id)
        let isRenewed = try await eventually {
            let kept = try await scene.store.account(ids[0])
            return kept?.hashOrigin == .own && kept?.passwordHash.hasPrefix("$2b$12$") == true
        }
        #expect(isRenewed)
        _ = try await logIn(scene, "fits", password: old)
        // bcrypt would cut this one, so the old hash stays.
        let kept = try await scene.store.account(ids[1])
        #expect(kept == accounts[1])
        try await scene.end()
    }

    @Test func `a password that only begins with the right one is wrong`() async throws {
        let scene = try await AccountScene()
        let right = [UInt8](repeating: 0x78, count: 72)
        let request = Register(
            name: try name("alice"), displayName: "", password: right,
            device: try TestDevice().description(binding: scene.binding))
        let origin = scene.origin()
        let alice: LoggedIn = try await scene.keeper.register(request, from: origin)
        _ = try await logIn(scene, "alice", password: right)
        for length in [73, 1_024] {
            let long = right + [UInt8](repeating: 0x79, count: length - 72)
            #expect(await scene.refusal { _ = try await logIn(scene, "alice", password: long) } == .loginRefused)
            let change = ChangePassword(old: long, new: Array("another one".utf8), revokeOthers: false)
            #expect(
                await scene.refusal {
                    let _: [DeviceID] = try await scene.keeper.changePassword(
                        change, of: alice.account.id, device: alice.device, from: origin)
                } == .loginRefused)
        }
        try await scene.end()
    }

    @Test func `who knows the first 72 bytes of an imported password does not lock its owner out`() async throws {
        let scene = try await AccountScene()
        let long = [UInt8](repeating: 0x62, count: 100)
        let account = StoredAccount(
            record: AccountRecord(id: ServerSources.system.identifier(), name: try name("bob"), displayName: ""),
            passwordHash: try Bcrypt.hash(Array(long.prefix(72)), cost: 4).text, hashOrigin: .imported, created: 1)
        try await scene.store.register(account, device: nil, invite: nil)
        _ = try await logIn(scene, "bob", password: Array(long.prefix(72)))
        // A new hash would be made behind the login's back, by the one thread that the next login waits for.
        _ = try await logIn(scene, "bob", password: long)
        let kept = try await scene.store.account(account.record.id)
        #expect(kept == account)
        try await scene.end()
    }

    @Test func `a disabled account is told only to who knows the password`() async throws {
        let scene = try await AccountScene()
        let device = try TestDevice()
        let alice = try await register(scene, "alice", device: device)
        try await scene.store.setFlags(.disabled, clearing: [], of: alice.account.id)
        #expect(await scene.refusal { _ = try await logIn(scene, "alice") } == .accountDisabled)
        let wrong = Array("wrong password".utf8)
        #expect(await scene.refusal { _ = try await logIn(scene, "alice", password: wrong) } == .loginRefused)
        let request = try device.login(alice, number: 1, binding: scene.binding)
        let origin = scene.origin()
        #expect(
            await scene.refusal {
                let _: LoggedIn = try await scene.keeper.logIn(request, from: origin)
            } == .accountDisabled)
        try await scene.end()
    }
}
