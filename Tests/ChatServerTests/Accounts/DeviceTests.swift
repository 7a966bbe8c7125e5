import ChatProtocol
import Testing

@testable import ChatServer

@Suite struct DeviceTests {
    private let password = Array("correct horse".utf8)

    private func alice(_ scene: AccountScene, _ device: TestDevice) async throws -> LoggedIn {
        let request = Register(
            name: try #require(UserName("alice")), displayName: "", password: password,
            device: try device.description(binding: scene.binding))
        let origin = scene.origin()
        return try await scene.keeper.register(request, from: origin)
    }

    private func add(_ scene: AccountScene, to account: AccountID, _ description: DeviceDescription) async throws
        -> DeviceID
    {
        let request = AddDevice(device: description)
        let origin = scene.origin()
        return try await scene.keeper.addDevice(request, to: account, from: origin)
    }

    private func list(_ scene: AccountScene, _ account: AccountID) async throws -> [DeviceRecord] {
        try await scene.keeper.devices(of: account)
    }

    private func logIn(_ scene: AccountScene, _ request: LoginByDevice) async throws -> LoggedIn {
        let origin = scene.origin()
        return try await scene.keeper.logIn(request, from: origin)
    }

    private func logIn(_ scene: AccountScene, existing: DeviceID?, _ description: DeviceDescription) async throws
        -> LoggedIn
    {
        let request = LoginByPassword(
            name: try #require(UserName("alice")), password: password, existing: existing, device: description)
        let origin = scene.origin()
        return try await scene.keeper.logIn(request, from: origin)
    }

    @Test func `an account has 32 devices and no more`() async throws {
        let scene = try await AccountScene()
        let alice = try await alice(scene, TestDevice())
        for number in 2...32 {
            _ = try await add(
                scene, to: alice.account.id, TestDevice().description("\(number)", binding: scene.binding))
        }
        let more = try TestDevice().description(binding: scene.binding)
        #expect(await scene.refusal { _ = try await add(scene, to: alice.account.id, more) } == .tooManyDevices)
        #expect(await scene.refusal { _ = try await logIn(scene, existing: nil, more) } == .tooManyDevices)
        let devices = try await list(scene, alice.account.id)
        #expect(devices.count == 32)
        let revoke = RevokeDevice(device: devices[7].id)
        let account = alice.account.id
        let _: Void = try await scene.keeper.revokeDevice(revoke, of: account)
        _ = try await add(scene, to: account, more)
        #expect(!(try await list(scene, account)).contains { $0.id == revoke.device })
        try await scene.end()
    }

    @Test func `a key must be proved on this connection`() async throws {
        let scene = try await AccountScene()
        let alice = try await alice(scene, TestDevice())
        var elsewhere = scene.binding
        elsewhere.serverHelloDigest[3] ^= 1
        let device = try TestDevice()
        let stolen = try device.description(binding: elsewhere)
        #expect(await scene.refusal { _ = try await add(scene, to: alice.account.id, stolen) } == .badProof)
        let good = try device.description(binding: scene.binding)
        let twice = DeviceDescription(name: "x", keys: good.keys + good.keys)
        #expect(await scene.refusal { _ = try await add(scene, to: alice.account.id, twice) } == .malformed)
        let keyless = DeviceDescription(name: "x")
        #expect(await scene.refusal { _ = try await add(scene, to: alice.account.id, keyless) } == .malformed)
        let weak = KeyRegistration(
            purpose: .login, algorithm: .ed25519, publicKey: [UInt8](repeating: 0, count: 32),
            proof: [UInt8](repeating: 0, count: 64))
        let small = DeviceDescription(name: "x", keys: [weak])
        #expect(await scene.refusal { _ = try await add(scene, to: alice.account.id, small) } == .badProof)
        #expect(try await list(scene, alice.account.id).count == 1)
        try await scene.end()
    }

    @Test func `a revoked device is told so and stays out`() async throws {
        let scene = try await AccountScene()
        let device = try TestDevice()
        let alice = try await alice(scene, device)
        let other = LoggedIn(
            account: alice.account, device: DeviceID(high: 9, low: 9), deviceName: "", in: alice.generation)
        let account = alice.account.id
        let missing = RevokeDevice(device: other.device)
        #expect(
            await scene.refusal {
                let _: Void = try await scene.keeper.revokeDevice(missing, of: account)
            } == .noSuchDevice)
        let revoke = RevokeDevice(device: alice.device)
        let _: Void = try await scene.keeper.revokeDevice(revoke, of: account)
        let login = try device.login(alice, number: 1, binding: scene.binding)
        #expect(await scene.refusal { _ = try await logIn(scene, login) } == .deviceRevoked)
        let description = try device.description(binding: scene.binding)
        #expect(
            await scene.refusal { _ = try await logIn(scene, existing: alice.device, description) } == .deviceRevoked)
        let rename = RenameDevice(device: alice.device, name: "y")
        #expect(
            await scene.refusal {
                let _: Void = try await scene.keeper.renameDevice(rename, of: account)
            } == .noSuchDevice)
        try await scene.end()
    }

    @Test func `revoked devices do not pile up and what they had is not forgotten`() async throws {
        let scene = try await AccountScene()
        let device = try TestDevice()
        let alice = try await alice(scene, device)
        let (account, everyone) = (alice.account.id, scene.everyone)
        let key = DeviceKey(purpose: .login, algorithm: .ed25519, publicKey: device.key.publicKey)
        try await scene.store.change { database in
            try database.run("UPDATE conversations SET head = 9, first = 10, message_first = 10")
        }
        let move = CursorMove(
            device: alice.device, account: account, conversation: everyone, acked: 9, delivered: 7)
        try await scene.store.note(SoftMarks(cursors: [move]))
        try await scene.store.revokeDevice(alice.device, of: account)
        for number in 1...100 as ClosedRange<UInt64> {
            let id = DeviceID(high: 1, low: number)
            let new = NewDevice(id: id, name: "d", certificate: [1, 2, 3], keys: [key])
            try await scene.store.addDevice(new, to: account)
            try await scene.store.revokeDevice(id, of: account)
        }
        // What lies with conversations goes with the next sweep.
        var sweep = RetentionSweep(now: 1, retention: .milliseconds(1))
        while !sweep.isDone { sweep = try await scene.store.retire(sweep).sweep }
        // The newest ones, so that they can be told; and how far the account has come.
        let kept = try await scene.store.read { database in
            try database.first(
                "SELECT (SELECT count(*) FROM devices), (SELECT acked FROM members), (SELECT delivered FROM members)"
            ) { [$0.int(0), $0.int(1), $0.int(2)] }
        }
        #expect(kept == [32, 9, 7])
        #expect(try await scene.store.read { try CheckStore.faults(in: $0) } == [])
        let second = try await add(scene, to: account, TestDevice().description(binding: scene.binding))
        let row = try await scene.store.inbox(of: second, account: account, after: nil, limit: 9).first
        #expect(row?.start == 9)
        try await scene.end()
    }

    @Test func `nobody touches devices of others`() async throws {
        let scene = try await AccountScene()
        let alice = try await alice(scene, TestDevice())
        let stranger = AccountID(high: 3, low: 3)
        let rename = RenameDevice(device: alice.device, name: "mine")
        let revoke = RevokeDevice(device: alice.device)
        #expect(
            await scene.refusal {
                let _: Void = try await scene.keeper.renameDevice(rename, of: stranger)
            } == .noSuchDevice)
        #expect(
            await scene.refusal {
                let _: Void = try await scene.keeper.revokeDevice(revoke, of: stranger)
            } == .noSuchDevice)
        #expect(try await list(scene, alice.account.id).map(\.name) == ["laptop"])
        try await scene.end()
    }

    @Test func `a device taken up again with another key counts its logins anew`() async throws {
        let scene = try await AccountScene()
        let old = try TestDevice()
        let alice = try await alice(scene, old)
        _ = try await logIn(scene, old.login(alice, number: 5_000, binding: scene.binding))
        let new = try TestDevice()
        let again = try await logIn(
            scene, existing: alice.device, new.description("laptop 2", binding: scene.binding))
        #expect(again.device == alice.device && again.deviceName == "laptop 2")
        _ = try await logIn(scene, new.login(alice, number: 1, binding: scene.binding))
        let dead = try old.login(alice, number: 5_001, binding: scene.binding)
        #expect(await scene.refusal { _ = try await logIn(scene, dead) } == .badProof)
        // The same key taken up again keeps its numbers.
        _ = try await logIn(scene, existing: alice.device, new.description(binding: scene.binding))
        let used = try new.login(alice, number: 1, binding: scene.binding)
        #expect(await scene.refusal { _ = try await logIn(scene, used) } == .storeCopied)
        try await scene.end()
    }

    @Test func `a new password can revoke the other devices`() async throws {
        let scene = try await AccountScene()
        let device = try TestDevice()
        let alice = try await alice(scene, device)
        let second = try await add(scene, to: alice.account.id, TestDevice().description(binding: scene.binding))
        let new = Array("another password".utf8)
        let origin = scene.origin()
        func change(_ old: [UInt8], _ new: [UInt8], revoke: Bool) async throws -> [DeviceID] {
            let request = ChangePassword(old: old, new: new, revokeOthers: revoke)
            return try await scene.keeper.changePassword(
                request, of: alice.account.id, device: alice.device, from: origin)
        }
        #expect(await scene.refusal { _ = try await change(new, password, revoke: true) } == .loginRefused)
        #expect(await scene.refusal { _ = try await change(password, [1, 2], revoke: true) } == .unacceptablePassword)
        #expect(try await change(password, new, revoke: false) == [])
        #expect(await scene.refusal { _ = try await change(password, new, revoke: true) } == .loginRefused)
        #expect(try await change(new, password, revoke: true) == [second])
        #expect(try await list(scene, alice.account.id).map(\.id) == [alice.device])
        _ = try await logIn(scene, device.login(alice, number: 1, binding: scene.binding))
        try await scene.end()
    }

    @Test func `a password is changed no more often than a login may fail`() async throws {
        let scene = try await AccountScene { limits in
            limits.loginFailures = 2
            limits.loginFailureInterval = .seconds(600)
        }
        let alice = try await alice(scene, TestDevice())
        let origin = scene.origin()
        let request = ChangePassword(old: password, new: password, revokeOthers: false)
        func change() async throws {
            let _: [DeviceID] = try await scene.keeper.changePassword(
                request, of: alice.account.id, device: alice.device, from: origin)
        }
        for _ in 1...2 { try await change() }
        #expect(await scene.refusal { try await change() } == .rateLimited)
        try await scene.end()
    }
}
