import ChatProtocol
import SQLite
import StoredValues

/// The tables of key packages. Every method that changes something is part of the caller's transaction.
struct PackageStore {
    private enum State: Int {
        case left = 0
        /// Without its bytes.
        case taken = 1
        case lastResort = 2
    }

    let database: Database

    func standing(of device: DeviceID, at time: Timestamp) throws -> KeyPackageStanding {
        try database.first(
            """
            SELECT (SELECT count(*) FROM key_packages WHERE device = ?1 AND state = ?2 AND expires > ?4),
                EXISTS(SELECT 1 FROM key_packages WHERE device = ?1 AND state = ?3 AND expires > ?4)
            """, device, State.left.rawValue, State.lastResort.rawValue, time
        ) { KeyPackageStanding(left: UInt8(clamping: $0.int(0)), hasLastResort: $0.bool(1)) } ?? .none
    }

    // MARK: Publishing

    func publish(_ publication: PackagePublication, time: Timestamp) throws -> KeptPackages {
        let (account, device) = (publication.account, publication.device)
        guard try DeviceStore(database: database).device(device, of: account)?.state == .active else {
            throw Failure(.noSuchDevice)
        }
        let chain = ChainStore(database: database)
        guard try chain.head(of: account) == publication.head,
            try chain.newestInstance(of: device, account: account) == publication.instance
        else { throw Failure(.chainMoved) }
        var kept = KeptPackages(standing: .none)
        var room = Limits.keyPackages - Int(try standing(of: device, at: time).left)
        for package in publication.packages {
            switch try verdict(package, of: device, hasRoom: room > 0) {
            case .new:
                try insert(package, .left, of: device)
                room -= 1
            case .known: break
            case .refused(let refusal): kept.refused[package.reference] = refusal
            }
        }
        if let package = publication.lastResort { try replaceLastResort(package, of: device, &kept) }
        try forgetTaken(of: device)
        kept.standing = try standing(of: device, at: time)
        return kept
    }

    private enum Verdict {
        case new, known
        case refused(KeptPackages.Refusal)
    }

    private func verdict(_ package: NewPackage, of device: DeviceID, hasRoom: Bool) throws -> Verdict {
        let same = try database.first(
            "SELECT reference FROM key_packages WHERE device = ? AND init_key = ?", device, package.initKey
        ) { $0.bytes(0) }
        if let same { return same == package.reference ? .known : .refused(.keyUsed) }
        return hasRoom ? .new : .refused(.tooMany)
    }

    private func insert(_ package: NewPackage, _ state: State, of device: DeviceID) throws {
        try database.run(
            "INSERT INTO key_packages(device, init_key, reference, state, expires, package) VALUES(?, ?, ?, ?, ?, ?)",
            device, package.initKey, package.reference, state.rawValue, package.expires, package.package)
    }

    private func replaceLastResort(_ package: NewPackage, of device: DeviceID, _ kept: inout KeptPackages) throws {
        switch try verdict(package, of: device, hasRoom: true) {
        case .new:
            try database.run(
                "UPDATE key_packages SET state = ?, package = x'' WHERE device = ? AND state = ?", State.taken.rawValue,
                device, State.lastResort.rawValue)
            try insert(package, .lastResort, of: device)
        case .known: break
        case .refused(let refusal): kept.refused[package.reference] = refusal
        }
    }

    private func forgetTaken(of device: DeviceID) throws {
        try database.run(
            """
            DELETE FROM key_packages WHERE number IN (SELECT number FROM key_packages WHERE device = ? AND state = ?
                ORDER BY number DESC LIMIT -1 OFFSET ?)
            """, device, State.taken.rawValue, PackagePublication.remembered)
    }

    // MARK: Taking

    func take(_ claim: PackageClaim, time: Timestamp) throws -> [TakenPackage] {
        let flags = AccountRecord.Flags([.disabled, .deleted])
        let devices: [DeviceID] = try database.all(
            """
            SELECT d.id FROM devices d JOIN accounts a ON a.id = d.account AND a.flags & ? = 0
            WHERE d.account = ? AND d.state = ? AND d.id <> ? ORDER BY d.id
            """, Int(flags.rawValue), claim.account, Int(DeviceState.active.rawValue), claim.device
        ) { try $0.identifier(0) }
        return try devices.compactMap { try take(claim, of: $0, time: time) }
    }

    func noteUsed(_ use: PackageUse) throws {
        for device in use.devices {
            try database.run(
                "UPDATE key_claims SET expires = 0 WHERE device = ? AND claimer = ? AND conversation = ?", device,
                use.claimer, use.conversation)
        }
    }

    private func take(_ claim: PackageClaim, of device: DeviceID, time: Timestamp) throws -> TakenPackage? {
        let begin = time - PackageClaim.lifetime
        try database.run("DELETE FROM key_claims WHERE device = ? AND time <= ?", device, begin)
        let same = try database.first(
            """
            SELECT package, is_last_resort FROM key_claims
            WHERE device = ? AND claimer = ? AND conversation = ? AND incarnation = ? AND epoch = ? AND expires > ?
            """, device, claim.claimer, claim.conversation, Int(claim.mark.incarnation), claim.mark.epoch, time
        ) { TakenPackage(device: device, package: $0.bytes(0), isLastResort: $0.bool(1)) }
        if let same { return same }
        let given = try database.first(
            "SELECT total(given) FROM key_claims WHERE device = ? AND claimer = ?", device, claim.claimer
        ) { $0.int(0) }
        // Beyond its share nothing is written down: the last resort is the same one anyway, until the device has another.
        guard !claim.isOverRate, given ?? 0 < Limits.keyPackageClaims else {
            return try oldest(.lastResort, of: device, time: time)?.taken(of: device)
        }
        guard let row = try oldest(.left, of: device, time: time) ?? oldest(.lastResort, of: device, time: time)
        else { return nil }
        if row.state == .left {
            try database.run(
                "UPDATE key_packages SET state = ?, package = x'' WHERE number = ?", State.taken.rawValue, row.number)
        }
        try database.run(
            """
            INSERT INTO key_claims(device, claimer, conversation, time, is_last_resort, expires, package, incarnation, epoch)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET time = excluded.time, is_last_resort = excluded.is_last_resort,
                expires = excluded.expires, package = excluded.package, incarnation = excluded.incarnation,
                epoch = excluded.epoch, given = given + 1
            """, device, claim.claimer, claim.conversation, time, row.state == .lastResort ? 1 : 0, row.expires,
            row.package, Int(claim.mark.incarnation), claim.mark.epoch)
        return row.taken(of: device)
    }

    private struct PackageRow {
        var number: Int
        var state: State
        var expires: Timestamp
        var package: [UInt8]

        func taken(of device: DeviceID) -> TakenPackage {
            TakenPackage(device: device, package: package, isLastResort: state == .lastResort)
        }
    }

    private func oldest(_ state: State, of device: DeviceID, time: Timestamp) throws -> PackageRow? {
        try database.first(
            """
            SELECT number, expires, package FROM key_packages WHERE device = ? AND state = ? AND expires > ?
            ORDER BY expires, number LIMIT 1
            """, device, state.rawValue, time
        ) { PackageRow(number: $0.int(0), state: state, expires: $0.timestamp(1), package: $0.bytes(2)) }
    }

    // MARK: Ending

    /// A device is no more what its packages say, and nothing waits for it.
    func drop(_ device: DeviceID) throws {
        try database.run("DELETE FROM key_packages WHERE device = ?", device)
        try database.run("DELETE FROM key_claims WHERE device = ?", device)
        try database.run("UPDATE devices SET voided = voided + 1 WHERE id = ?", device)
    }

    /// Which of those that are handed out once were, since its backup was taken, a restored store does not know (K2).
    func forgetOnceOnly() throws {
        try database.run(
            "UPDATE key_packages SET state = ?, package = x'' WHERE state = ?", State.taken.rawValue,
            State.left.rawValue)
        try database.run("DELETE FROM key_claims")
    }

    func expire(at time: Timestamp, limit: Int) throws {
        try database.run(
            "DELETE FROM key_packages WHERE number IN (SELECT number FROM key_packages WHERE expires <= ? LIMIT ?)",
            time, limit)
        try database.run("DELETE FROM key_claims WHERE time <= ?", time - PackageClaim.lifetime)
    }
}
