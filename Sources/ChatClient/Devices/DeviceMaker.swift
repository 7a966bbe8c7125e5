import CLISupport
import ChatProtocol
import GroupRules
import MLS
import Transport

/// Makes devices whose first keys lie in an identity file.
struct DeviceMaker: Sendable {
    let chain: OwnChain
    let known: AccountChain
    /// As it is to be, without devices.
    let file: IdentityFile

    /// Has the server make devices, which wait, and gives the file with their keys.
    func make(_ count: Int, named name: String) async throws(Problem) -> IdentityFile {
        // A device that may add none is told so before anything is made.
        _ = try ChainMove.add(try chain.own.grant()).step(in: known, by: chain.own)
        guard let binding = chain.link.binding else {
            throw Problem(.internalFault, "the connection has no binding")
        }
        var file = file
        do throws(Problem) {
            for index in 1...max(1, count) {
                let name = count > 1 ? "\(name) \(index)" : name
                let key = try Client.newKey()
                let registration: KeyRegistration
                do { registration = try key.registration(as: file.use.loginPurpose, on: binding) } catch {
                    throw Problem(.internalFault, "cannot sign: \(error)")
                }
                let added: DeviceAdded = try await chain.link.request(
                    AddDevice(device: DeviceDescription(name: name, keys: [registration])))
                file.devices.append(
                    IdentityFile.Device(
                        id: added.device, name: name, loginKey: key.rawRepresentation,
                        grantKey: try ChainKeys.newPair().privateKey.bytes))
            }
        } catch {
            await forget(file)
            throw error
        }
        return file
    }

    /// Adds them to the account's chain; where one is refused, all are revoked.
    func grant(_ file: IdentityFile) async throws(Problem) {
        do throws(Problem) {
            for device in file.devices { _ = try await chain.publish(.add(try grant(device))) }
        } catch {
            if error.exit != .unreachable { await forget(file) }
            throw error
        }
    }

    private func grant(_ device: IdentityFile.Device) throws(Problem) -> Grant {
        try OwnDevice.signing { () throws(MLSError) in
            let pair = try SignatureKeyPair(
                suite: .x25519Aes128GcmSha256Ed25519, privateKey: Secret(device.grantKey ?? []))
            return try Grant(device: device.id, pair: pair, rights: file.use.rights, at: chain.own.place)
        }
    }

    /// Takes back what was made, as far as that goes.
    func forget(_ file: IdentityFile) async {
        for device in file.devices {
            do throws(Problem) {
                if try await chain.read()?.devices[device.id] != nil {
                    _ = try await chain.publish(.revoke(device.id))
                } else {
                    let _: Done = try await chain.link.request(RevokeDevice(device: device.id))
                }
            } catch { chain.log.warning("device \(device.id.hex) is not revoked: \(error.text)") }
        }
    }
}

extension IdentityFile.Use {
    /// Whether a use of the file makes keys of its own.
    var enrols: Bool { self == .once || self == .reusable || self == .first }

    fileprivate var loginPurpose: KeyPurpose { enrols ? .enrol : .login }

    /// What the account's chain grants.
    fileprivate var rights: DeviceRights {
        switch self {
        case .certify: .certify
        case .once: .enrolOnce
        case .reusable: .enrolOften
        case .login, .first: []
        }
    }
}
