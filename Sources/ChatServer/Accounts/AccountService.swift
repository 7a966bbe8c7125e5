import ChatProtocol

/// What the keeper of accounts is told of the connection that asks.
package struct LoginOrigin: Sendable {
    /// The peer's IP address, without a port.
    package var address: String
    /// What a proof of possession or a login signature must be bound to.
    package var binding: ConnectionBinding

    package init(address: String, binding: ConnectionBinding) {
        self.address = address
        self.binding = binding
    }
}

/// Who a connection speaks for, once a login was accepted.
package struct LoggedIn: Sendable, Equatable {
    package var account: AccountRecord
    package var device: DeviceID
    package var deviceName: String
    /// The store's, as of the login.
    package var generation: StoreGeneration
    /// Active; or pending: it may leave its grant, look at its account's chain, and leave.
    package var state: DeviceState
    /// It came by an identity file and looks: no link makes it active, since it has proved no key of the device.
    package var isLooking = false
    /// The key by which the device logs in from now on, where the login was by it, or brought it.
    package var key: [UInt8] = []
    /// As of the login.
    package var chain: ChainStanding
    package var packages: KeyPackageStanding

    package init(
        account: AccountRecord, device: DeviceID, deviceName: String, in generation: StoreGeneration,
        state: DeviceState = .active, key: [UInt8] = [], chain: ChainStanding = ChainStanding(),
        packages: KeyPackageStanding = .none
    ) {
        self.account = account
        self.device = device
        self.deviceName = deviceName
        self.generation = generation
        self.state = state
        self.key = key
        self.chain = chain
        self.packages = packages
    }

    /// Of a device that its identity file lets look.
    package static func looking(
        _ account: AccountRecord, _ device: DeviceID, _ name: String, _ head: ChainHead, in generation: StoreGeneration
    ) -> LoggedIn {
        var looking = LoggedIn(
            account: account, device: device, deviceName: name, in: generation, state: .pending,
            chain: ChainStanding(head: head))
        looking.isLooking = true
        return looking
    }

    package var reader: DeviceReader { DeviceReader(account: account.id, device: device) }
}

/// The keeper of accounts and devices, as the hub sees it.
///
/// A failed login or registration is answered at one fixed deadline whatever the reason, so that time tells nothing;
/// the hub adds no delay of its own. The `Failure` goes to the peer as it is.
package protocol AccountService: Sendable {
    /// Starts what computes passwords.
    func start()
    /// Answers the logins that wait for a computation, and computes no more.
    func end() async

    func register(_ request: Register, from origin: LoginOrigin) async throws(Failure) -> LoggedIn
    func logIn(_ request: LoginByPassword, from origin: LoginOrigin) async throws(Failure) -> LoggedIn
    func logIn(_ request: LoginByDevice, from origin: LoginOrigin) async throws(Failure) -> LoggedIn
    /// Where it is active, the hub then closes the other connections of the device: they have other keys.
    func logIn(_ request: LoginByIdentity, from origin: LoginOrigin) async throws(Failure) -> LoggedIn

    /// The account's devices that are not revoked; `online` is filled in by the hub.
    func devices(of account: AccountID) async throws(Failure) -> [DeviceRecord]
    func addDevice(
        _ request: AddDevice, to account: AccountID, from origin: LoginOrigin
    ) async throws(Failure) -> DeviceID
    func renameDevice(_ request: RenameDevice, of account: AccountID) async throws(Failure)
    /// Adds a link to the account's chain; on return it is on disk. The hub then closes connections.
    func publishLink(
        _ request: PublishLink, by me: LoggedIn, from origin: LoginOrigin
    ) async throws(Failure) -> ChainOutcome
    /// Checks key packages, and keeps those that are good.
    func publishPackages(_ request: PublishKeyPackages, of me: LoggedIn) async throws(Failure) -> KeyPackageCount
    /// Keeps the grant of a device that waits.
    func leaveGrant(_ request: LeaveGrant, of me: LoggedIn) async throws(Failure) -> WaitingDevice
    /// On return the suspension is on disk; the hub then closes the device's connections.
    func suspendDevice(_ request: SuspendDevice, of account: AccountID, from origin: LoginOrigin) async throws(Failure)
    /// On return the revocation is on disk; the hub then closes the device's connections.
    func revokeDevice(_ request: RevokeDevice, of account: AccountID) async throws(Failure)
    /// Gives the devices that may not log in any more; the hub then closes their connections.
    func changePassword(
        _ request: ChangePassword, of account: AccountID, device: DeviceID, from origin: LoginOrigin
    ) async throws(Failure) -> [DeviceID]
}
