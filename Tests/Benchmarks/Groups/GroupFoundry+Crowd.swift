import ChatProtocol
import ChatServer
import Foundation
import GroupRules
import MLS
import RulesSupport

/// Accounts whose chains and key packages the server has, so that others can put them into groups.
extension GroupFoundry {
    /// - Parameter extra: how many of the devices are an account's second.
    mutating func crowd(_ accounts: Int, devices: Int, named name: String) async throws -> [UserName] {
        let now = Timestamp(milliseconds: UInt64(Date().timeIntervalSince1970 * 1_000))
        var names: [UserName] = []
        for number in 0..<accounts {
            let count = (number + 1) * devices / accounts - number * devices / accounts
            var member = try person("\(name)\(number)")
            try await register(member)
            try await keepNewestLink(of: member, .create(member.first))
            for _ in 1..<count {
                let device = try member.add()
                try await store.addDevice(NewDevice(id: device, name: "bench", keys: []), to: member.place.account)
                try await keepNewestLink(of: member, .add(device))
            }
            for device in member.chain.devices.keys { try await publishPackage(of: device, member, now) }
            names.append(member.name)
        }
        return names
    }

    private func keepNewestLink(of member: TestAccount, _ effect: ChainStep.Effect) async throws {
        guard let link = member.chain.links.last else { throw Child.Failed(description: "no link") }
        _ = try await store.publish(
            ChainStep(
                account: member.place.account,
                before: ChainHead(count: link.content.number, hash: link.content.previous.bytes),
                link: link.wireBytes, hash: link.hash.bytes, signer: member.first, instance: 0, effect: effect))
    }

    private mutating func publishPackage(of device: DeviceID, _ member: TestAccount, _ now: Timestamp) async throws {
        let seconds = now.milliseconds / 1_000
        let made = try KeyPackage.create(
            suite: Self.suite, identity: member.identity(device),
            lifetime: Lifetime(notBefore: seconds - 3_600, notAfter: seconds + 86_400), using: &generator
        ).keyPackage
        let checked = try CheckedPackage(
            made.encoded, of: device, in: member.chain, days: Limits.keyPackageDays, at: now)
        _ = try await store.publishPackages(
            PackagePublication(
                account: member.place.account, device: device,
                head: ChainHead(count: member.chain.count, hash: member.chain.head.bytes), instance: 0,
                packages: [
                    NewPackage(
                        reference: checked.reference, initKey: checked.initKey, package: made.encoded,
                        expires: checked.expires)
                ]))
    }
}
