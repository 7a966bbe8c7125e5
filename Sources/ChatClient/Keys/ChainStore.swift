import ChatProtocol
import GroupRules
import SQLite
import StoredValues
import WireCodec

/// What came of comparing a chain that was read with what is known.
enum ChainMeeting: Equatable, Sendable {
    case known(PinBook.Meeting)
    /// It does not agree (C4): both are kept as evidence.
    case forked(String)
}

/// By which whoever reads a chain sees that somebody else has read it meanwhile.
struct ChainStanding: Equatable, Sendable {
    var count: UInt32
    /// Nil: it was never met.
    var generation: StoreGeneration?
}

/// Chains of accounts, as they were verified, and what they are pinned to.
extension ClientStore {
    /// The chain of an account as it is held.
    func chain(of account: AccountID) throws -> AccountChain? {
        guard let server = try identity()?.server else { return nil }
        let links: [ChainLink] = try database.all(
            "SELECT link FROM chain_links WHERE account = ? ORDER BY number", account
        ) { try stored($0.bytes(0)) }
        guard !links.isEmpty else { return nil }
        let renewals: [Renewal] = try database.all(
            "SELECT renewal FROM chain_renewals WHERE account = ?", account
        ) { try stored($0.bytes(0)) }
        do throws(RuleViolation) {
            return try AccountChain(
                withoutCheckingSignatures: links, renewals: renewals,
                at: AccountPlace(server: server, account: account))
        } catch { throw damage("a chain: \(error)") }
    }

    /// Compares a chain with the pins and keeps what it adds; where it does not agree, it is kept as evidence. Within a transaction.
    ///
    /// - Parameters:
    ///   - name: what the server calls the account.
    ///   - generation: of the server's store as it said now.
    func meet(
        _ chain: AccountChain, named name: UserName, generation: StoreGeneration, now: Timestamp
    ) throws -> ChainMeeting {
        let account = chain.place.account
        var book = PinBook(try pins(of: account, or: chain.name))
        let isNew = try isNewGeneration(generation, for: account)
        let expected = try comparedRoot(of: name)
        let meeting: PinBook.Meeting
        do throws(RuleViolation) {
            meeting = try book.meet(chain, called: name, isNewGeneration: isNew, expected: expected)
        } catch {
            try raiseAlarm(chain, name, error.detail, now: now)
            return .forked(error.detail)
        }
        try keep(chain, book, meeting, generation, now: now)
        return .known(meeting)
    }

    /// The server says that an account has no chain. Nil: none is known here either. Within a transaction.
    func meetNoChain(
        of account: AccountID, named name: UserName, generation: StoreGeneration, now: Timestamp
    ) throws -> ChainMeeting? {
        try noteLook(at: account, now: now)
        guard let pin = try pins(of: account, or: name).first else { return nil }
        if pin.account == account, try isNewGeneration(generation, for: account) { return .known(.behind) }
        let text =
            pin.account == account
            ? "\(pin.name)'s chain had \(pin.number + 1) links, and the server says that there is none"
            : "\(name) is another account than the one that is known"
        try raiseAlarm(of: account, name, text, now: now)
        return .forked(text)
    }

    private func keep(
        _ chain: AccountChain, _ book: PinBook, _ meeting: PinBook.Meeting, _ generation: StoreGeneration,
        now: Timestamp
    ) throws {
        let account = chain.place.account
        try noteLook(at: account, now: now)
        guard meeting != .behind, let pin = book.byAccount[account] else { return }
        try setName(of: account, pin.name)
        let from = Int(try chainCount(of: account))
        try database.run(
            """
            INSERT INTO pins(account, name, root, present, number, head, generation, pinned, told)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)
            ON CONFLICT(account) DO UPDATE SET present = excluded.present, number = excluded.number,
                head = excluded.head, generation = excluded.generation
            """, account, pin.name.text, pin.root, chain.root, Int(pin.number), pin.head, generation, now)
        for link in chain.links.dropFirst(from) {
            try database.run(
                "INSERT INTO chain_links(account, number, device, link) VALUES (?, ?, ?, ?)", account,
                Int(link.content.number), link.content.body.grant?.device, link.wireBytes)
        }
        for renewal in chain.renewals {
            try database.run(
                "INSERT OR IGNORE INTO chain_renewals(account, device, instance, renewal) VALUES (?, ?, ?, ?)",
                account, renewal.device, Int(renewal.instance), renewal.wireBytes)
        }
    }

    /// The pin of an account, and that of whoever the name is pinned to.
    private func pins(of account: AccountID, or name: UserName) throws -> [AccountPin] {
        try database.all(
            "SELECT name, account, root, number, head FROM pins WHERE account = ? OR name = ?", account, name.text
        ) { row in
            AccountPin(
                name: try row.userName(0), account: try row.identifier(1), root: try row.digest(2),
                number: UInt32(truncatingIfNeeded: row.int(3)), head: try row.digest(4))
        }
    }

    private func isNewGeneration(_ generation: StoreGeneration, for account: AccountID) throws -> Bool {
        try generationMet(of: account).map { $0 != generation } ?? false
    }

    private func generationMet(of account: AccountID) throws -> StoreGeneration? {
        try database.first("SELECT generation FROM pins WHERE account = ?", account) { try $0.identifier(0) }
    }

    /// How much of an account's chain is held, and in which life of the server's store it was met.
    func chainStanding(of account: AccountID) throws -> ChainStanding {
        ChainStanding(count: try chainCount(of: account), generation: try generationMet(of: account))
    }

    /// How many links of an account's chain are held.
    func chainCount(of account: AccountID) throws -> UInt32 {
        let count = try database.first("SELECT count(*) FROM chain_links WHERE account = ?", account) { $0.int(0) }
        return UInt32(truncatingIfNeeded: count ?? 0)
    }

    /// One link of the chain of an account, where it is held.
    func chainLink(_ number: Int, of account: AccountID) throws -> ChainLink? {
        try database.first("SELECT link FROM chain_links WHERE account = ? AND number = ?", account, number) {
            try stored($0.bytes(0))
        }
    }

    /// Whether the chain of an account, as it is held, goes as far as `head`, and is the same there.
    func chainReaches(_ head: ChainHead, of account: AccountID) throws -> Bool {
        guard head.count > 0 else { return true }
        return try chainLink(Int(head.count) - 1, of: account)?.hash.bytes == head.hash
    }

    /// Whether the chain of an account, as it is held, grants the device.
    func chainGrants(_ device: DeviceID, of account: AccountID) throws -> Bool {
        try database.first("SELECT 1 FROM chain_links WHERE account = ? AND device = ?", account, device) { _ in true }
            ?? false
    }
}
