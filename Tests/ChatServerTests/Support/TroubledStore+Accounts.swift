import ChatProtocol
import GroupRules

@testable import ChatServer

extension TroubledStore {
    func account(named name: UserName) async throws(StoreFailure) -> StoredAccount? {
        try await read { () throws(StoreFailure) in try await base.account(named: name) }
    }

    func account(_ id: AccountID) async throws(StoreFailure) -> StoredAccount? {
        try await read { () throws(StoreFailure) in try await base.account(id) }
    }

    func accounts(after name: String, limit: Int) async throws(StoreFailure) -> [CountedAccount] {
        try await read { () throws(StoreFailure) in try await base.accounts(after: name, limit: limit) }
    }

    func dearestImportedCost() async throws(StoreFailure) -> Int {
        try await read { () throws(StoreFailure) in try await base.dearestImportedCost() }
    }

    func register(
        _ account: StoredAccount, device: NewDevice?, invite: [UInt8]?
    ) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in
            try await store.register(account, device: device, invite: invite)
        }
        await other?.comeSecond(to: account, device: device, invite: invite)
    }

    func importAccounts(_ accounts: [StoredAccount], isDryRun: Bool) async throws(StoreFailure) -> [AccountID] {
        try await change { store throws(StoreFailure) in
            try await store.importAccounts(accounts, isDryRun: isDryRun)
        }
    }

    func admit(
        _ device: NewDevice, _ admission: Admission, to account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) -> LoggedIn {
        let loggedIn = try await change { store throws(StoreFailure) in
            try await store.admit(device, admission, to: account, ifHashIs: hash)
        }
        await other?.comeSecond(to: loggedIn.device, of: account)
        return loggedIn
    }

    func chain(of account: AccountID, from number: UInt32, limit: Int) async throws(StoreFailure) -> StoredChain? {
        try await read { () throws(StoreFailure) in try await base.chain(of: account, from: number, limit: limit) }
    }

    func publish(_ step: ChainStep) async throws(StoreFailure) -> ChainOutcome {
        let outcome = try await change { store throws(StoreFailure) in try await store.publish(step) }
        await other?.comeSecond(to: step)
        return outcome
    }

    func leaveGrant(
        _ grant: [UInt8], of device: DeviceID, account: AccountID
    ) async throws(StoreFailure) -> WaitingDevice {
        try await change { store throws(StoreFailure) in
            try await store.leaveGrant(grant, of: device, account: account)
        }
    }

    func enrolment(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) -> EnrolledDevice? {
        try await read { () throws(StoreFailure) in try await base.enrolment(device, of: account) }
    }

    func enrol(_ entry: IdentityEntry) async throws(StoreFailure) -> LoggedIn {
        let loggedIn = try await change { store throws(StoreFailure) in try await store.enrol(entry) }
        await other?.comeSecond(to: entry)
        return loggedIn
    }

    func suspendDevice(
        _ device: DeviceID, of account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in
            try await store.suspendDevice(device, of: account, ifHashIs: hash)
        }
    }

    func publishPackages(_ publication: PackagePublication) async throws(StoreFailure) -> KeptPackages {
        let kept = try await change { store throws(StoreFailure) in try await store.publishPackages(publication) }
        await other?.comeSecond(to: publication)
        return kept
    }

    func takePackages(_ claim: PackageClaim) async throws(StoreFailure) -> [TakenPackage] {
        try await change { store throws(StoreFailure) in try await store.takePackages(claim) }
    }

    func packagesWereUsed(_ use: PackageUse) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.packagesWereUsed(use) }
    }

    func changeBlocks(_ change: ChangeBlocks, of account: AccountID) async throws(StoreFailure) -> [AccountRecord] {
        try await self.change { store throws(StoreFailure) in try await store.changeBlocks(change, of: account) }
    }

    func isBlocked(_ other: AccountID, by account: AccountID) async throws(StoreFailure) -> Bool {
        try await read { () throws(StoreFailure) in try await base.isBlocked(other, by: account) }
    }

    func logIn(
        _ device: DeviceID, of account: AccountID, number: LoginNumber,
        ifSigned isSigned: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(StoreFailure) -> LoggedIn {
        let loggedIn = try await read { () throws(StoreFailure) in
            try await base.logIn(device, of: account, number: number, ifSigned: isSigned)
        }
        await other?.comeSecond(to: number, of: device, account: account, ifSigned: isSigned)
        return loggedIn
    }

    func devices(of account: AccountID) async throws(StoreFailure) -> [DeviceRecord] {
        try await read { () throws(StoreFailure) in try await base.devices(of: account) }
    }

    func addDevice(_ device: NewDevice, to account: AccountID) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.addDevice(device, to: account) }
        await other?.comeSecond(to: device.id, of: account)
    }

    func renameDevice(_ device: DeviceID, of account: AccountID, to name: String) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.renameDevice(device, of: account, to: name) }
    }

    func revokeDevice(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.revokeDevice(device, of: account) }
    }

    func setPassword(
        _ hash: PasswordHash, of account: AccountID, replacing old: String?, revokingAllBut survivor: DeviceID?
    ) async throws(StoreFailure) -> [DeviceID] {
        let ended = try await change { store throws(StoreFailure) in
            try await store.setPassword(hash, of: account, replacing: old, revokingAllBut: survivor)
        }
        await other?.comeSecond(to: hash, replacing: old, of: account)
        return ended
    }

    func setFlags(
        _ set: AccountRecord.Flags, clearing clear: AccountRecord.Flags, of account: AccountID
    ) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.setFlags(set, clearing: clear, of: account) }
    }

    func setDisplayName(_ text: String, of account: AccountID) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.setDisplayName(text, of: account) }
    }

    func deleteAccount(_ account: AccountID, erasing: Bool) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.deleteAccount(account, erasing: erasing) }
    }

    func counts() async throws(StoreFailure) -> StoreCounts {
        try await read { () throws(StoreFailure) in try await base.counts() }
    }

    func invites() async throws(StoreFailure) -> [Invite] {
        try await read { () throws(StoreFailure) in try await base.invites() }
    }

    func isValid(invite token: [UInt8]) async throws(StoreFailure) -> Bool {
        try await read { () throws(StoreFailure) in try await base.isValid(invite: token) }
    }

    func addInvite(_ invite: Invite, token: [UInt8]) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.addInvite(invite, token: token) }
    }

    func removeInvite(_ id: InviteID) async throws(StoreFailure) {
        try await change { store throws(StoreFailure) in try await store.removeInvite(id) }
    }
}
