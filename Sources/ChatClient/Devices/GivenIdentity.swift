import CLISupport
import Transport

/// An identity file as this profile takes it.
struct GivenIdentity: Sendable {
    let identity: Identity
    /// The server's key, where it is known by that.
    let pin: PublicKeyPin?
    /// What the device signs its account's chain with, where that lies in the file.
    let chainKeys: ChainKeys?

    /// - Parameter server: where the server is now, if it has moved since: whoever answers there must have its key and its id.
    init(_ file: IdentityFile, path: String, at server: ServerAddress?) throws(Problem) {
        guard let address = server ?? ServerAddress(file.address), let device = file.devices.first else {
            throw Problem(.invalidData, "\(path): server is malformed", advice: .makeIdentity)
        }
        let pin = file.pin.map { PublicKeyPin($0) }
        if case .some(nil) = pin { throw Problem(.invalidData, "\(path): pin is malformed", advice: .makeIdentity) }
        self.pin = pin ?? nil
        chainKeys = file.use.enrols ? nil : device.grantKey.map { ChainKeys(granting: $0) }
        identity = Identity(
            account: file.account, name: file.user, displayName: file.displayName, device: device.id,
            deviceName: device.name, loginKey: device.loginKey, standing: .active, address: address,
            server: file.server, generation: file.generation, everyone: file.everyone)
    }
}
