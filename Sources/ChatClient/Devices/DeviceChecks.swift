import CLISupport
import ChatProtocol
import GroupRules

/// What a doctor says of an account's devices. A plain value.
struct DeviceChecks {
    let devices: [AccountDevice]
    let chain: AccountChain?

    /// One line for each device that waits and for what is missing, else one for all.
    var checks: [DoctorCheck] {
        let found = waiting.map(Self.check) + devices.filter(\.isLost).map(lost) + [recovery].compactMap { $0 }
        return found.isEmpty ? [DoctorCheck(name: Self.name, status: .ok, text: summary)] : found
    }

    /// Those that have left what they are approved by.
    var waiting: [WaitingNotice] {
        devices.filter { $0.record.state == .pending && !$0.record.grant.isEmpty }.map {
            WaitingNotice(device: $0.record.id, name: $0.record.name, time: $0.record.created)
        }
    }

    private static let name = "devices"

    private static func check(_ notice: WaitingNotice) -> DoctorCheck {
        let since = TimestampText.utc(notice.time)
        return DoctorCheck(
            name: name, status: .warning,
            text: "\(InertText.line(notice.name)) (\(notice.device.hex)) waits to be approved, since \(since)",
            see: .seeDevices)
    }

    /// It may be a stranger's whom nobody can see otherwise.
    private func lost(_ device: AccountDevice) -> DoctorCheck {
        let isOfFile = chain?.devices[device.record.id]?.grant.rights.enrols == true
        return DoctorCheck(
            name: Self.name, status: .warning,
            text: "the server, restored from a backup, does not know device \(device.record.id.hex) any more: "
                + (isOfFile
                    ? "it needs another identity file, and is revoked"
                    : "log in there again by the password, or revoke it"),
            see: .seeDevices)
    }

    /// Nil where the account can go on without any one of its devices.
    private var recovery: DoctorCheck? {
        guard let chain else { return nil }
        let approvers = UsableDevices(chain, devices.map(\.record)).approvers.count
        guard approvers < 2 else { return nil }
        let problem = Problem(
            .noRecovery,
            approvers == 0
                ? "none of the account's devices can approve another one"
                : "one device alone can approve others, and where it is lost none can",
            advice: approvers == 0 ? .resetAccount() : .makeRecovery)
        return DoctorCheck(name: Self.name, status: .warning, text: problem.text, problem: problem)
    }

    /// Who has let whom in: whoever finds a stranger there revokes him.
    private var summary: String {
        guard let chain else { return "\(devices.count) of an account without a chain" }
        return chain.devices.values.filter(\.isActive).sorted { $0.number < $1.number }.map { device in
            let link = chain.links[Int(device.number)]
            let came = link.by == device.grant.device ? "the first" : "let in by \(name(of: link.by))"
            return "\(name(of: device.grant.device)) (\(came))"
        }.joined(separator: ", ")
    }

    private func name(of id: DeviceID) -> String {
        guard let device = devices.first(where: { $0.record.id == id }) else { return "\(id.hex), which is gone" }
        let name = device.isLost ? id.hex : InertText.line(device.record.name)
        return device.isThis ? "this one" : device.record.state == .active ? name : "\(name), which is \(state(device))"
    }

    private func state(_ device: AccountDevice) -> String {
        device.record.state == .suspended ? "suspended" : "revoked"
    }
}

extension Client {
    /// Devices of this account that wait to be approved.
    package func waitingDevices() async throws(Problem) -> [WaitingNotice] {
        DeviceChecks(devices: try await devices().map { AccountDevice($0, isThis: false) }, chain: nil).waiting
    }

    func deviceChecks() async throws(Problem) -> [DoctorCheck] {
        let devices = try await accountDevices()
        let account = try identity().account
        return DeviceChecks(devices: devices, chain: try store { try $0.chain(of: account) }).checks
    }
}
