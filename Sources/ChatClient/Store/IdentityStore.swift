import CLISupport
import ChatProtocol
import Glibc
import SQLite
import StoredValues
import System

/// Who a profile is.
struct Identity: Sendable {
    enum Standing: Int, Sendable {
        case active = 0
        /// The server has seen one of its login numbers twice.
        case copied = 1
        case revoked = 2
        case loggedOut = 3
        /// It has left its grant and waits to be added to its account's chain; the server knows more by now, perhaps.
        case pending = 4
        /// A newer use of its identity file has taken its place.
        case replaced = 5
        /// It has begun to log in by an identity file, and no answer has come.
        case enrolling = 6

        /// Whether it is worth trying to log in.
        var mayLogIn: Bool { self == .active || self == .pending || self == .enrolling }
    }

    var account: AccountID
    var name: UserName
    var displayName: String
    var device: DeviceID
    var deviceName: String
    /// The private login key; nil once logged out. A secret.
    var loginKey: [UInt8]?
    var standing: Standing
    var address: ServerAddress
    var server: ServerID
    var generation: StoreGeneration
    var everyone: ConversationID
}

/// What one login needs.
struct LoginTicket: Sendable {
    var identity: Identity
    var number: LoginNumber
    /// Whether messages wait in the outbox, which go first.
    var hasQueued: Bool
    /// Whether devices that were approved here are to be told whom this one knows.
    var owesKeys: Bool
    /// Of a device that waits to be added.
    var waiting: WaitingDevice?
}

extension ClientStore {
    func identity() throws -> Identity? {
        try database.first(
            """
            SELECT account, name, display_name, device, device_name, login_key, standing, address, server, generation,
                everyone FROM identity
            """
        ) { row in
            guard let address = ServerAddress(row.text(7)), let standing = Identity.Standing(rawValue: row.int(6))
            else {
                throw SQLiteError(kind: .corrupt, message: "identity", operation: "identity", path: directory.storeFile)
            }
            return Identity(
                account: try row.identifier(0), name: try row.userName(1), displayName: row.text(2),
                device: try row.identifier(3), deviceName: row.text(4), loginKey: row.optionalBytes(5),
                standing: standing, address: address, server: try row.identifier(8),
                generation: try row.identifier(9), everyone: try row.identifier(10))
        }
    }

    /// Makes this profile `identity`, with login numbers of a device that has not logged in by key yet. Within a
    /// transaction.
    func setIdentity(_ identity: Identity) throws {
        try database.runClearing(
            """
            INSERT INTO identity(one, account, name, display_name, device, device_name, login_key, standing, address,
                server, generation, everyone, login_number, login_reserved, boot)
            VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1, '')
            ON CONFLICT(one) DO UPDATE SET account = excluded.account, name = excluded.name,
                display_name = excluded.display_name, device = excluded.device, device_name = excluded.device_name,
                login_key = excluded.login_key, standing = excluded.standing, address = excluded.address,
                server = excluded.server, generation = excluded.generation, everyone = excluded.everyone,
                login_number = CASE device WHEN excluded.device THEN login_number ELSE 1 END,
                login_reserved = CASE device WHEN excluded.device THEN login_reserved ELSE 1 END, boot = '',
                group_key = CASE server WHEN excluded.server THEN group_key ELSE NULL END
            """,
            identity.account, identity.name.text, identity.displayName, identity.device,
            identity.deviceName, identity.loginKey, identity.standing.rawValue, identity.address.text,
            identity.server, identity.generation, identity.everyone)
    }

    /// Whether the server has welcomed this profile: with its first welcome it names the conversation with everyone.
    func knowsEveryone() throws -> Bool {
        try database.first("SELECT 1 FROM conversations JOIN identity ON id = everyone") { _ in true } ?? false
    }

    /// Makes this profile nobody. Within a transaction.
    func removeIdentity() throws { try database.run("DELETE FROM identity") }

    /// What a `Welcome` tells of an identity that may have changed. Everyone's conversation never does: another one would be somebody's.
    func updateIdentity(displayName: String, deviceName: String, everyone: ConversationID) throws {
        guard try identity()?.everyone == everyone || !knowsEveryone() else {
            throw Problem(.protocolFault, "the server calls another conversation everyone's than before")
        }
        try database.run(
            "UPDATE identity SET display_name = ?, device_name = ?, everyone = ?", displayName, deviceName,
            everyone)
    }

    func setGeneration(_ generation: StoreGeneration) throws {
        try database.run("UPDATE identity SET generation = ?", generation)
    }

    /// The server has moved. Within a transaction.
    func setAddress(_ new: ServerAddress, insteadOf old: ServerAddress) throws {
        try database.run("UPDATE identity SET address = ? WHERE address = ?", new.text, old.text)
    }

    /// This device does not log in any more because it was asked to. Its key is erased.
    func setLoggedOut() throws {
        try database.run("UPDATE identity SET standing = ?, login_key = NULL", Identity.Standing.loggedOut.rawValue)
        try forgetChainKeys()
        try forgetKeyPackages()
        try forgetGroups()
    }

    /// As `setLoggedOut`, where the name that was kept is not the account's. Within a transaction.
    func setLoggedOut(named name: UserName) throws {
        try database.run("UPDATE identity SET name = ?", name.text)
        try setLoggedOut()
    }

    /// How the server has let a device in. Within a transaction.
    func noteAdmitted(_ device: DeviceID, _ standing: Identity.Standing) throws {
        try database.run(
            "UPDATE identity SET standing = ? WHERE device = ? AND standing IN (?, ?, ?)", standing.rawValue, device,
            Identity.Standing.active.rawValue, Identity.Standing.pending.rawValue,
            Identity.Standing.enrolling.rawValue)
        if standing == .active, database.changes > 0 { try claimGroups(for: device) }
    }

    /// This device waits to be added. Within a transaction.
    func noteWaiting(_ waiting: WaitingDevice) throws {
        try noteAdmitted(waiting.device, .pending)
        try database.run(
            "UPDATE identity SET approvers = ? WHERE device = ?", waiting.approvers, waiting.device)
    }

    /// The server refuses `device` for good. What is known already stands: the word may come late, when the device has
    /// logged out or another one has taken its place.
    func noteRefused(_ device: DeviceID, _ standing: Identity.Standing) throws {
        try database.run(
            """
            UPDATE identity SET standing = ?, login_key = CASE WHEN ? THEN login_key ELSE NULL END
            WHERE device = ? AND standing IN (?, ?, ?)
            """,
            standing.rawValue, standing == .copied, device, Identity.Standing.active.rawValue,
            Identity.Standing.pending.rawValue, Identity.Standing.enrolling.rawValue)
        guard standing != .copied, database.changes > 0 else { return }
        try forgetChainKeys(of: device)
        try forgetKeyPackages(of: device)
        try forgetGroups()
    }

    /// Takes a login number; nil where this profile is nobody.
    func loginTicket() throws -> LoginTicket? {
        let boot = MachineStart.name
        if let ticket = try writeWithReserve({ try takeNumber(boot: boot, synced: false) }) { return ticket }
        return try writeWithReserve(isSynced: true) { try takeNumber(boot: boot, synced: true) }
    }

    /// Nil where there is no identity, or where the number needs a synced commit and this one is not.
    private func takeNumber(boot: String, synced: Bool) throws -> LoginTicket? {
        guard let identity = try identity(), var numbers = try loginNumbers() else { return nil }
        guard synced || !numbers.needsSync(boot: boot) else { return nil }
        let number = numbers.take(boot: boot)
        try setLoginNumbers(numbers)
        let due = try database.first(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE failed = 0), EXISTS (SELECT 1 FROM owed_keys)"
        ) { (queued: $0.bool(0), keys: $0.bool(1)) }
        return LoginTicket(
            identity: identity, number: number, hasQueued: due?.queued ?? false, owesKeys: due?.keys ?? false,
            waiting: identity.standing == .pending ? try waitingDevice(identity) : nil)
    }

    func loginNumbers() throws -> LoginNumbers? {
        try database.first("SELECT login_number, login_reserved, boot FROM identity") {
            LoginNumbers(next: $0.loginNumber(0), reserved: $0.loginNumber(1), boot: $0.text(2))
        }
    }

    func setLoginNumbers(_ numbers: LoginNumbers) throws {
        try database.run(
            "UPDATE identity SET login_number = ?, login_reserved = ?, boot = ?", numbers.next, numbers.reserved,
            numbers.boot)
    }
}
