import CLISupport
import ChatProtocol

/// Accounts: made, changed, deleted, taken over and told.
extension Administration {
    func add(_ user: NewUser, _ emit: Emit) async throws {
        let account = stored(user)
        let device = user.firstDevice.map {
            NewDevice(
                id: sources.identifier(), name: $0.name,
                keys: [DeviceKey(purpose: .enrol, algorithm: .ed25519, publicKey: $0.key)])
        }
        try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.register(account, device: device, invite: nil)
        }
        try await effects.hear(try await store.finishFollowUps())
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

    func listUsers(_ emit: Emit) async throws {
        var after = ""
        while true {
            let last = after
            let page = try await store.accounts(after: last, limit: Self.listPage)
            for counted in page { emit(AdminRows.user(counted.account, devices: counted.devices)) }
            guard page.count == Self.listPage, let next = page.last?.account.record.name.text else { return }
            after = next
        }
    }

    func setPassword(of name: UserName, _ hash: PasswordHash) async throws {
        let id = try await account(name).record.id
        _ = try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.setPassword(hash, of: id, replacing: nil, revokingAllBut: nil)
        }
    }

    func set(_ flag: AccountRecord.Flags, _ isOn: Bool, of name: UserName, _ emit: Emit) async throws {
        let id = try await account(name).record.id
        try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.setFlags(isOn ? flag : [], clearing: isOn ? [] : flag, of: id)
        }
        guard let record = try await store.account(id)?.record else { return }
        try await effects.accountChanged(record)
        guard isOn, flag.contains(.disabled) else { return }
        let closing = await closing(id)
        try await tellRooms(leftBy: id, emit)
        try closing.get()
    }

    private func closing(_ account: AccountID) async -> Result<Void, any Error> {
        do { return .success(try await effects.closeConnections(of: account)) } catch { return .failure(error) }
    }

    func setDisplayName(of name: UserName, to text: String) async throws {
        let id = try await account(name).record.id
        try await StoreFailure.settling { () throws(StoreFailure) in try await store.setDisplayName(text, of: id) }
        guard let record = try await store.account(id)?.record else { return }
        try await effects.accountChanged(record)
    }

    /// - Parameter erasing: what it wrote too, also where it was deleted before.
    func delete(_ name: UserName, erasing: Bool, _ emit: Emit) async throws {
        let id = try await account(name, mayBeDeleted: erasing).record.id
        try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.deleteAccount(id, erasing: erasing)
        }
        let closing = await closing(id)
        try await effects.hear(try await store.finishFollowUps())
        try await tellRooms(leftBy: id, emit)
        if erasing {
            try await effects.entriesErased()
            store.dropErasedRemains()
        }
        try closing.get()
    }

    /// Of a deleted account too, as long as something of it is kept.
    // Swift 6.3.1 crashes in the optimiser where this is drawn into `perform` and coverage is counted (the fuzzers).
    @inline(never)
    func export(_ name: UserName, from position: ExportPosition?, _ emit: Emit) async throws {
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
    func importUsers(_ users: [NewUser], isDryRun: Bool) async throws -> JSONObject {
        let accounts = users.map(stored)
        let made = try await StoreFailure.settling { () throws(StoreFailure) in
            try await store.importAccounts(accounts, isDryRun: isDryRun)
        }
        if !isDryRun { try await effects.hear(try await store.finishFollowUps()) }
        return AdminRows.imported(made.count, existing: accounts.count - made.count)
    }
}
