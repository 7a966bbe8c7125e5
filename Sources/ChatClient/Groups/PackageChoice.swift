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
