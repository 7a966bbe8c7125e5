import CLISupport
import ChatProtocol
import GroupRules
import MLS
import Transport

/// An identity file as this profile takes it.
struct GivenIdentity: Sendable {
    let file: IdentityFile
    let address: ServerAddress
    /// The server's key, where it is known by that.
    let pin: PublicKeyPin?

    /// - Parameter server: where the server is now, if it has moved since: whoever answers there must have its key and its id.
    init(_ file: IdentityFile, path: String, at server: ServerAddress?) throws(Problem) {
        guard let address = server ?? ServerAddress(file.address), !file.devices.isEmpty else {
            throw Problem(.invalidData, "\(path): server is malformed", advice: .makeIdentity)
        }
        let pin = file.pin.map { PublicKeyPin($0) }
        if case .some(nil) = pin { throw Problem(.invalidData, "\(path): pin is malformed", advice: .makeIdentity) }
        guard file.pins.allSatisfy({ AccountFingerprint($0.root) != nil }) else {
            throw Problem(.invalidData, "\(path): pins is malformed", advice: .makeIdentity)
        }
        self.pin = pin ?? nil
        self.file = file
        self.address = address
    }

    func device(_ id: DeviceID) -> IdentityFile.Device? { file.devices.first { $0.id == id } }

    /// The name in the file proves nothing. The account's chain and the server say whose it is.
    ///
    /// - Throws: `wrong_profile` (78).
    func requireName(_ name: UserName) throws(Problem) {
        guard name != file.user else { return }
        throw Problem(
            .wrongProfile,
            "the identity was made for another account: it says \(file.user), and its account is \(name)'s",
            advice: .makeAnotherIdentity)
    }

    /// The file says whose account it is for.
    ///
    /// - Throws: `key_changed` (79).
    func requireRoot(_ chain: AccountChain) throws(Problem) {
        let present = AccountFingerprint(chain.root).description
        guard let expected = file.root, expected != present else { return }
        throw Problem(
            .keyChanged,
            "\(file.user)'s key has changed since the identity was made: it was \(expected) and is \(present)",
            advice: .makeAnotherIdentity, sent: .no)
    }

    /// What a device of the file signs with must be what the account's chain grants.
    ///
    /// - Throws: `invalid_data` (65): it would be of no use.
    func requireGrant(of device: IdentityFile.Device, _ known: ChainDevice) throws(Problem) {
        guard let key = device.grantKey else { return }
        let pair = try? SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, privateKey: Secret(key))
        guard pair?.publicKey.bytes != known.grant.key.bytes else { return }
        throw Problem(
            .invalidData, "the identity is damaged: its grant_key is not the one that \(file.user)'s chain has",
            advice: .makeAnotherIdentity, sent: .no)
    }

    /// Who a profile is as one of the file's devices.
    func identity(
        of device: IdentityFile.Device, named name: String? = nil, loginKey: [UInt8], _ standing: Identity.Standing
    ) -> Identity {
        Identity(
            account: file.account, name: file.user, displayName: file.displayName, device: device.id,
            deviceName: name ?? device.name, loginKey: loginKey, standing: standing, address: address,
            server: file.server, generation: file.generation, everyone: file.everyone)
    }

    /// Whether a profile has the identity already, so that nothing need be asked.
    ///
    /// - Parameter isComplete: the server has welcomed it before.
    func isHeld(by known: Identity, isComplete: Bool) -> Bool {
        guard isComplete, device(known.device) != nil else { return false }
        guard file.use.enrols else { return true }
        return switch known.standing {
        case .active, .pending: true
        // A newer use takes the place of both.
        case .copied: file.use != .reusable
        case .revoked, .loggedOut, .replaced, .enrolling: false
        }
    }
}
