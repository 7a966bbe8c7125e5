import ChatProtocol
import MLS
import WireCodec

/// Who may be in a group together as one: an account, as its root has it.
package struct Party: Hashable, Sendable, WireCodable {
    package let account: AccountID
    package let root: AccountRoot

    package init(account: AccountID, root: AccountRoot) {
        self.account = account
        self.root = root
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        root = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(root)
    }
}

/// Who a leaf says it is: the identity of a basic credential.
package struct DeviceCredential: Hashable, Sendable, WireCodable {
    private static let version: UInt8 = 1

    package let party: Party
    package let device: DeviceID

    package init(party: Party, device: DeviceID) {
        self.party = party
        self.device = device
    }

    package init(from reader: inout WireReader) throws(WireError) {
        guard try reader.read(UInt8.self) == Self.version else { throw .invalidValue(field: "credential version") }
        party = try reader.read()
        device = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(Self.version)
        writer.write(party)
        writer.write(device)
    }

    package var credential: Credential { .basic(identity: wireBytes) }

    /// Takes it from a leaf's credential.
    package init(_ credential: Credential) throws(RuleViolation) {
        guard case .basic(let identity) = credential, let known = try? DeviceCredential(wireBytes: identity) else {
            throw RuleViolation(.j1, .invalidLink, "a credential that names no device")
        }
        self = known
    }
}
