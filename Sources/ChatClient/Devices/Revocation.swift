import CLISupport
import ChatProtocol
import GroupRules

/// In which way a device of this account is cut off. A plain value.
enum Revocation: Equatable, Sendable {
    /// By a link, which everybody can see.
    case link
    /// By a word to the server: no chain knows the device.
    case word
    /// The server refuses it, by the account's password: this device may not sign.
    case suspension

    /// - Parameters:
    ///   - usable: the account's devices that can be used.
    ///   - isForced: also where no device is left.
    ///   - hasPassword: somebody has given it, or can be asked for it.
    /// - Throws: `last_device` (77), `forbidden` (77) where this device may not and has no password.
    init(
        of device: DeviceID, by own: OwnDevice, in chain: AccountChain?, usable: UsableDevices, isForced: Bool,
        hasPassword: Bool
    ) throws(Problem) {
        guard let chain, let known = chain.devices[device], known.isActive else {
            self = .word
            return
        }
        guard isForced || !usable.endWith(device) else {
            throw Problem(
                .lastDevice, "it is the account's last device: without it nobody can approve another one",
                advice: .forceLastDevice, sent: .no)
        }
        let me = chain.devices[own.device]
        if me?.isActive == true, me?.instance == own.instance, me?.certifies == true || device == own.device {
            self = .link
            return
        }
        guard hasPassword else {
            throw Problem(
                .forbidden, "this device may not revoke another", advice: .useCertifyingDevice, sent: .no)
        }
        self = .suspension
    }
}

/// What came of cutting a device off.
package struct RevocationOutcome: Equatable, Sendable {
    package var isRevoked: Bool
    /// Devices are left, and none of them can approve another one.
    package var leavesNoApprover = false
}
