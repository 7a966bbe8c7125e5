import CLISupport
import ChatProtocol
import Transport

/// How a connection says who it is.
enum LinkLogin: Sendable {
    /// Not at all: it only looks at the server.
    case none
    ///
    /// - Parameter mayBePending: whether a device that waits to be added is let in; else that is a refusal.
    case device(LoginTicket, mayBePending: Bool = false)
    case identity(IdentityLogin)
    /// With the key that the device logs in by from then on, and where it is taken up again the one that the account's chain has: a password
    /// alone is no device.
    case password(
        name: UserName, password: [UInt8], existing: DeviceID?, deviceName: String, key: SigningKey,
        chainKey: SigningKey?)
    case register(
        name: UserName, displayName: String, password: [UInt8], invite: [UInt8], deviceName: String, key: SigningKey)

    /// How long the hello and the login may take where `left` is what is left of the time to connect. Where the server
    /// computes a password there may be many before this one, and one that was given up would be computed all the same.
    func patience(left: Duration) -> Duration {
        switch self {
        case .none, .device, .identity: left
        case .password, .register: max(left, .seconds(30))
        }
    }

    /// The server's identity, where this device knows it already.
    var expectedServer: ServerID? {
        switch self {
        case .device(let ticket, _): ticket.identity.server
        case .identity(let identity): identity.server
        case .none, .password, .register: nil
        }
    }

    /// Why a device that waits to be added is not let in; nil: it is.
    var refusalOfPending: Problem? {
        guard case .device(let ticket, mayBePending: false) = self else { return nil }
        return ticket.waiting?.problem ?? Problem(.devicePending, sent: .no)
    }

    /// The frame that logs in on the connection of `binding`; nil for `none`.
    func frame(on binding: ConnectionBinding) throws -> (kind: FrameKind, body: [UInt8])? {
        switch self {
        case .none:
            return nil
        case .device(let ticket, _):
            let identity = ticket.identity
            let proof = LoginProof(
                account: identity.account, device: identity.device, number: ticket.number, binding: binding)
            guard let seed = identity.loginKey,
                let signature = try SigningKey.signature(of: proof.wireBytes, seed: seed)
            else { return nil }
            let login = LoginByDevice(
                account: identity.account, device: identity.device, number: ticket.number, signature: signature)
            return (LoginByDevice.kind, login.wireBytes)
        case .identity(let identity):
            return (LoginByIdentity.kind, try identity.request(on: binding).wireBytes)
        case .password(let name, let password, let existing, let deviceName, let key, let chainKey):
            let login = LoginByPassword(
                name: name, password: password, existing: existing,
                device: DeviceDescription(
                    name: deviceName,
                    keys: [try key.registration(on: binding)]
                        + (try chainKey.map { [try $0.registration(as: .signature, on: binding)] } ?? [])))
            return (LoginByPassword.kind, login.wireBytes)
        case .register(let name, let displayName, let password, let invite, let deviceName, let key):
            let register = Register(
                name: name, displayName: displayName, password: password, invite: invite,
                device: DeviceDescription(name: deviceName, keys: [try key.registration(on: binding)]))
            return (Register.kind, register.wireBytes)
        }
    }
}

extension SigningKey {
    /// This key as a device's, with the proof that we hold it.
    func registration(
        as purpose: KeyPurpose = .login, on binding: ConnectionBinding
    ) throws(CryptoFailure) -> KeyRegistration {
        let proof = KeyProof(purpose: purpose, algorithm: .ed25519, publicKey: publicKey, binding: binding)
        return KeyRegistration(
            purpose: purpose, algorithm: .ed25519, publicKey: publicKey, proof: try sign(proof.wireBytes))
    }
}
