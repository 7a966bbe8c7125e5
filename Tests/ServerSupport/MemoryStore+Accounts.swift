import ChatProtocol
import Transport

import ChatServer

extension MemoryStore {
    func account(named name: UserName) async throws(StoreFailure) -> StoredAccount? {
        people.values.first { $0.record.name == name }
    }

    func account(_ id: AccountID) async throws(StoreFailure) -> StoredAccount? { people[id] }

    func accounts(after name: String, limit: Int) async throws(StoreFailure) -> [CountedAccount] {
        let rest = people.values.filter { $0.record.name.text > name }.sorted { $0.record.name < $1.record.name }
        return rest.prefix(limit).map { account in
            CountedAccount(account: account, devices: active(of: account.record.id).count)
        }
    }

    func dearestImportedCost() async throws(StoreFailure) -> Int {
        people.values.filter { $0.hashOrigin == .imported }
            .compactMap { (try? PasswordHash($0.passwordHash))?.cost }.max() ?? 0
    }

    func register(
        _ account: StoredAccount, device: NewDevice?, invite: [UInt8]?
    ) async throws(StoreFailure) {
        if let known = people.values.first(where: { $0.record.name == account.record.name }) {
            guard known.record.id == account.record.id else { throw .refused(Failure(.nameTaken)) }
            return
        }
        if let invite, valid(invite) == nil { throw .refused(Failure(.inviteInvalid)) }
        if let device { try make(device, .active, of: account.record.id) }
        people[account.record.id] = account
        if let invite, let id = valid(invite) { kept[id]?.invite.usesLeft -= 1 }
    }

    func importAccounts(
        _ accounts: [StoredAccount], isDryRun: Bool
    ) async throws(StoreFailure) -> [AccountID] {
        accounts.filter { account in
            let known = people.values.first { $0.record.name == account.record.name }
            guard known == nil || known?.record.id == account.record.id else { return false }
            if !isDryRun, known == nil { people[account.record.id] = account }
            return true
        }.map(\.record.id)
    }

    func admit(
        _ device: NewDevice, _ admission: Admission, to account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) -> LoggedIn {
        guard let known = people[account], known.passwordHash == hash, !known.isDeleted else {
            throw .refused(Failure(.loginRefused))
        }
        guard !known.isDisabled else { throw .refused(Failure(.accountDisabled)) }
        var device = device
        switch admission {
        case .new:
            let isTakenUp = { (state: DeviceState) in
                state == .pending || state == .active && self.standing(of: account).head == .none
            }
            let begun = active(of: account).first {
                $0.new.loginKey != nil && $0.new.loginKey == device.loginKey && isTakenUp($0.state)
            }
            if let begun {
                device.id = begun.new.id
                try takeUp(device, of: account, nil)
            } else {
                try add(device, to: account, isStranger: true)
            }
        case .again(let proven): try takeUp(device, of: account, proven)
        }
        guard let made = devices[device.id] else { throw .refused(Failure(.noSuchDevice)) }
        return LoggedIn(
            account: known.record, device: device.id, deviceName: made.new.name, in: stored.generation,
            state: made.state, key: device.loginKey ?? [], chain: standing(of: account),
            packages: packageStanding(of: device.id))
    }

    private func takeUp(_ device: NewDevice, of account: AccountID, _ proven: ChainHead?) throws(StoreFailure) {
        let head = standing(of: account).head
        let isProven = head != .none && proven == head
        guard var old = devices[device.id], old.account == account else {
            guard isProven else { throw .refused(Failure(.noSuchDevice)) }
            return try make(device, .active, of: account)
        }
        guard old.state == .active || old.state == .pending else { throw .refused(Failure(.deviceRevoked)) }
        guard old.state == .pending || head == .none || isProven else { throw .refused(Failure.deviceNotProven) }
        let brought = Set(device.keys.map(\.purpose))
        var new = device
        new.keys += old.new.keys.filter { !brought.contains($0.purpose) }
        if new.keys.first(where: { $0.purpose == .login }) != old.new.keys.first(where: { $0.purpose == .login }) {
            old.window = LoginWindow()
        }
        old.new = new
        devices[device.id] = old
    }

    func make(_ device: NewDevice, _ state: DeviceState, of account: AccountID) throws(StoreFailure) {
        guard devices[device.id] == nil else { throw .refused(Failure(.noSuchDevice)) }
        var made = Device(new: device, account: account, state: state, created: clock())
        if state == .active { made.activated = clock() } else { made.pendingSince = clock() }
        devices[device.id] = made
    }

    private func add(_ device: NewDevice, to account: AccountID, isStranger: Bool) throws(StoreFailure) {
        guard devices[device.id]?.account != account else { return }
        endWaiting(at: clock())
        let waits = standing(of: account).head != .none
        guard active(of: account).count < Limits.devicesPerAccount,
            !waits || !isStranger || active(of: account).count(where: { $0.state == .pending }) < Limits.pendingDevices
        else { throw .refused(Failure(.tooManyDevices)) }
        try make(device, waits ? .pending : .active, of: account)
    }

    func logIn(
        _ device: DeviceID, of account: AccountID, number: LoginNumber,
        ifSigned isSigned: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(StoreFailure) -> LoggedIn {
        guard let known = devices[device], known.account == account, let record = people[account]?.record,
            let key = known.new.keys.first(where: { $0.purpose == .login })?.publicKey
        else { throw .refused(.unprovenLogin) }
        guard isSigned(key) else {
            let former = known.replaced.suffix(IdentityEntry.replacedKeys)
            throw .refused(former.contains(where: isSigned) ? Failure(.replaced) : .unprovenLogin)
        }
        let row = DeviceLoginRow(
            account: record, name: known.new.name, state: known.state, key: key, window: known.window,
            chain: standing(of: account))
        let used: DeviceLoginRow
        do { used = try row.using(number) } catch { throw .refused(error) }
        devices[device]?.window = used.window
        return LoggedIn(
            account: record, device: device, deviceName: used.name, in: stored.generation, state: used.state, key: key,
            chain: used.chain, packages: packageStanding(of: device))
    }

    func active(of account: AccountID) -> [Device] {
        devices.values.filter { $0.account == account && $0.state != .revoked }
            .sorted { ($0.created, $0.new.id) < ($1.created, $1.new.id) }
    }

    func devices(of account: AccountID) async throws(StoreFailure) -> [DeviceRecord] {
        active(of: account).map {
            DeviceRecord(
                id: $0.new.id, name: $0.new.name, state: $0.state, created: $0.created, lastSeen: $0.lastSeen,
                online: false, grant: $0.grant)
        }
    }

    func addDevice(_ device: NewDevice, to account: AccountID) async throws(StoreFailure) {
        try add(device, to: account, isStranger: false)
    }

    func renameDevice(_ device: DeviceID, of account: AccountID, to name: String) async throws(StoreFailure) {
        guard let known = devices[device], known.account == account, known.state != .revoked else {
            throw .refused(Failure(.noSuchDevice))
        }
        devices[device]?.new.name = name
    }

    func revokeDevice(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) {
        guard let known = devices[device], known.account == account else { throw .refused(Failure(.noSuchDevice)) }
        if known.state == .active || known.state == .suspended, standing(of: account).head != .none {
            throw .refused(Failure.standsInChain)
        }
        end(device)
    }

    func setPassword(
        _ hash: PasswordHash, of account: AccountID, replacing old: String?, revokingAllBut survivor: DeviceID?
    ) async throws(StoreFailure) -> [DeviceID] {
        guard let known = people[account], !known.isDeleted,
            old == nil || [old, hash.text].contains(known.passwordHash)
        else { throw .refused(Failure(.loginRefused)) }
        people[account]?.passwordHash = hash.text
        people[account]?.hashOrigin = .own
        guard let survivor else { return [] }
        let hasChain = standing(of: account).head != .none
        for device in active(of: account) where device.new.id != survivor && device.state != .suspended {
            end(device.new.id, hasChain && device.state == .active ? .suspended : .revoked)
        }
        return devices.values.filter {
            $0.account == account && [.revoked, .suspended].contains($0.state) && $0.new.id != survivor
        }.map(\.new.id).sorted()
    }

    func setFlags(
        _ set: AccountRecord.Flags, clearing clear: AccountRecord.Flags, of account: AccountID
    ) async throws(StoreFailure) {
        people[account]?.record.flags.subtract(clear)
        people[account]?.record.flags.formUnion(set)
    }

    func setDisplayName(_ text: String, of account: AccountID) async throws(StoreFailure) {
        people[account]?.record.displayName = text
    }

    func deleteAccount(_ account: AccountID, erasing: Bool) async throws(StoreFailure) {
        if erasing { self.erasing.insert(account) }
        for device in active(of: account) { end(device.new.id) }
        people[account]?.record.displayName = ""
        people[account]?.record.flags = .deleted
        people[account]?.passwordHash = ""
    }

    func counts() async throws(StoreFailure) -> StoreCounts {
        StoreCounts(
            accounts: people.values.count { !$0.isDeleted }, devices: devices.values.count { $0.state != .revoked },
            groups: conversations.values.count { $0.mark.isGroup && !$0.isClosed },
            rooms: conversations.values.count { $0.name != nil })
    }

    // MARK: Invites

    private func valid(_ token: [UInt8]) -> InviteID? {
        let digest = SHA256.hash(token)
        return kept.values.first {
            $0.digest == digest && $0.invite.usesLeft > 0 && $0.invite.expires > clock()
        }?.invite.id
    }

    func invites() async throws(StoreFailure) -> [Invite] {
        kept.values.map(\.invite).filter { $0.usesLeft > 0 && $0.expires > clock() }
            .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }

    func isValid(invite token: [UInt8]) async throws(StoreFailure) -> Bool { valid(token) != nil }

    func addInvite(_ invite: Invite, token: [UInt8]) async throws(StoreFailure) {
        if kept[invite.id] == nil { kept[invite.id] = (invite, SHA256.hash(token)) }
    }

    func removeInvite(_ id: InviteID) async throws(StoreFailure) { kept[id] = nil }
}
