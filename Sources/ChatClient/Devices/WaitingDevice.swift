import CLISupport
import ChatProtocol
import GroupRules

/// A device of this account that waits to be added, as it sees itself.
package struct WaitingDevice: Equatable, Sendable {
    package var device: DeviceID
    /// What is compared where it is approved: `dev1:…`.
    package var fingerprint: String
    /// How many devices can approve it.
    package var approvers: Int

    init(_ own: OwnDevice, approvers: Int) {
        device = own.device
        fingerprint = own.fingerprint.description
        self.approvers = approvers
    }

    /// What a command ends with that has said so when it began to wait, and how it is approved.
    var lapse: Problem {
        var problem = problem
        problem.advice = nil
        problem.hint = "the same command waits on"
        return problem
    }

    /// What a command ends with that needs more.
    package var problem: Problem {
        let count =
            switch approvers {
            case 0: "no device that it knows can approve it"
            case 1: "one device can approve it"
            default: "\(approvers) devices can approve it"
            }
        var problem = Problem(
            .devicePending, "this device waits to be approved; its fingerprint is \(fingerprint), and \(count)",
            advice: .approveDevice(id: device.hex, fingerprint: fingerprint, approvers: approvers), sent: .no)
        problem.device = device.hex
        problem.deviceFingerprint = fingerprint
        problem.approvers = approvers
        return problem
    }
}
