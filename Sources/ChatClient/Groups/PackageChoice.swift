import ChatProtocol
import GroupRules
import MLS

/// Which of the key packages that the server gave are used (G1, before the Add): each is checked by the chain that is held, and a device
/// that nothing here says the account has is not added.
struct PackageChoice: Sendable {
    private(set) var packages: [KeyPackage] = []
    /// Why others are not used, by device.
    private(set) var refused: [DeviceID: String] = [:]

    /// - Parameters:
    ///   - chain: the account's as it is held, nil where none is; and the pin of that account.
    init(_ taken: [DeviceKeyPackage], chain: AccountChain?, pin: AccountPin?, now: Timestamp) {
        var devices: Set<DeviceID> = []
        for item in taken where devices.insert(item.device).inserted {
            do throws(RuleViolation) {
                packages.append(try Self.check(item, chain, pin, now))
            } catch { refused[item.device] = error.description }
        }
    }

    private static func check(
        _ item: DeviceKeyPackage, _ chain: AccountChain?, _ pin: AccountPin?, _ now: Timestamp
    ) throws(RuleViolation) -> KeyPackage {
        guard let chain else { throw RuleViolation(.k3, .notAllowed, "no chain of the account is held") }
        let checked = try CheckedPackage(
            item.package, of: item.device, in: chain, days: ChatProtocol.Limits.lastResortDays, at: now)
        let finding = GroupTrust.look(at: try ClaimedLeaf(checked.keyPackage.leafNode), chain: chain, pin: pin)
        guard finding == .trusted else { throw RuleViolation(.k3, .notAllowed, "\(finding)") }
        return checked.keyPackage
    }
}

/// Keys of leaves and packages. A group in which one stood twice is refused by everybody, so whoever has another's is not added, and keeps
/// nobody else from it.
struct TakenKeys {
    private var owners: [[UInt8]: DeviceCredential] = [:]
    /// Of nodes above the leaves.
    private var inner: Set<HPKEPublicKey> = []

    init() {}

    /// Those of a whole group.
    init(of group: Group) {
        for (_, leaf) in group.members {
            guard let device = try? DeviceCredential(leaf.credential) else { continue }
            add([leaf.signatureKey.bytes, leaf.encryptionKey.bytes], of: device)
        }
        inner = Set(group.ratchetTree.parentKeys)
    }

    /// Notes that a device has keys.
    mutating func add(_ keys: [[UInt8]], of device: DeviceCredential) {
        for key in keys { owners[key] = device }
    }

    /// Leaves out packages with a key that another device has, and notes the others'.
    mutating func unused(_ packages: [KeyPackage]) -> [KeyPackage] {
        packages.filter { package in
            let leaf = package.leafNode
            guard let device = try? DeviceCredential(leaf.credential) else { return false }
            let keys = [leaf.signatureKey.bytes, leaf.encryptionKey.bytes, package.initKey.bytes]
            guard keys.allSatisfy({ owners[$0] ?? device == device }), !inner.contains(leaf.encryptionKey) else {
                return false
            }
            add(keys, of: device)
            return true
        }
    }
}
