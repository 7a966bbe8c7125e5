import ChatProtocol
import GroupRules

/// The devices of an account that can be used: active in its chain, and let in by the server. One that the server has suspended, or has
/// lost, helps nobody. A plain value.
struct UsableDevices {
    private let devices: [ChainDevice]

    init(_ chain: AccountChain?, _ records: [DeviceRecord]) {
        let letIn = Set(records.filter { $0.state == .active }.map(\.id))
        devices = (chain?.devices.values).map { $0.filter { $0.isActive && letIn.contains($0.grant.device) } } ?? []
    }

    /// Those that may add others.
    var approvers: [DeviceID] { devices.filter(\.approves).map(\.grant.device) }

    /// Whether others are left without `device`, and none of them may add another one.
    func leaveNoApprover(without device: DeviceID) -> Bool { approvers == [device] && devices.count > 1 }

    /// Whether none is left without `device`.
    func endWith(_ device: DeviceID) -> Bool { devices.allSatisfy { $0.grant.device == device } }
}

extension ChainDevice {
    /// Whether it may add others: an identity file that makes other keys signs nothing by itself.
    var approves: Bool { isActive && certifies && key(of: instance) != nil }
}
