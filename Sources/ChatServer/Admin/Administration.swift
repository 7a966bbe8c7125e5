import CLISupport
import ChatProtocol
import Transport
import WireCodec

/// What administration asks of the server that runs; without one there is nothing to ask.
package protocol ServiceEffects: Sendable {
    /// On return nothing more is delivered to the account, and nobody speaks for it.
    func closeConnections(of account: AccountID) async throws
    /// The account's flags have changed.
    func accountChanged(_ account: AccountRecord) async throws
    /// A room was removed, of which these were members.
    func roomRemoved(_ room: ConversationID, _ members: [AccountID]) async throws
    /// Entries were erased in the store: none is given to anybody from memory any more.
    func entriesErased() async throws
    /// Imported password hashes have come.
    func importedHashesChanged() async throws
    /// Adds what only the running service knows to `status`.
    func describe(_ status: inout JSONObject) async throws
    /// Asks the service to end and begin again; returns at once.
    func restart() throws(Problem)
}

/// Carries administrators' commands out on the data, in the server or beside it. What it answers is on disk.
package struct Administration: Sendable {
    let store: any Store
    let directory: DataDirectory
    let identity: @Sendable () throws(Problem) -> ServerIdentity
    let sources: ServerSources
    let effects: any ServiceEffects

    /// - Parameter identity: the certificate and key that the server shows.
    package init(
        store: any Store, directory: DataDirectory,
        identity: @escaping @Sendable () throws(Problem) -> ServerIdentity, sources: ServerSources = .system,
        effects: any ServiceEffects
    ) {
        self.store = store
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
            case .addUser(let user): try await add(user, emit)
            case .listUsers: try await listUsers(emit)
            case .setPassword(let name, let hash): try await setPassword(of: name, hash)
            case .setFlag(let name, let flag, let isOn): try await set(flag, isOn, of: name, emit)
            case .setDisplayName(let name, let text): try await setDisplayName(of: name, to: text)
            case .deleteUser(let name, let erasing): try await delete(name, erasing: erasing, emit)
            case .exportUser(let name, let position): try await export(name, from: position, emit)
            case .importUsers(let users, let isDryRun): emit(try await importUsers(users, isDryRun: isDryRun))
            case .createInvite(let uses, let lifetime, let by):
                emit(try await createInvite(uses: uses, lifetime: lifetime, by: by))
            case .listInvites: try await listInvites(emit)
            case .revokeInvite(let id): try await revokeInvite(id)
            case .listRooms: try await listRooms(emit)
            case .removeRoom(let name): emit(try await removeRoom(name))
            case .fingerprint: emit(AdminRows.fingerprint("\(try identity().pin)"))
            case .identity: emit(AdminRows.identity(try identity()))
            case .check: try await Self.check(directory, emit: emit)
            case .status: emit(try await status())
            case .resumeRetention: try await resumeRetention()
            case .restart: try effects.restart()
            }
        } catch { throw Self.problem(of: error) }
    }

    static func problem(of error: any Error) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let failure as Failure: return Problem(failure)
        default: return StoreFailure(engine: error).map(Problem.init) ?? Problem(.internalFault, "\(error)")
        }
    }

    // MARK: Users

    private func add(_ user: NewUser, _ emit: Emit) async throws {
        let account = stored(user)
        let device = user.firstDevice.map {
            NewDevice(
                id: sources.identifier(), name: $0.name,
                keys: [DeviceKey(purpose: .enrol, algorithm: .ed25519, publicKey: $0.key)])
        }
        try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.register(account, device: device, invite: nil)
        }
        try await store.finishFollowUps()
        emit(AdminRows.user(account, devices: device == nil ? 0 : 1))
        guard let device else { return }
        var service = JSONObject()
        try await effects.describe(&service)
        emit(
            AdminRows.firstDevice(
                device.id, of: account.record.id, try await store.identity(), addresses: service["addresses"]))
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
            let page = try await store.accounts(after: last, limit: Self.listPage)
            for counted in page { emit(AdminRows.user(counted.account, devices: counted.devices)) }
            guard page.count == Self.listPage, let next = page.last?.account.record.name.text else { return }
            after = next
        }
    }

    private func setPassword(of name: UserName, _ hash: PasswordHash) async throws {
        let id = try await account(name).record.id
        _ = try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.setPassword(hash, of: id, replacing: nil, revokingAllBut: nil)
        }
    }

    private func set(_ flag: AccountRecord.Flags, _ isOn: Bool, of name: UserName, _ emit: Emit) async throws {
        let id = try await account(name).record.id
        try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.setFlags(isOn ? flag : [], clearing: isOn ? [] : flag, of: id)
        }
        guard let record = try await store.account(id)?.record else { return }
        try await effects.accountChanged(record)
        guard isOn, flag.contains(.disabled) else { return }
        try await effects.closeConnections(of: id)
        try await tellRooms(leftBy: id, emit)
    }

    private func setDisplayName(of name: UserName, to text: String) async throws {
        let id = try await account(name).record.id
        try await StoreFailure.settling { () throws(StoreFailure) in try await store.setDisplayName(text, of: id) }
        guard let record = try await store.account(id)?.record else { return }
        try await effects.accountChanged(record)
    }

    /// - Parameter erasing: what it wrote too, also where it was deleted before.
    private func delete(_ name: UserName, erasing: Bool, _ emit: Emit) async throws {
        let id = try await account(name, mayBeDeleted: erasing).record.id
        try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.deleteAccount(id, erasing: erasing)
        }
        try await effects.closeConnections(of: id)
        try await store.finishFollowUps()
        try await tellRooms(leftBy: id, emit)
        guard erasing else { return }
        try await effects.entriesErased()
        store.dropErasedRemains()
    }

    /// Of a deleted account too, as long as something of it is kept.
    // Swift 6.3.1 crashes in the optimiser where this is drawn into `perform` and coverage is counted (the fuzzers).
    @inline(never)
    private func export(_ name: UserName, from position: ExportPosition?, _ emit: Emit) async throws {
        let account = try await account(name, mayBeDeleted: true)
        let next = try await AccountExport(store: store, account: account).step(from: position, emit: emit)
        emit(ExportPosition.Answer(next: next).json)
    }

    private func account(_ name: UserName, mayBeDeleted: Bool = false) async throws -> StoredAccount {
        guard let account = try await store.account(named: name), mayBeDeleted || !account.isDeleted else {
            throw Problem(ErrorCode.noSuchUser, "there is no user \(name)")
        }
        return account
    }

    /// All of them or none; names that exist are left alone, those of deleted accounts too.
    private func importUsers(_ users: [NewUser], isDryRun: Bool) async throws -> JSONObject {
        let accounts = users.map(stored)
        let made = try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.importAccounts(accounts, isDryRun: isDryRun)
        }
        if !isDryRun {
            try await effects.importedHashesChanged()
            try await store.finishFollowUps()
        }
        return AdminRows.imported(made.count, existing: accounts.count - made.count)
    }

    // MARK: Invites

    /// Bytes of randomness in a token; it is written as twice as many digits.
    private static let tokenBytes = 16

    private func createInvite(uses: Int, lifetime: UInt64, by: String) async throws -> JSONObject {
        let now = sources.time()
        let invite = Invite(
            id: sources.identifier(), usesLeft: uses, expires: now + .milliseconds(Int64(clamping: lifetime)),
            created: now, createdBy: by)
        let token = Hexadecimal.text(sources.random(Self.tokenBytes))
        try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.addInvite(invite, token: Array(token.utf8))
        }
        return AdminRows.invite(invite, token: token)
    }

    private func listInvites(_ emit: Emit) async throws {
        for invite in try await store.invites() { emit(AdminRows.invite(invite)) }
    }

    private func revokeInvite(_ beginning: String) async throws {
        let fitting = try await store.invites().filter { $0.id.hex.hasPrefix(beginning) }
        guard let invite = fitting.first, !beginning.isEmpty else {
            throw Problem(.noSuchName, "there is no invite \(beginning)")
        }
        guard fitting.count == 1 else {
            throw Problem(.usage, "\(fitting.count) invites begin with \(beginning)", hint: "give more digits")
        }
        try await StoreFailure.settling { () throws(StoreFailure) in try await store.removeInvite(invite.id) }
    }

    // MARK: The store

    static func check(_ directory: DataDirectory, emit: Emit) async throws {
        for fault in try await CheckStore.faults(at: directory.database) { emit(AdminRows.fault(fault)) }
    }

    private func resumeRetention() async throws {
        let now = sources.time()
        try await StoreFailure.settling { () throws(StoreFailure) in try await store.setBelievedTime(now) }
    }

    private func status() async throws -> JSONObject {
        let (identity, counts) = (try await store.identity(), try await store.counts())
        var object = JSONObject(head: "status")
        object["running"] = .bool(false)
        object["version"] = .string(Release.version)
        object["fingerprint"] = .string("\(try self.identity().pin)")
        object["server_id"] = .string(identity.server.hex)
        object["generation"] = .string(identity.generation.hex)
        object["accounts"] = .integer(Int64(counts.accounts))
        object["devices"] = .integer(Int64(counts.devices))
        object["groups"] = .integer(Int64(counts.groups))
        object["rooms"] = .integer(Int64(counts.rooms))
        object["store_bytes"] = .integer(Int64(clamping: try await store.room().used))
        try describeCertificate(in: &object)
        let isBelieved = RetentionClock.believes(sources.time(), since: try await store.believedTime())
        object["retention"] = .string(isBelieved ? "on" : "suspended")
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
    func roomRemoved(_ room: ConversationID, _ members: [AccountID]) async throws {}
    func entriesErased() async throws {}
    func importedHashesChanged() async throws {}
    func describe(_ status: inout JSONObject) async throws {}
    func restart() throws(Problem) {}
}

extension Problem {
    init(_ failure: StoreFailure) {
        switch failure.kind {
        case .refused(let failure): self.init(failure)
        case .full: self.init(ErrorCode.storeFull, failure.description)
        case .failed: self.init(ErrorCode.storeFailed, failure.description)
        case .unknown: self.init(.busy, failure.description, hint: "look whether it was done, and try again")
        case .closed: self.init(.notRunning, "the server is shutting down")
        case .busy: self.init(.storeBusy, failure.description, hint: "try again")
        case .readOnly: self.init(.readOnlyStore, failure.description)
        case .cannotOpen: self.init(.cannotCreate, failure.description)
        case .newer: self.init(.newerStore, failure.description, hint: "use a newer chatd")
        case .damaged: self.init(.damagedStore, failure.description, hint: "restore a backup")
        }
    }
}
