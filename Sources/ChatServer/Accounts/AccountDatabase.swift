import ChatProtocol
import SQLite

/// The tables of accounts, devices and invites, and the transactions over them. Confined to its thread.
package final class AccountDatabase {
    package let accounts: AccountStore
    package let devices: DeviceStore
    package let invites: InviteStore
    package let database: Database
    /// The same file by a connection whose commits are not synced: for login numbers, of which a power failure may
    /// lose the last ones. A signature cannot be replayed in any case; a copied store is then noticed one login later.
    private let relaxed: Database
    private var knownDearestCost: Int?

    /// - Parameters:
    ///   - path: the server's database, whose schema is there already.
    ///   - checkpoints: who copies the write-ahead log; nil where no server runs: each connection then does it itself.
    package init(path: String, everyone: ConversationID, checkpoints: Checkpointer?) throws {
        let pages = checkpoints == nil ? 1_000 : 0
        database = try Database(
            path: path, options: DatabaseOptions(mode: .readWrite, autoCheckpointPages: pages, cacheKiB: 1_024))
        relaxed = try Database(
            path: path,
            options: DatabaseOptions(
                mode: .readWrite, synchronous: .normal, autoCheckpointPages: pages, cacheKiB: 256))
        accounts = AccountStore(database: database, everyone: everyone)
        devices = DeviceStore(database: database)
        invites = InviteStore(database: database)
        guard let checkpoints else { return }
        for connection in [database, relaxed] { connection.whenLogged { checkpoints.logged(pages: $0) } }
    }

    // MARK: Registration

    /// What can be known of a registration before its password is hashed.
    ///
    /// - Parameter invite: nil where none is needed.
    package func checkRegistration(name: UserName, invite: [UInt8]?, time: UInt64) throws {
        if let invite, try !invites.isValid(invite, at: time) { throw Failure(.inviteInvalid) }
        if try accounts.account(named: name) != nil { throw Failure(.nameTaken) }
    }

    /// Makes an account and its first device.
    package func register(_ account: StoredAccount, device: NewDevice, invite: [UInt8]?) throws {
        try database.transaction {
            if let invite { try invites.use(invite, at: account.created) }
            try accounts.insert(account)
            try devices.insert(device, account: account.record.id, time: account.created)
        }
    }

    // MARK: Login by password

    /// The cost of the dearest hash that any account has.
    package func dearestCost() throws -> Int {
        if let knownDearestCost { return knownDearestCost }
        let cost = max(PasswordHash.ownCost, try accounts.dearestImportedCost())
        knownDearestCost = cost
        return cost
    }

    /// Imported hashes came, or went.
    package func importedHashesChanged() { knownDearestCost = nil }

    /// Makes a device of an account whose password was right a moment ago, or takes up one that it has.
    ///
    /// - Parameters:
    ///   - hash: what the password was checked against; where it is another one by now, or the account may not log in
    ///     any more, the login is refused.
    ///   - takesUp: whether the device exists already.
    package func logIn(
        account: AccountID, hash: String, device: NewDevice, takesUp: Bool, time: UInt64
    ) throws -> AccountRecord {
        try database.transaction {
            guard let kept = try accounts.account(account), kept.passwordHash == hash, !kept.isDeleted else {
                throw Failure(.loginRefused)
            }
            guard !kept.isDisabled else { throw Failure(.accountDisabled) }
            if takesUp {
                try devices.takeUp(device, account: account, time: time)
            } else {
                try devices.insert(device, account: account, time: time)
            }
            return kept.record
        }
    }

    // MARK: Login by device

    /// Logs a device in by its key.
    ///
    /// Its state is told only to who holds its key: an unknown device and a wrong signature are one answer.
    package func logIn(_ request: LoginByDevice, binding: ConnectionBinding) throws -> LoggedIn {
        guard let row = try devices.loginRow(request.device, of: request.account),
            DeviceProof.isSigned(request, by: row.key, binding: binding)
        else {
            throw Failure(
                .badProof, sentence: "this device is not known here, or its signature does not verify; log in again")
        }
        let unsynced = DeviceStore(database: relaxed)
        return try relaxed.transaction {
            // Read again, for the check above took its time.
            guard let row = try unsynced.loginRow(request.device, of: request.account), row.state == .active,
                !row.account.flags.contains(.deleted)
            else { throw Failure(.deviceRevoked) }
            guard !row.account.flags.contains(.disabled) else { throw Failure(.accountDisabled) }
            var window = row.window
            guard window.use(request.number) else { throw Failure(.storeCopied) }
            try unsynced.save(window, of: request.device)
            return LoggedIn(account: row.account, device: request.device, deviceName: row.name)
        }
    }

    // MARK: Devices

    package func addDevice(_ device: NewDevice, to account: AccountID, time: UInt64) throws {
        try database.transaction { try devices.insert(device, account: account, time: time) }
    }

    package func renameDevice(_ device: DeviceID, of account: AccountID, to name: String) throws {
        try database.transaction { try devices.rename(device, of: account, to: name) }
    }

    package func revokeDevice(_ device: DeviceID, of account: AccountID) throws {
        try database.transaction { try devices.revoke(device, of: account) }
    }

    /// Sets a new password in place of the one that was checked.
    ///
    /// - Parameter survivor: the device that stays where the others are revoked; nil: none is revoked.
    /// - Returns: the devices that were revoked.
    package func changePassword(
        of account: AccountID, from old: String, to new: PasswordHash, revokingAllBut survivor: DeviceID?
    ) throws -> [DeviceID] {
        try database.transaction {
            guard try accounts.setPassword(new, of: account, replacing: old) else { throw Failure(.loginRefused) }
            guard let survivor else { return [] }
            return try devices.revokeAll(of: account, except: survivor)
        }
    }
}
