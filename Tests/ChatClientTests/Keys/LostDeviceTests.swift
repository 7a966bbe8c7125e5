import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// Devices that were let in behind the backup to which the server is put back.
@Suite(.endsWhatItStarts) struct LostDeviceTests {
    @Test func `C4: a device that has cut off all others comes back with what it holds, and they stay cut off`()
        async throws
    {
        try await withServer { server in
            let laptop = try await Person.registered("alice", at: server)
            let phone = try Person("alice", at: server.address)
            var device: DeviceID?
            try await server.isRestored {
                await expectRefusal(.refused, "device_pending") {
                    _ = try await phone.client().login(
                        user: laptop.name, password: Person.password, deviceName: "phone")
                }
                let me = try await phone.client().whoAmI()
                device = me.device
                let key = try #require(me.deviceKey)
                _ = try await laptop.client().approveDevice(me.device.hex, fingerprint: key, certifies: true)
                let lost = try await laptop.client().whoAmI().device
                _ = try await phone.client().revokeDevice(lost.hex, force: true) { () throws(Problem) in Person.password
                }
            }
            await expectRefusal(.refused, "bad_proof") { try await phone.client().sync() }
            let me = try await phone.client().login(user: laptop.name, password: Person.password, deviceName: "phone")
            #expect(me.device == device && !me.isPending)
            await expectRefusal(.refused, "device_revoked") { try await laptop.client().sync() }
            let devices = try await phone.client().devices()
            #expect(devices.map(\.state).filter { $0 != .revoked } == [.active])
        }
    }

    @Test func `C4: an account that was begun anew goes on with that key, once its device logs in by the password`()
        async throws
    {
        try await withServer { server in
            let bob = try await Person.registered("bob", at: server)
            let alice = try await Person.registered("alice", at: server)
            try await alice.client().leavesPackages()
            #expect(await HostileScene.write("one", from: bob, to: alice) == nil)
            let fresh = try Person("alice", at: server.address)
            let phone = try Person("alice", at: server.address)
            var device: DeviceID?
            try await server.isRestored {
                let wish = LoginWish(confirmReset: { _ in true })
                device = try await fresh.client().login(
                    user: alice.name, password: Person.password, deviceName: "new", wish: wish
                ).device
                try await fresh.client().leavesPackages()
                _ = try await phone.joins(fresh)
                try await phone.client().sync()
                let key = try await bob.client().key(of: alice.name)
                _ = try await bob.client().acceptKey(of: alice.name, try #require(key.present))
                #expect(await HostileScene.write("two", from: bob, to: alice) == nil)
            }
            await expectRefusal(.refused, "bad_proof") { try await fresh.client().sync() }
            let other = try await phone.client().login(
                user: alice.name, password: Person.password, deviceName: "further")
            #expect(!other.isPending && other.device != device)
            let me = try await fresh.client().login(user: alice.name, password: Person.password, deviceName: "new")
            #expect(me.device == device && !me.isPending)
            try await fresh.client().leavesPackages()
            await expectRefusal(.refused, "device_revoked") { try await alice.client().sync() }
            // For bob that is the key that he has accepted.
            #expect(await HostileScene.write("three", from: bob, to: alice) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(fresh)).last == "three")
            #expect(await HostileScene.write("four", from: fresh, to: bob) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(bob)).last == "four")
        }
    }
}
