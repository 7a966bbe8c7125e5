import ChatProtocol
import GroupRules

/// A device of this account as the server and the account's chain tell it.
package struct AccountDevice: Sendable {
    package var record: DeviceRecord
    /// It is the one that asks.
    package var isThis: Bool
    /// `dev1:…`; nil of one that the chain does not know: its fingerprint is compared with its own screen, so it is not told here.
    package var fingerprint: String?
    /// It adds and revokes others.
    package var certifies: Bool
    /// An identity file that is good for one use, or for any number of them.
    package var enrols: Enrolment?

    /// The account's chain has it, and the server does not know it: it was restored from a backup.
    package var isLost = false

    package enum Enrolment: String, CaseIterable, Sendable { case once, reusable }

    /// One that no chain knows.
    package init(_ record: DeviceRecord, isThis: Bool) {
        self.record = record
        self.isThis = isThis
        certifies = false
    }

    init(_ record: DeviceRecord, own: DeviceID, chain: AccountChain?) {
        self.record = record
        isThis = record.id == own
        let known = chain?.devices[record.id]
        fingerprint = known.flatMap { known in
            chain.map { chain in
                DeviceFingerprint(account: chain.place.account, device: record.id, grantedKey: known.grant.key)
                    .description
            }
        }
        let rights = known?.grant.rights ?? []
        certifies = known?.isActive == true && rights.contains(.certify)
        enrols = rights.contains(.enrolOnce) ? .once : rights.contains(.enrolOften) ? .reusable : nil
        // What the chain says of a device, no server takes back.
        if let known, !known.isActive { self.record.state = .revoked }
    }

    /// Those that the server lists, and those that it does not know although the account's chain has them.
    static func all(_ records: [DeviceRecord], own: DeviceID, chain: AccountChain?) -> [AccountDevice] {
        let known = Set(records.map(\.id))
        let lost = chain?.devices.values.filter { $0.isActive && !known.contains($0.grant.device) } ?? []
        return records.map { AccountDevice($0, own: own, chain: chain) }
            + lost.sorted { $0.number < $1.number }.map { device in
                let record = DeviceRecord(
                    id: device.grant.device, name: "", state: .active, created: 0, lastSeen: 0, online: false, grant: []
                )
                var lost = AccountDevice(record, own: own, chain: chain)
                lost.isLost = true
                return lost
            }
    }
}
