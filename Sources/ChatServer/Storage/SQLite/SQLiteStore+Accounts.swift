import ChatProtocol
import SQLite
import StoredValues

extension SQLiteStore {
    package func account(named name: UserName) async throws(StoreFailure) -> StoredAccount? {
        try await read { try AccountStore(database: $0).account(named: name) }
    }

    package func account(_ id: AccountID) async throws(StoreFailure) -> StoredAccount? {
        try await read { try AccountStore(database: $0).account(id) }
    }

    package func accounts(after name: String, limit: Int) async throws(StoreFailure) -> [CountedAccount] {
        try await read { try AccountStore(database: $0).accounts(after: name, limit: limit) }
    }

    package func dearestImportedCost() async throws(StoreFailure) -> Int {
        try await read { try AccountStore(database: $0).dearestImportedCost() }
    }

    package func register(
        _ account: StoredAccount, device: NewDevice?, invite: [UInt8]?
    ) async throws(StoreFailure) {
        let clock = settings.clock
        try await change { database in
            guard try AccountStore(database: database).insert(account) else { return }
            let time = clock()
            if let invite { try InviteStore(database: database).use(invite, at: time) }
            if let device { try DeviceStore(database: database).insert(device, account: account.record.id, time: time) }
        }
    }

    package func importAccounts(
        _ accounts: [StoredAccount], isDryRun: Bool
    ) async throws(StoreFailure) -> [AccountID] {
        try await change { database in
            let table = AccountStore(database: database)
            var made: [AccountID] = []
            for account in accounts {
                let kept = try table.account(named: account.record.name)
                guard kept == nil || kept?.record.id == account.record.id else { continue }
                if !isDryRun { try table.insert(account) }
                made.append(account.record.id)
            }
            return made
        }
    }

    package func admit(
        _ device: NewDevice, _ admission: Admission, to account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) -> LoggedIn {
        let clock = settings.clock
        return try await change { database in
            guard let kept = try AccountStore(database: database).account(account), kept.passwordHash == hash,
                !kept.isDeleted
            else { throw Failure(.loginRefused) }
            guard !kept.isDisabled else { throw Failure(.accountDisabled) }
            let devices = DeviceStore(database: database)
            var device = device
            switch admission {
            case .new:
                if let begun = try devices.begun(device, of: account) {
                    device.id = begun
                    try devices.takeUp(device, account: account, proven: nil, time: clock())
                } else {
                    try devices.insert(device, account: account, time: clock())
                }
            case .again(let proven): try devices.takeUp(device, account: account, proven: proven, time: clock())
            }
            guard let made = try devices.device(device.id, of: account) else { throw Failure(.noSuchDevice) }
            return LoggedIn(
                account: kept.record, device: device.id, deviceName: made.name,
                in: try MetaStore.generation(in: database), state: made.state, key: device.loginKey ?? [],
                chain: try devices.standing(of: account),
                packages: try PackageStore(database: database).standing(of: device.id, at: clock()))
        }
    }

    package func logIn(
        _ device: DeviceID, of account: AccountID, number: LoginNumber,
        ifSigned isSigned: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(StoreFailure) -> LoggedIn {
        let clock = settings.clock
        let loggedIn = try await softChange { database -> LoggedIn? in
            let devices = DeviceStore(database: database)
            let used = try devices.use(number, of: device, account: account, ifSigned: isSigned)
            guard let row = used else { return nil }
            return LoggedIn(
                account: row.account, device: device, deviceName: row.name,
                in: try MetaStore.generation(in: database), state: row.state, key: row.key, chain: row.chain,
                packages: try PackageStore(database: database).standing(of: device, at: clock()))
        }
        if let loggedIn { return loggedIn }
        // Former keys may be many: not where everybody's writes wait.
        let isReplaced = try await read { database in
            try EnrolmentStore(database: database).replacedKeys(of: device, account: account).contains(where: isSigned)
        }
        throw .refused(isReplaced ? Failure(.replaced) : .unprovenLogin)
    }

    package func devices(of account: AccountID) async throws(StoreFailure) -> [DeviceRecord] {
        try await read { try DeviceStore(database: $0).devices(of: account) }
    }

    package func addDevice(_ device: NewDevice, to account: AccountID) async throws(StoreFailure) {
        let clock = settings.clock
        try await change {
            try DeviceStore(database: $0).insert(device, account: account, isStranger: false, time: clock())
        }
    }

    package func renameDevice(
        _ device: DeviceID, of account: AccountID, to name: String
    ) async throws(StoreFailure) {
        try await change { try DeviceStore(database: $0).rename(device, of: account, to: name) }
    }

    package func revokeDevice(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) {
        try await change { try DeviceStore(database: $0).revoke(device, of: account) }
    }

    package func setPassword(
        _ hash: PasswordHash, of account: AccountID, replacing old: String?, revokingAllBut survivor: DeviceID?
    ) async throws(StoreFailure) -> [DeviceID] {
        try await change { database in
            guard try AccountStore(database: database).setPassword(hash, of: account, replacing: old) else {
                throw Failure(.loginRefused)
            }
            guard let survivor else { return [] }
            return try DeviceStore(database: database).endAll(of: account, except: survivor)
        }
    }

    package func setFlags(
        _ set: AccountRecord.Flags, clearing clear: AccountRecord.Flags, of account: AccountID
    ) async throws(StoreFailure) {
        try await change { try AccountStore(database: $0).setFlags(set, clearing: clear, of: account) }
    }

    package func setDisplayName(_ text: String, of account: AccountID) async throws(StoreFailure) {
        try await change { try AccountStore(database: $0).setDisplayName(text, of: account) }
    }

    package func deleteAccount(_ account: AccountID, erasing: Bool) async throws(StoreFailure) {
        try await change { database in
            try DeviceStateStore(database: database).revokeAll(of: account)
            try AccountStore(database: database).delete(account, erasing: erasing)
        }
    }

    package func counts() async throws(StoreFailure) -> StoreCounts {
        try await read { database in
            StoreCounts(
                accounts: try AccountStore(database: database).count(),
                devices: try DeviceStore(database: database).count(), groups: try RoomStore.countGroups(in: database),
                rooms: try RoomStore.count(in: database))
        }
    }
}

extension SQLiteStore {
    package func invites() async throws(StoreFailure) -> [Invite] {
        let clock = settings.clock
        return try await read { try InviteStore(database: $0).invites(at: clock()) }
    }

    package func isValid(invite token: [UInt8]) async throws(StoreFailure) -> Bool {
        let clock = settings.clock
        return try await read { try InviteStore(database: $0).isValid(token, at: clock()) }
    }

    package func addInvite(_ invite: Invite, token: [UInt8]) async throws(StoreFailure) {
        let clock = settings.clock
        try await change { database in
            let invites = InviteStore(database: database)
            try invites.removeExpired(at: clock())
            try invites.insert(invite, token: token)
        }
    }

    package func removeInvite(_ id: InviteID) async throws(StoreFailure) {
        try await change { try InviteStore(database: $0).remove(id) }
    }
}
