import ChatProtocol
import SQLite
import StoredValues

/// The tables of links and renewals. Every method that changes something is part of the caller's transaction.
struct ChainStore {
    let database: Database

    /// Where the chain of an account stands; nil where there is no such account.
    func head(of account: AccountID) throws -> ChainHead? {
        try database.first("SELECT chain_count, chain_head FROM accounts WHERE id = ?", account) { $0.chainHead(0) }
    }

    func chain(of account: AccountID, from number: UInt32, limit: Int) throws -> StoredChain? {
        guard let head = try head(of: account) else { return nil }
        var chain = StoredChain(head: head, from: number)
        chain.links = try database.all(
            "SELECT link FROM links WHERE account = ? AND number >= ? ORDER BY number LIMIT ?", account, Int(number),
            limit
        ) { $0.bytes(0) }
        let end = Int(number) + chain.links.count
        chain.renewals = try database.all(
            """
            SELECT renewal FROM renewals r WHERE account = ?1 AND (EXISTS(SELECT 1 FROM links l
                WHERE l.account = ?1 AND l.number >= ?2 AND l.number < ?3
                AND l.signer = r.device AND l.instance = r.instance)
            OR ?3 >= ?4 AND instance = (SELECT max(n.instance) FROM renewals n
                WHERE n.account = ?1 AND n.device = r.device)) ORDER BY device, instance
            """, account, Int(number), end, Int(head.count)
        ) { $0.bytes(0) }
        return chain
    }

    // MARK: Links

    func publish(_ step: ChainStep, time: Timestamp) throws -> ChainOutcome {
        if try link(step.before.count, of: step.account) == step.link { return try outcome(of: step) }
        try check(step, time: time)
        try database.run(
            "INSERT INTO links(account, number, signer, instance, link) VALUES(?, ?, ?, ?, ?)", step.account,
            Int(step.before.count), step.signer, Int(step.instance), step.link)
        try database.run(
            "UPDATE accounts SET chain_count = ?, chain_head = ? WHERE id = ?", Int(step.after.count), step.after.hash,
            step.account)
        try database.run(
            "UPDATE renewals SET has_signed = 1 WHERE account = ? AND device = ? AND instance = ?", step.account,
            step.signer, Int(step.instance))
        try apply(step, time: time)
        return try outcome(of: step)
    }

    private func link(_ number: UInt32, of account: AccountID) throws -> [UInt8]? {
        try database.first("SELECT link FROM links WHERE account = ? AND number = ?", account, Int(number)) {
            $0.bytes(0)
        }
    }

    private func check(_ step: ChainStep, time: Timestamp) throws {
        guard try head(of: step.account) == step.before,
            try newestInstance(of: step.signer, account: step.account) == step.instance
        else { throw Failure(.chainMoved) }
        guard case .reset = step.effect else { return }
        let account = try database.first(
            "SELECT password_hash, last_reset FROM accounts WHERE id = ?", step.account
        ) { ($0.text(0), $0.timestamp(1)) }
        guard let account, let hash = step.passwordHash, account.0 == hash else { throw Failure(.loginRefused) }
        if let refusal = ChainStep.refusalOfReset(since: account.1, at: time) { throw refusal }
        try database.run("UPDATE accounts SET last_reset = ? WHERE id = ?", time, step.account)
    }

    func newestInstance(of device: DeviceID, account: AccountID) throws -> UInt32 {
        try database.first(
            "SELECT coalesce(max(instance), 0) FROM renewals WHERE account = ? AND device = ?", account, device
        ) { UInt32(clamping: $0.int(0)) } ?? 0
    }

    private func apply(_ step: ChainStep, time: Timestamp) throws {
        let devices = DeviceStateStore(database: database)
        switch step.effect {
        case .create(let device):
            try devices.activate(device, of: step.account, time: time)
            try devices.suspendUntilAdded(step.account, except: device, time: time)
        case .add(let device): try devices.add(device, of: step.account, time: time)
        case .revoke(let device):
            try devices.revoke(device, of: step.account)
            try forgetUnused(account: step.account, device: device)
        case .reset(let device):
            try devices.revokeAll(of: step.account, except: device)
            try devices.add(device, of: step.account, time: time)
            try forgetUnused(account: step.account, device: nil)
            // Its packages begin at the former root.
            try PackageStore(database: database).drop(device)
        }
    }

    /// Renewals of devices that are revoked count no more, but for those whose keys have signed links.
    private func forgetUnused(account: AccountID, device: DeviceID?) throws {
        try database.run(
            "DELETE FROM renewals WHERE account = ?1 AND has_signed = 0 AND (?2 IS NULL OR device = ?2)", account,
            device)
    }

    private func outcome(of step: ChainStep) throws -> ChainOutcome {
        var outcome = ChainOutcome(account: step.account, head: step.after)
        let devices = DeviceStateStore(database: database)
        switch step.effect {
        case .create(let device):
            outcome.activated = [device]
            outcome.pending = try devices.devices(.pending, of: step.account)
        case .add(let device): outcome.activated = [device]
        case .revoke(let device): outcome.revoked = [device]
        case .reset(let device):
            outcome.activated = [device]
            outcome.revoked = try devices.devices(.revoked, of: step.account)
        }
        return outcome
    }
}

extension Statement {
    /// A count and a hash in two columns; the hash of a chain without links is empty.
    func chainHead(_ column: Int32) -> ChainHead {
        let hash = bytes(column + 1)
        guard hash.count == ChainHead.hashBytes else { return .none }
        return ChainHead(count: UInt32(clamping: int(column)), hash: hash)
    }
}
