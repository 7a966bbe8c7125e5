import CLISupport
import ChatProtocol
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
