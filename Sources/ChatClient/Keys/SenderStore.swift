import CLISupport
import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// How the keys of those stand who wrote what is read; each is looked at once.
final class SenderTrust {
    private let store: ClientStore
    private let gate: KeyGate
    private let isKnown: Bool
    private var found: [AccountID: KeyTrust?] = [:]

    init(_ store: ClientStore, _ gate: KeyGate) throws {
        self.store = store
        self.gate = gate
        isKnown = try store.knowsKeys()
    }

    /// As it stands now, whenever the message came. Nil: nothing is known of it.
    ///
    /// - Parameter isOwn: oneself is trusted, whatever the store says (`GateRules.look`).
    func callAsFunction(_ account: AccountID, isOwn: Bool) throws -> KeyTrust? {
        guard isKnown else { return nil }
        if let known = found[account] { return known }
        let trust = try isOwn ? ofOneself() : gate.findingForReader(of: account, in: store).finding.trust
        found[account] = trust
        return trust
    }

    /// A list of keys that cannot be read is told all the same.
    private func ofOneself() throws -> KeyTrust {
        _ = try gate.file?.readOrLast()
        return .verified
    }
}

extension KeyGate {
    /// As `finding`, for what is read: while the list of keys is being replaced, what it said last counts.
    func findingForReader(
        of account: AccountID, in store: ClientStore
    ) throws -> (name: UserName, finding: GateRules.PersonFinding) {
        let name = try store.name(of: account)
        let record = try store.keyRecord(of: account, named: name, compared: try file?.readOrLast()[name])
        return (name, finding(record))
    }
}

/// Whose word a program acts on.
extension ClientStore {
    /// Why nothing is done because of what stands at a place; nil: nothing speaks against it.
    func doubt(at position: StorePosition) throws -> Problem? {
        try database.first("SELECT sender, device FROM entries WHERE position = ?", position) { row in
            try self.doubt(of: try row.identifier(0), device: try row.identifier(1))
        }.flatMap(\.self)
    }

    /// Why nothing is done because of what a device of an account has written: the key is not the trusted one, or the account has no such
    /// device, or has none any more.
    func doubt(of account: AccountID, device: DeviceID) throws -> Problem? {
        let (name, finding) = try gate.findingForReader(of: account, in: self)
        guard case .open(let trust) = finding else {
            return finding == .unknown ? nil : gate.problem(finding, of: name)
        }
        guard try self.identity()?.account != account, let chain = try chain(of: account) else { return nil }
        guard let found = chain.devices[device] else {
            return Problem(
                .ghostDevice, "\(name)'s key (\(trust.rawValue)) knows nothing of the device that the server names",
                user: name)
        }
        return found.isActive
            ? nil : Problem(.senderRevoked, "\(name) has revoked the device that the server names", user: name)
    }

    /// Whether somebody's chain has to be read because a device wrote that is not in it: of whoever is known here, or was compared.
    func isStrange(_ device: DeviceID, of account: AccountID, listed: KeyLines?) throws -> Bool {
        let name = try name(of: account)
        return try database.first(
            """
            SELECT (?4 OR EXISTS (SELECT 1 FROM pins WHERE account = ?1 OR name = ?2)
                OR EXISTS (SELECT 1 FROM compared_keys WHERE name = ?2))
                AND NOT EXISTS (SELECT 1 FROM chain_links WHERE account = ?1 AND device = ?3)
            """, account, name.text, device, listed?[name] != nil
        ) { $0.bool(0) } ?? false
    }
}

extension Problem {
    fileprivate init(_ code: LocalCode, _ text: String, user: UserName) {
        self.init(code, text, advice: .doubtServer(user: user.text))
        self.user = user.text
    }
}

extension Client {
    /// Why no program acts on a message; nil: nothing speaks against it.
    package func doubt(about message: ReceivedMessage) throws(Problem) -> Problem? {
        guard let cursor = message.cursor else { return nil }
        return try store { store in try store.doubt(at: cursor.position) }
    }
}
