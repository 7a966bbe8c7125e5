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
        return try await scene.ask { $0.register(request, from: origin, completion: $1) }
    }

    private func add(_ scene: AccountScene, to account: AccountID, _ description: DeviceDescription) async throws
        -> DeviceID
    {
        let request = AddDevice(device: description)
        let origin = scene.origin()
        return try await scene.ask { $0.addDevice(request, to: account, from: origin, completion: $1) }
    }

    private func list(_ scene: AccountScene, _ account: AccountID) async throws -> [DeviceRecord] {
        try await scene.ask { $0.devices(of: account, completion: $1) }
    }

    private func logIn(_ scene: AccountScene, _ request: LoginByDevice) async throws -> LoggedIn {
        let origin = scene.origin()
        return try await scene.ask { $0.logIn(request, from: origin, completion: $1) }
    }

    private func logIn(_ scene: AccountScene, existing: DeviceID?, _ description: DeviceDescription) async throws
        -> LoggedIn
    {
        let request = LoginByPassword(
            name: try #require(UserName("alice")), password: password, existing: existing, device: description)
        let origin = scene.origin()
        return try await scene.ask { $0.logIn(request, from: origin, completion: $1) }
    }

    @Test func anAccountHas32DevicesAndNoMore() async throws {
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
        let _: Void = try await scene.ask { $0.revokeDevice(revoke, of: account, completion: $1) }
        _ = try await add(scene, to: account, more)
        #expect(!(try await list(scene, account)).contains { $0.id == revoke.device })
        try await scene.end()
    }

    @Test func aKeyMustBeProvedOnThisConnection() async throws {
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

    @Test func aRevokedDeviceIsToldSoAndStaysOut() async throws {
        let scene = try await AccountScene()
        let device = try TestDevice()
        let alice = try await alice(scene, device)
        let other = LoggedIn(account: alice.account, device: DeviceID(high: 9, low: 9), deviceName: "")
        let account = alice.account.id
        let missing = RevokeDevice(device: other.device)
        #expect(
            await scene.refusal {
                let _: Void = try await scene.ask { $0.revokeDevice(missing, of: account, completion: $1) }
            } == .noSuchDevice)
        let revoke = RevokeDevice(device: alice.device)
        let _: Void = try await scene.ask { $0.revokeDevice(revoke, of: account, completion: $1) }
        let login = try device.login(alice, number: 1, binding: scene.binding)
        #expect(await scene.refusal { _ = try await logIn(scene, login) } == .deviceRevoked)
        let description = try device.description(binding: scene.binding)
        #expect(
            await scene.refusal { _ = try await logIn(scene, existing: alice.device, description) } == .deviceRevoked)
        let rename = RenameDevice(device: alice.device, name: "y")
        #expect(
            await scene.refusal {
                let _: Void = try await scene.ask { $0.renameDevice(rename, of: account, completion: $1) }
            } == .noSuchDevice)
        try await scene.end()
    }

    @Test func revokedDevicesDoNotPileUpAndWhatTheyHadIsNotForgotten() async throws {
        let scene = try await AccountScene()
        let device = try TestDevice()
        let alice = try await alice(scene, device)
        let (account, everyone) = (alice.account.id, scene.everyone)
        try await scene.store.value { database in
            let key = DeviceKey(purpose: .login, algorithm: .ed25519, publicKey: device.key.publicKey)
            try database.database.run("UPDATE conversations SET head = 9, first = 10")
            try database.database.run(
                "INSERT INTO cursors(device, conversation, start, acked, delivered) VALUES(?, ?, 0, 9, 7)",
                alice.device, everyone)
            try database.revokeDevice(alice.device, of: account)
            for number in 1...100 as ClosedRange<UInt64> {
                let id = DeviceID(high: 1, low: number)
                let new = NewDevice(id: id, name: "d", certificate: [1, 2, 3], keys: [key])
                try database.addDevice(new, to: account, time: 2_000_000_000_000 + number)
                try database.revokeDevice(id, of: account)
            }
        }
        let kept = try await scene.store.value { database in
            try database.database.first(
                """
                SELECT count(DISTINCT d.id), max(c.acked), max(c.delivered), min(d.created) FROM devices d
                LEFT JOIN cursors c ON c.device = d.id
                """
            ) { [$0.int(0), $0.int(1), $0.int(2), $0.int(3)] }
        }
        // The newest ones, so that they can be told; and how far the account has come.
        #expect(kept == [32, 9, 7, 2_000_000_000_069])
        let faults = try await scene.store.value { try CheckStore.faults(in: $0.database) }
        #expect(faults == [])
        let second = try await add(scene, to: account, TestDevice().description(binding: scene.binding))
        let start = try await scene.store.value { database in
            try database.database.first("SELECT start FROM cursors WHERE device = ?", second) { $0.int(0) }
        }
        #expect(start == 9)
        try await scene.end()
    }

    @Test func nobodyTouchesDevicesOfOthers() async throws {
        let scene = try await AccountScene()
        let alice = try await alice(scene, TestDevice())
        let stranger = AccountID(high: 3, low: 3)
        let rename = RenameDevice(device: alice.device, name: "mine")
        let revoke = RevokeDevice(device: alice.device)
        #expect(
            await scene.refusal {
                let _: Void = try await scene.ask { $0.renameDevice(rename, of: stranger, completion: $1) }
            } == .noSuchDevice)
        #expect(
            await scene.refusal {
                let _: Void = try await scene.ask { $0.revokeDevice(revoke, of: stranger, completion: $1) }
            } == .noSuchDevice)
        #expect(try await list(scene, alice.account.id).map(\.name) == ["laptop"])
        try await scene.end()
    }

    @Test func aDeviceTakenUpAgainWithAnotherKeyCountsItsLoginsAnew() async throws {
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

    @Test func aNewPasswordCanRevokeTheOtherDevices() async throws {
        let scene = try await AccountScene()
        let device = try TestDevice()
        let alice = try await alice(scene, device)
        let second = try await add(scene, to: alice.account.id, TestDevice().description(binding: scene.binding))
        let new = Array("another password".utf8)
        let origin = scene.origin()
        func change(_ old: [UInt8], _ new: [UInt8], revoke: Bool) async throws -> [DeviceID] {
            let request = ChangePassword(old: old, new: new, revokeOthers: revoke)
            return try await scene.ask {
                $0.changePassword(
                    request, of: alice.account.id, device: alice.device, from: origin, completion: $1)
            }
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

    @Test func aFurtherDeviceBeginsWhereTheMostAdvancedStands() async throws {
        let scene = try await AccountScene()
        let alice = try await alice(scene, TestDevice())
        let everyone = scene.everyone
        try await scene.store.value { database in
            try database.database.run(
                "INSERT INTO cursors(device, conversation, start, acked) VALUES(?, ?, 2, 7)", alice.device, everyone)
        }
        let second = try await add(scene, to: alice.account.id, TestDevice().description(binding: scene.binding))
        let cursor = try await scene.store.value { database in
            try database.database.first(
                "SELECT start, acked, delivered FROM cursors WHERE device = ? AND conversation = ?", second, everyone
            ) { [$0.int(0), $0.int(1), $0.int(2)] }
        }
        #expect(cursor == [7, 7, 0])
        try await scene.end()
    }
}
