import ChatProtocol
import MLS
import WireCodec

/// Another key for a device that was granted by an enrol key: what each use of an identity file makes. It is no link, and is signed by
/// the granted and by the new key.
package struct Renewal: Hashable, Sendable, WireCodable {
    package let place: AccountPlace
    /// The link that granted the device.
    package let granting: LinkHash
    package let device: DeviceID
    /// Counts from 1.
    package let instance: UInt32
    package let key: DeviceKey
    package let byGranted: DeviceSignature
    package let byOwn: DeviceSignature

    /// C5: whether an instance may come behind the newest that the server knows: the next one, or the one behind as many as a restore may have
    /// lost, whose keys others know. Each is taken once.
    package static func isNext(_ instance: UInt32, behind newest: UInt32) -> Bool {
        instance > newest && [1, 1 + RuleLimits.lostRenewals].contains(instance - newest)
    }

    /// Signs a renewal.
    package init(
        place: AccountPlace, granting: LinkHash, device: DeviceID, instance: UInt32, granted: SignatureKeyPair,
        pair: SignatureKeyPair
    ) throws(MLSError) {
        guard let key = DeviceKey(pair.publicKey.bytes) else { throw MLSError(.invalidPublicKey, "a device's key") }
        self.place = place
        self.granting = granting
        self.device = device
        self.instance = instance
        self.key = key
        let signed = Self.signed(place, granting, device, instance, key)
        byGranted = try DeviceSignature(of: signed, with: granted)
        byOwn = try DeviceSignature(of: signed, with: pair)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        try reader.expect(.renewal)
        place = try reader.read()
        granting = try reader.read()
        device = try reader.read()
        instance = try reader.read()
        guard instance > 0 else { throw .invalidValue(field: "instance") }
        key = try reader.read()
        byGranted = try reader.read()
        byOwn = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(fixed: signed)
        writer.write(byGranted)
        writer.write(byOwn)
    }

    private var signed: [UInt8] { Self.signed(place, granting, device, instance, key) }

    private static func signed(
        _ place: AccountPlace, _ granting: LinkHash, _ device: DeviceID, _ instance: UInt32, _ key: DeviceKey
    ) -> [UInt8] {
        var writer = WireWriter(reserving: 160)
        writer.write(.renewal)
        writer.write(place)
        writer.write(granting)
        writer.write(device)
        writer.write(instance)
        writer.write(key)
        return writer.bytes
    }

    /// Refuses what is not a renewal of this grant (C5).
    func check(_ grant: Grant, granted by: LinkHash, at place: AccountPlace) throws(RuleViolation) {
        try require(
            self.place == place && device == grant.device && granting == by, .c5, .invalidLink,
            "a renewal of another device or grant")
        try require(grant.rights.enrols, .c5, .invalidLink, "device \(device) was not granted by an enrol key")
        try require(
            !grant.rights.contains(.enrolOnce) || instance == 1, .c5, .identityUsed,
            "instance \(instance) of a key that is good for one use")
        try require(key != grant.key, .c5, .invalidLink, "the renewal of device \(device) has the enrol key itself")
        try require(
            grant.key.verifies(byGranted, of: signed) && key.verifies(byOwn, of: signed), .c5, .invalidLink,
            "a signature under the renewal of device \(device) is wrong")
    }
}

extension Renewal {
    /// Every renewal has as many bytes: the label, seven identifiers and numbers, two signatures.
    package static let byteCount = 1 + Label.renewal.rawValue.utf8.count + 32 + 32 + 16 + 4 + 32 + 2 * 66
}
