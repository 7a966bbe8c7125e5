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

    package init(account: AccountRecord, device: DeviceID, deviceName: String) {
        self.account = account
        self.device = device
        self.deviceName = deviceName
    }
}

/// The keeper of accounts and devices, as the hub sees it.
///
/// Every method is called on the hub's event loop and calls `completion` exactly once, on the same loop, at once or
/// later. Whatever is slow (bcrypt, SQL) happens elsewhere. A failed login or registration is completed at one fixed
/// deadline whatever the reason, so that time tells nothing; the hub adds no delay of its own. The `Failure` goes to
/// the peer as it is.
package protocol AccountService: AnyObject {
    typealias Completion<Value> = (Result<Value, Failure>) -> Void

    func register(_ request: Register, from origin: LoginOrigin, completion: @escaping Completion<LoggedIn>)
    func logIn(_ request: LoginByPassword, from origin: LoginOrigin, completion: @escaping Completion<LoggedIn>)
    func logIn(_ request: LoginByDevice, from origin: LoginOrigin, completion: @escaping Completion<LoggedIn>)

    /// The account's devices that are not revoked; `online` is filled in by the hub.
    func devices(of account: AccountID, completion: @escaping Completion<[DeviceRecord]>)
    func addDevice(
        _ request: AddDevice, to account: AccountID, from origin: LoginOrigin,
        completion: @escaping Completion<DeviceID>)
    func renameDevice(_ request: RenameDevice, of account: AccountID, completion: @escaping Completion<Void>)
    /// Completed when the revocation is on disk; the hub then closes the device's connections.
    func revokeDevice(_ request: RevokeDevice, of account: AccountID, completion: @escaping Completion<Void>)
    /// Completed with the devices that were revoked with it; the hub then closes their connections.
    func changePassword(
        _ request: ChangePassword, of account: AccountID, device: DeviceID, from origin: LoginOrigin,
        completion: @escaping Completion<[DeviceID]>)
}
