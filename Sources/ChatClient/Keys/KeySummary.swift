import ChatProtocol
import GroupRules

/// Somebody's key as it is told.
package struct KeySummary: Equatable, Sendable {
    package var user: UserName
    /// The fingerprint that is trusted.
    package var fingerprint: AccountFingerprint
    package var trust: KeyTrust
    package var isOwn: Bool
    /// Its chain was met; else somebody has only compared the fingerprint.
    package var isMet: Bool
    /// Since when; nil: not met.
    package var since: Timestamp?
    /// What the account has instead of it.
    package var present: AccountFingerprint?
    /// Why nothing that the server says of it is believed.
    package var alarm: String?
    /// Its active devices, where they are asked for.
    package var devices: [KeyDevice] = []
    /// What two people read to each other.
    package var spoken: SpokenNumber?
}

package struct KeyDevice: Equatable, Sendable {
    package var fingerprint: DeviceFingerprint
    /// It adds and revokes others.
    package var certifies: Bool
}

extension KeySummary {
    /// Of an account that was met.
    init?(_ record: KeyRecord, _ finding: GateRules.PersonFinding) {
        guard let pin = record.person.pin, let root = record.person.root else { return nil }
        let trusted = record.person.isOwn ? root : record.person.compared ?? pin.root
        self.init(
            user: pin.name, fingerprint: AccountFingerprint(trusted), trust: finding.trust ?? .tofu,
            isOwn: record.person.isOwn, isMet: true, since: record.pinned,
            present: trusted == root ? nil : AccountFingerprint(root), alarm: record.person.alarm)
    }

    /// Of a user whom nobody has met here, but somebody has compared.
    init(compared root: AccountRoot, user: UserName) {
        self.init(
            user: user, fingerprint: AccountFingerprint(root), trust: .verified, isOwn: false, isMet: false)
    }

    /// With the active devices of the chain.
    func with(_ chain: AccountChain?) -> KeySummary {
        guard let chain else { return self }
        var summary = self
        let active = chain.devices.filter(\.value.isActive).sorted { $0.value.number < $1.value.number }
        summary.devices = active.map { id, device in
            KeyDevice(
                fingerprint: DeviceFingerprint(
                    account: chain.place.account, device: id, grantedKey: device.grant.key),
                certifies: device.certifies)
        }
        return summary
    }
}
