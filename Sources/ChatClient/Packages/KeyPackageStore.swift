import ChatProtocol
import GroupRules
import MLS
import SQLite
import StoredValues

/// A key package that this device has made, with its private half. A secret.
struct MadePackage: Sendable {
    var reference: [UInt8]
    /// As it is published.
    var package: [UInt8]
    /// Both halves, for the day on which somebody has used it.
    var secrets: [UInt8]
    var isLastResort: Bool

    init(_ made: KeyPackageSecrets, isLastResort: Bool) throws(MLSError) {
        reference = try made.keyPackage.reference()
        package = made.keyPackage.encoded
        secrets = made.encoded
        self.isLastResort = isLastResort
    }
}

/// Key packages of this device, and which of them the server has.
///
/// They belong to one key of the device, and to one life of the server's store: after a restore, those that are used once are
/// forgotten there, and what was not answered is not sent again.
struct PackageOwner: Sendable {
    var device: DeviceID
    /// Of its key.
    var instance: UInt32
    var generation: StoreGeneration
}

extension ClientStore {
    func keyPackageStock(of owner: PackageOwner) throws -> KeyPackageStock {
        var stock = KeyPackageStock()
        stock.lastResort = try lastResortMade(in: owner.generation)
        stock.made =
            try database.first(
                "SELECT max(made) FROM key_packages WHERE device = ? AND instance = ? AND generation = ?", owner.device,
                Int(owner.instance), owner.generation
            ) { $0.optionalTimestamp(0) } ?? nil
        stock.hasWaiting =
            try database.first(
                "SELECT 1 FROM key_packages WHERE device = ? AND instance = ? AND generation = ? AND waits = 1 LIMIT 1",
                owner.device, Int(owner.instance), owner.generation
            ) { _ in true } ?? false
        return stock
    }

    /// When the last resort was made that a life of the server's store has been given. There are none of other devices and keys than
    /// this one, or what this one makes does not stand beside them (`dropKeyPackages`).
    func lastResortMade(in generation: StoreGeneration) throws -> Timestamp? {
        try database.first(
            """
            SELECT made FROM key_packages WHERE is_last_resort = 1 AND waits = 0 AND generation = ?
            ORDER BY made DESC LIMIT 1
            """, generation
        ) { $0.timestamp(0) }
    }

    /// Keeps packages before anybody is given them. Within a transaction, which is synced.
    func keep(_ packages: [MadePackage], of owner: PackageOwner, now: Timestamp) throws {
        for package in packages {
            let lives = KeyPackageStock.lifetime(isLastResort: package.isLastResort, now: now)
            let ends = Timestamp(milliseconds: lives.to * 1_000) + KeyPackageStock.keptLonger
            try database.runClearing(
                """
                INSERT OR IGNORE INTO key_packages(reference, device, instance, generation, is_last_resort, waits, made, ends,
                    package, secrets) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?)
                """, package.reference, owner.device, Int(owner.instance), owner.generation,
                package.isLastResort ? 1 : 0, now, ends, package.package, package.secrets)
        }
    }

    /// What waits for the server's answer, in the order in which it is sent.
    func waitingKeyPackages(of owner: PackageOwner) throws -> WaitingPackages {
        let waiting: [(WaitingPackage, Bool)] = try database.all(
            """
            SELECT reference, package, is_last_resort FROM key_packages
            WHERE device = ? AND instance = ? AND generation = ? AND waits = 1 ORDER BY reference
            """, owner.device, Int(owner.instance), owner.generation
        ) { (WaitingPackage(reference: $0.bytes(0), package: $0.bytes(1)), $0.bool(2)) }
        return WaitingPackages(once: waiting.filter { !$0.1 }.map(\.0), lastResort: waiting.first(where: \.1)?.0)
    }

    /// The server has these, or will never take them. Within a transaction.
    func notePublished(
        _ references: [[UInt8]], refused: [[UInt8]], lastResort: [UInt8]?, of owner: PackageOwner, now: Timestamp
    ) throws {
        for reference in refused {
            try database.run("DELETE FROM key_packages WHERE reference = ?", reference)
        }
        for reference in references {
            try database.run("UPDATE key_packages SET waits = 0 WHERE reference = ?", reference)
        }
        guard let lastResort else { return }
        // The former ones are handed out no more; whoever has one of them has some time to use it.
        try database.run(
            """
            UPDATE key_packages SET ends = min(ends, ?) WHERE device = ? AND is_last_resort = 1 AND reference <> ?
            """, now + KeyPackageStock.keptLonger, owner.device, lastResort)
    }

    /// Takes what is no good any more: what has ended, and what belongs to another device or key than this one. Within a transaction.
    func dropKeyPackages(except owner: PackageOwner, now: Timestamp) throws {
        try database.run(
            "DELETE FROM key_packages WHERE ends <= ? OR device <> ? OR instance <> ?", now, owner.device,
            Int(owner.instance))
    }

    /// The private half of a package by which somebody has added this device; nil where it is not there any more.
    func keyPackageSecrets(_ reference: [UInt8]) throws -> KeyPackageSecrets? {
        let found = try database.first("SELECT secrets FROM key_packages WHERE reference = ?", reference) {
            $0.bytes(0)
        }
        return try found.map { try KeyPackageSecrets(decoding: $0) }
    }

    /// K4: the private half of one that is used once dies in the transaction that stores the joined group. Within that transaction.
    func consumeKeyPackage(_ reference: [UInt8]) throws {
        try database.run("DELETE FROM key_packages WHERE reference = ? AND is_last_resort = 0", reference)
    }

    /// Of a profile that is another device from now on, or none. Within a transaction.
    func forgetKeyPackages() throws { try database.run("DELETE FROM key_packages") }

    /// Of a device that was refused for good. Within a transaction.
    func forgetKeyPackages(of device: DeviceID) throws {
        try database.run("DELETE FROM key_packages WHERE device = ?", device)
    }
}

struct WaitingPackage: Equatable, Sendable {
    var reference: [UInt8]
    var package: [UInt8]
}

struct WaitingPackages: Equatable, Sendable {
    var once: [WaitingPackage]
    var lastResort: WaitingPackage?

    /// In the order in which the server numbers them.
    var all: [WaitingPackage] { once + (lastResort.map { [$0] } ?? []) }
}
