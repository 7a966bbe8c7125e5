import ChatProtocol
import ChatServer
import WireCodec

/// A keeper of accounts that takes every password: delivery is tested here, not the login.
///
/// `existing` in a login by password takes a device up again; a name that is not known is made an account.
struct TestAccounts: AccountService {
    private let store: any Store
    private let stalls: Bool
    private let entersGroups: Bool
    private let number: @Sendable () -> UInt64

    /// - Parameters:
    ///   - stalls: whether the password "never" has no answer.
    ///   - entersGroups: everything that an account has is a group, and its devices are in it when they log in.
    ///   - number: what identifiers are made of.
    init(
        _ store: any Store, stalls: Bool = true, entersGroups: Bool = false,
        number: @escaping @Sendable () -> UInt64 = { .random(in: 0 ... .max) }
    ) {
        self.store = store
        self.stalls = stalls
        self.entersGroups = entersGroups
        self.number = number
    }

    func start() {}
    func end() async {}

    func logIn(_ request: LoginByPassword, from origin: LoginOrigin) async throws(Failure) -> LoggedIn {
        // One that is never answered, as by a pool that is far behind.
        if stalls, request.password == Array("never".utf8) { try? await Task.sleep(for: .seconds(600)) }
        guard request.password != Array("wrong".utf8) else { throw Failure(.loginRefused) }
        do {
            return try await enter(request)
        } catch { throw Failure(.internalError, sentence: "\(error)") }
    }

    private func enter(_ request: LoginByPassword) async throws -> LoggedIn {
        let account = try await account(request.name)
        let device = request.existing ?? identifier()
        if request.existing == nil {
            try await store.addDevice(NewDevice(id: device, name: request.device.name, keys: []), to: account.id)
        }
        let made = try await store.devices(of: account.id).first { $0.id == device }
        if entersGroups, made?.state == .active { try await store.enter(device, of: account.id) }
        return LoggedIn(
            account: account, device: device, deviceName: request.device.name,
            in: try await store.identity().generation, state: made?.state ?? .active)
    }

    private func account(_ name: UserName) async throws -> AccountRecord {
        if let known = try await store.account(named: name) { return known.record }
        let record = AccountRecord(id: identifier(), name: name, displayName: name.text.uppercased())
        let account = StoredAccount(record: record, passwordHash: "", created: 0)
        try await store.register(account, device: nil, invite: nil)
        _ = try await store.commit([.join(try await store.identity().everyone, record.id)])
        return record
    }

    private func identifier<Kind>() -> Identifier<Kind> { Identifier(high: number(), low: number()) }

    func register(_ request: Register, from origin: LoginOrigin) async throws(Failure) -> LoggedIn {
        throw Failure(.registrationClosed)
    }
    func logIn(_ request: LoginByDevice, from origin: LoginOrigin) async throws(Failure) -> LoggedIn {
        throw Failure(.badProof)
    }
    func devices(of account: AccountID) async throws(Failure) -> [DeviceRecord] { [] }
    func addDevice(
        _ request: AddDevice, to account: AccountID, from origin: LoginOrigin
    ) async throws(Failure) -> DeviceID { throw Failure(.tooManyDevices) }
    func publishPackages(_ request: PublishKeyPackages, of me: LoggedIn) async throws(Failure) -> KeyPackageCount {
        throw Failure(.noSuchDevice)
    }
    func renameDevice(_ request: RenameDevice, of account: AccountID) async throws(Failure) {
        throw Failure(.noSuchDevice)
    }
    /// The device begins with the keys it names, or looks where it brings no renewal; nothing is verified.
    func logIn(_ request: LoginByIdentity, from origin: LoginOrigin) async throws(Failure) -> LoggedIn {
        do {
            let keys = request.description.keys.map {
                DeviceKey(purpose: $0.purpose, algorithm: $0.algorithm, publicKey: $0.publicKey)
            }
            let device = NewDevice(id: request.device, name: request.description.name, keys: keys)
            let head = try await store.chain(of: request.account, from: 0, limit: 1)?.head ?? .none
            if request.renewal.isEmpty, let account = try await store.account(request.account) {
                return .looking(
                    account.record, device.id, device.name, head, in: try await store.identity().generation)
            }
            let renewal = IdentityEntry.Renewal(instance: 1, bytes: request.renewal, isOnce: false)
            return try await store.enrol(
                IdentityEntry(account: request.account, device: device, head: head, renewal: renewal))
        } catch { throw Failure(.badProof, sentence: "\(error)") }
    }
    func suspendDevice(
        _ request: SuspendDevice, of account: AccountID, from origin: LoginOrigin
    ) async throws(Failure) {
        do { try await store.suspendDevice(request.device, of: account, ifHashIs: "") } catch {
            throw Failure(.noSuchDevice, sentence: "\(error)")
        }
    }
    /// A link is the identifier of the device that it adds, and no chain has it.
    func publishLink(
        _ request: PublishLink, by me: LoggedIn, from origin: LoginOrigin
    ) async throws(Failure) -> ChainOutcome {
        guard let device = try? DeviceID(wireBytes: request.link) else { throw Failure(.invalidLink) }
        var outcome = ChainOutcome(account: me.account.id, head: .none)
        outcome.activated = [device]
        return outcome
    }
    func leaveGrant(_ request: LeaveGrant, of me: LoggedIn) async throws(Failure) -> WaitingDevice {
        throw Failure(.noSuchDevice)
    }
    func revokeDevice(_ request: RevokeDevice, of account: AccountID) async throws(Failure) {}
    func changePassword(
        _ request: ChangePassword, of account: AccountID, device: DeviceID, from origin: LoginOrigin
    ) async throws(Failure) -> [DeviceID] { [] }
}
