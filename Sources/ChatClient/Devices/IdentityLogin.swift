import ChatProtocol
import Transport

/// What logs in by an identity file. A secret.
struct IdentityLogin: Sendable {
    var server: ServerID
    var account: AccountID
    var device: DeviceID
    var deviceName: String
    /// The key in the file.
    var enrol: SigningKey
    /// The key by which the device logs in from then on; nil: it only looks.
    var key: SigningKey?
    /// Empty where it only looks, and where the account has no chain.
    var renewal: [UInt8] = []

    func request(on binding: ConnectionBinding) throws -> LoginByIdentity {
        LoginByIdentity(
            account: account, device: device, enrol: try enrol.registration(as: .enrol, on: binding),
            description: DeviceDescription(
                name: deviceName, keys: try key.map { [try $0.registration(on: binding)] } ?? []),
            renewal: renewal)
    }
}
