import CLISupport
import ChatProtocol
import SQLite
import Transport

/// What administration asks of the server that runs; without one there is nothing to ask.
package protocol ServiceEffects: Sendable {
    /// On return nothing more is delivered to the account, and nobody speaks for it.
    func closeConnections(of account: AccountID) async throws
    /// The account's flags have changed.
    func accountChanged(_ account: AccountRecord) async throws
    /// Adds what only the running service knows to `status`.
    func describe(_ status: inout JSONObject) async throws
    /// Asks the service to end and begin again; returns at once.
    func restart() throws(Problem)
}

/// Carries administrators' commands out on the data, in the server or beside it. What it answers is on disk.
package struct Administration: Sendable {
    let accounts: StoreThread<AccountDatabase>
    let directory: DataDirectory
    let identity: @Sendable () throws(Problem) -> ServerIdentity
    let sources: ServerSources
    let effects: any ServiceEffects

    /// - Parameter identity: the certificate and key that the server shows.
    package init(
        accounts: StoreThread<AccountDatabase>, directory: DataDirectory,
        identity: @escaping @Sendable () throws(Problem) -> ServerIdentity, sources: ServerSources = .system,
        effects: any ServiceEffects
    ) {
        self.accounts = accounts
        self.directory = directory
        self.identity = identity
        self.sources = sources
        self.effects = effects
    }

    package typealias Emit = @Sendable (JSONObject) -> Void

    /// - Parameter emit: called with each object that the command prints.
    package func perform(_ request: AdminRequest, emit: Emit) async throws(Problem) {
        do {
            switch request {
            case .addUser(let user): emit(try await add(user))
            case .listUsers: try await listUsers(emit)
            case .setPassword(let name, let hash): try await setPassword(of: name, hash)
            case .setFlag(let name, let flag, let isOn): try await set(flag, isOn, of: name)
            case .deleteUser(let name): try await delete(name)
            case .importUsers(let users, let isDryRun): emit(try await importUsers(users, isDryRun: isDryRun))
            case .createInvite(let uses, let lifetime, let by):
                emit(try await createInvite(uses: uses, lifetime: lifetime, by: by))
            case .listInvites: try await listInvites(emit)
            case .revokeInvite(let id): try await revokeInvite(id)
            case .fingerprint: emit(AdminRows.fingerprint("\(try identity().pin)"))
            case .identity: emit(AdminRows.identity(try identity()))
            case .check: try await Self.check(directory, emit: emit)
            case .status: emit(try await status())
            case .restart: try effects.restart()
            }
        } catch { throw Self.problem(of: error) }
    }

    static func problem(of error: any Error) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let failure as Failure: return Problem(failure)
        case let error as SQLiteError: return Problem(error)
        case let failure as StoreFailure:
            return Problem(failure.kind == .full ? ErrorCode.storeFull : .storeFailed, failure.description)
        case is StoreThreadClosed: return Problem(.notRunning, "the server is shutting down")
        default: return Problem(.internalFault, "\(error)")
        }
    }

    // MARK: Users

    private func add(_ user: NewUser) async throws -> JSONObject {
        let account = stored(user)
        return try await accounts.value { database in
            try database.database.transaction { try database.accounts.insert(account) }
            return AdminRows.user(account, devices: 0)
        }
    }

    private func stored(_ user: NewUser) -> StoredAccount {
        let flags: AccountRecord.Flags = user.isAdministrator ? .administrator : []
        return StoredAccount(
            record: AccountRecord(
                id: sources.identifier(), name: user.name, displayName: user.displayName, flags: flags),
            passwordHash: user.hash.text, hashOrigin: user.origin, created: sources.time())
    }

    /// Accounts read at a time, so that others get between.
    private static let listPage = 500

    private func listUsers(_ emit: Emit) async throws {
        var after = ""
        while true {
            let last = after
            let page = try await accounts.value { database in
                try database.accounts.accounts(after: last, limit: Self.listPage).map { account in
                    (account, try database.devices.devices(of: account.record.id).count)
                }
            }
            for (account, devices) in page { emit(AdminRows.user(account, devices: devices)) }
            guard page.count == Self.listPage, let next = page.last?.0.record.name.text else { return }
            after = next
        }
    }

    private func setPassword(of name: UserName, _ hash: PasswordHash) async throws {
        try await accounts.value { database in
            let account = try Self.account(name, in: database)
            try database.accounts.setPassword(hash, of: account.record.id)
        }
    }

    private func set(_ flag: AccountRecord.Flags, _ isOn: Bool, of name: UserName) async throws {
        let record = try await accounts.value { database in
            let account = try Self.account(name, in: database)
            try database.accounts.setFlags(isOn ? flag : [], clearing: isOn ? [] : flag, of: account.record.id)
            return try database.accounts.account(account.record.id)?.record ?? account.record
        }
        try await effects.accountChanged(record)
        if isOn, flag.contains(.disabled) { try await effects.closeConnections(of: record.id) }
    }

    private func delete(_ name: UserName) async throws {
        let id = try await accounts.value { database in
            try database.database.transaction {
                let account = try Self.account(name, in: database)
                _ = try database.devices.revokeAll(of: account.record.id)
                try database.accounts.erase(account.record.id)
                return account.record.id
            }
        }
        try await effects.closeConnections(of: id)
    }

    private static func account(_ name: UserName, in database: AccountDatabase) throws -> StoredAccount {
        guard let account = try database.accounts.account(named: name), !account.isDeleted else {
            throw Problem(ErrorCode.noSuchUser, "there is no user \(name)")
        }
        return account
    }

    /// One transaction for all of them; names that exist are left alone, those of deleted accounts too.
    private func importUsers(_ users: [NewUser], isDryRun: Bool) async throws -> JSONObject {
        let accounts = users.map(stored)
        return try await self.accounts.value { database in
            defer { database.importedHashesChanged() }
            return try database.database.transaction {
                var imported = 0
                for account in accounts where try database.accounts.account(named: account.record.name) == nil {
                    if !isDryRun { try database.accounts.insert(account) }
                    imported += 1
                }
                return AdminRows.imported(imported, existing: accounts.count - imported)
            }
        }
    }

    // MARK: Invites

    /// Bytes of randomness in a token; it is written as twice as many digits.
    private static let tokenBytes = 16

    private func createInvite(uses: Int, lifetime: UInt64, by: String) async throws -> JSONObject {
        let now = sources.time()
        let invite = Invite(
            id: sources.identifier(), usesLeft: uses, expires: now + lifetime, created: now, createdBy: by)
        let token = Hexadecimal.text(sources.random(Self.tokenBytes))
        try await accounts.value { database in
            try database.database.transaction {
                try database.invites.removeExpired(at: now)
                try database.invites.insert(invite, token: Array(token.utf8))
            }
        }
        return AdminRows.invite(invite, token: token)
    }

    private func listInvites(_ emit: Emit) async throws {
        let now = sources.time()
        for invite in try await accounts.value({ try $0.invites.invites(at: now) }) { emit(AdminRows.invite(invite)) }
    }

    private func revokeInvite(_ beginning: String) async throws {
        let now = sources.time()
        try await accounts.value { database in
            try database.database.transaction {
                let fitting = try database.invites.invites(at: now).filter { $0.id.hex.hasPrefix(beginning) }
                guard let invite = fitting.first, !beginning.isEmpty else {
                    throw Problem(.noSuchName, "there is no invite \(beginning)")
                }
                guard fitting.count == 1 else {
                    throw Problem(.usage, "\(fitting.count) invites begin with \(beginning)", hint: "give more digits")
                }
                try database.invites.remove(invite.id)
            }
        }
    }

    // MARK: The store

    /// Checks the store on a connection of its own, so that nobody waits for it, and which only reads.
    static func check(_ directory: DataDirectory, emit: Emit) async throws {
        let path = directory.database
        let thread = try await StoreThread.start {
            try Database(path: path, options: DatabaseOptions(mode: .readOnly, cacheKiB: 4_096))
        }
        let result: Result<[String], any Error>
        do {
            result = .success(try await thread.value { try CheckStore.faults(in: $0) })
        } catch { result = .failure(error) }
        await thread.close()
        for fault in try result.get() { emit(AdminRows.fault(fault)) }
    }

    private func status() async throws -> JSONObject {
        let facts = try await accounts.value { database in
            (
                accounts: try database.accounts.count(), devices: try database.devices.count(),
                identity: try MetaStore.identity(in: database.database),
                room: try UsageStore.room(in: database.database)
            )
        }
        var object = JSONObject(head: "status")
        object["running"] = .bool(false)
        object["version"] = .string(ServerVersion.text)
        object["fingerprint"] = .string("\(try identity().pin)")
        object["server_id"] = facts.identity.map { .string($0.server.hex) }
        object["generation"] = facts.identity.map { .string($0.generation.hex) }
        object["accounts"] = .integer(Int64(facts.accounts))
        object["devices"] = .integer(Int64(facts.devices))
        object["store_bytes"] = .integer(Int64(clamping: facts.room.used))
        try describeCertificate(in: &object)
        try await effects.describe(&object)
        return object
    }

    private func describeCertificate(in object: inout JSONObject) throws(Problem) {
        guard let facts = try identity().facts else { return }
        object["certificate_end"] = .string(TimestampText.utc(facts.ends))
        let warnings = CertificateReview(facts: facts, now: sources.time()).warnings
        object["certificate_warnings"] = .array(warnings.map { .string("it \($0)") })
    }
}

/// Where no server runs.
struct NoService: ServiceEffects {
    func closeConnections(of account: AccountID) async throws {}
    func accountChanged(_ account: AccountRecord) async throws {}
    func describe(_ status: inout JSONObject) async throws {}
    func restart() throws(Problem) {}
}

enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

package enum ServerVersion {
    package static let text = "0.1.0"
}

extension Problem {
    init(_ error: SQLiteError) {
        switch error.kind {
        case .busy: self.init(.storeBusy, error.description, hint: "try again")
        case .full: self.init(ErrorCode.storeFull, error.description)
        case .readOnly: self.init(.readOnlyStore, error.description)
        case .newerSchema: self.init(.newerStore, error.description, hint: "use a newer chatd")
        case .corrupt, .notADatabase, .otherApplication: self.init(.damagedStore, error.description)
        case .cannotOpen: self.init(.cannotCreate, error.description)
        default: self.init(.inputOutput, error.description)
        }
    }
}
