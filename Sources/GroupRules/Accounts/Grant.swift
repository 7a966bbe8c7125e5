import ChatProtocol
import MLS
import WireCodec

/// What a device may do.
package struct DeviceRights: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It adds and revokes others.
    package static let certify = DeviceRights(rawValue: 1)
    /// Its granted key makes one renewal and nothing else: an identity file that is good for one use.
    package static let enrolOnce = DeviceRights(rawValue: 2)
    /// Its granted key makes renewals and nothing else: an identity file that is good for any number of uses, one after the other.
    package static let enrolOften = DeviceRights(rawValue: 4)

    /// Whether the granted key only makes renewals.
    package var enrols: Bool { !isDisjoint(with: [.enrolOnce, .enrolOften]) }
}

extension DeviceRights: WireCodable {
    package init(from reader: inout WireReader) throws(WireError) {
        let value = try reader.read(UInt8.self)
        guard value & ~7 == 0, value & 6 != 6 else { throw .invalidValue(field: "flags") }
        self.init(rawValue: value)
    }

    package func encode(into writer: inout WireWriter) { writer.write(rawValue) }
}

/// The account that something belongs to, on its server: part of everything that is signed.
package struct AccountPlace: Hashable, Sendable, WireCodable {
    package let server: ServerID
    package let account: AccountID

    package init(server: ServerID, account: AccountID) {
        self.server = server
        self.account = account
    }

    package init(from reader: inout WireReader) throws(WireError) {
        server = try reader.read()
        account = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(server)
        writer.write(account)
    }
}

/// A device as a link grants it: its key, what it may do, and a proof that the key is its own.
package struct Grant: Hashable, Sendable, WireCodable {
    package let device: DeviceID
    package let key: DeviceKey
    /// The signer of the link gives them: the proof says nothing of them.
    package let rights: DeviceRights
    package let proof: DeviceSignature

    package init(device: DeviceID, key: DeviceKey, rights: DeviceRights, proof: DeviceSignature) {
        self.device = device
        self.key = key
        self.rights = rights
        self.proof = proof
    }

    /// A grant of a device to itself, with the proof.
    package init(
        device: DeviceID, pair: SignatureKeyPair, rights: DeviceRights, at place: AccountPlace
    ) throws(MLSError) {
        guard let key = DeviceKey(pair.publicKey.bytes) else { throw MLSError(.invalidPublicKey, "a device's key") }
        let proof = try DeviceSignature(of: Self.proven(device, place), with: pair)
        self.init(device: device, key: key, rights: rights, proof: proof)
    }

    /// With other rights: what a certifying device makes of the grant that a pending one has left.
    package func with(_ rights: DeviceRights) -> Grant {
        Grant(device: device, key: key, rights: rights, proof: proof)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        device = try reader.read()
        key = try reader.read()
        rights = try reader.read()
        proof = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(device)
        writer.write(key)
        writer.write(rights)
        writer.write(proof)
    }

    /// Whether its owner has the key, for this device of this account.
    package func isProven(at place: AccountPlace) -> Bool { key.verifies(proof, of: Self.proven(device, place)) }

    private static func proven(_ device: DeviceID, _ place: AccountPlace) -> [UInt8] {
        var writer = WireWriter(reserving: 72)
        writer.write(.grant)
        writer.write(place)
        writer.write(device)
        return writer.bytes
    }
}
