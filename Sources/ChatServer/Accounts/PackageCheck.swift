import ChatProtocol
import GroupRules

/// Which key packages of a request are good (K3), as a value.
struct PackageCheck {
    private(set) var packages: [NewPackage] = []
    private(set) var lastResort: NewPackage?
    private(set) var refused: [RefusedKeyPackage] = []
    /// Where the good ones stood in the request.
    private var places: [[UInt8]: UInt8] = [:]
    private var initKeys: Set<[UInt8]> = []
    private var leafKeys: Set<[UInt8]> = []

    init(_ request: PublishKeyPackages, of device: DeviceID, in chain: AccountChain?, at now: Timestamp) {
        for (index, bytes) in request.packages.enumerated() {
            let package = check(bytes, at: UInt8(clamping: index), device, chain, days: Limits.keyPackageDays, now)
            if let package { packages.append(package) }
        }
        guard !request.lastResort.isEmpty else { return }
        lastResort = check(
            request.lastResort, at: UInt8(clamping: request.packages.count), device, chain, days: Limits.lastResortDays,
            now)
    }

    private mutating func check(
        _ bytes: [UInt8], at index: UInt8, _ device: DeviceID, _ chain: AccountChain?, days: Int, _ now: Timestamp
    ) -> NewPackage? {
        do throws(RuleViolation) {
            guard let chain else { throw RuleViolation(.k3, .notAllowed, "the account has no chain") }
            let checked = try CheckedPackage(bytes, of: device, in: chain, days: days, at: now)
            guard initKeys.insert(checked.initKey).inserted,
                leafKeys.insert(checked.keyPackage.leafNode.encryptionKey.bytes).inserted
            else { throw RuleViolation(.k3, .notAllowed, "two of them have the same key") }
            places[checked.reference] = index
            return NewPackage(
                reference: checked.reference, initKey: checked.initKey, package: bytes, expires: checked.expires)
        } catch {
            refuse(index, error.description)
            return nil
        }
    }

    private mutating func refuse(_ index: UInt8, _ reason: String) {
        refused.append(RefusedKeyPackage(index: index, reason: String(reason.prefix(Limits.sentence / 4))))
    }

    /// What the device is told when the store has kept them.
    func reply(_ kept: KeptPackages) -> KeyPackageCount {
        let later = kept.refused.compactMap { reference, refusal in
            places[reference].map { RefusedKeyPackage(index: $0, reason: refusal.reason) }
        }
        return KeyPackageCount(
            standing: kept.standing, refused: (refused + later).sorted { $0.index < $1.index })
    }
}

extension KeptPackages.Refusal {
    fileprivate var reason: String {
        switch self {
        case .keyUsed: "K3 not_allowed: its init key is another package's"
        case .tooMany: "a device has at most \(Limits.keyPackages) key packages here"
        }
    }
}
