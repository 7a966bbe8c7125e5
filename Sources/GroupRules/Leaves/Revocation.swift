import ChatProtocol
import WireCodec

/// What lets anybody remove a leaf (J6): the link that revokes its device, and what proves that link's signer from the leaf's root.
package struct Revocation: Hashable, Sendable, WireCodable {
    package let link: Link
    package let signer: DevicePath

    package init(link: Link, signer: DevicePath) {
        self.link = link
        self.signer = signer
    }

    package init(from reader: inout WireReader) throws(WireError) {
        link = try reader.read()
        signer = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(link)
        writer.write(signer)
    }

    /// Whether it is of this very device, as this root has it.
    package func verify(_ credential: DeviceCredential, on server: ServerID) throws(RuleViolation) {
        let place = AccountPlace(server: server, account: credential.party.account)
        guard case .revoke(let device) = link.content.body, device == credential.device, link.content.place == place
        else { throw RuleViolation(.j6, .notAllowed, "a revocation of another device") }
        let end: DevicePath.End
        do throws(RuleViolation) {
            end = try signer.verify(from: credential.party.root, at: place)
        } catch {
            throw RuleViolation(.j6, error.code, error.detail)
        }
        try require(
            link.by == end.grant.device && link.instance == end.instance && link.content.number > end.number
                && link.isSigned(with: end.key), .j6, .notAllowed, "a revocation that its signer did not sign")
        try require(
            end.grant.rights.contains(.certify) || link.by == device, .j6, .notAllowed,
            "device \(link.by) may not certify")
    }
}

/// What the associated data of a commit holds: nothing, or the revocations that its Removes need.
package struct CommitNote: Hashable, Sendable, WireCodable {
    private static let version: UInt8 = 1

    package let revocations: [Revocation]

    package init(revocations: [Revocation]) { self.revocations = revocations }

    package init(from reader: inout WireReader) throws(WireError) {
        guard try reader.read(UInt8.self) == Self.version else { throw .invalidValue(field: "note version") }
        revocations = try reader.readVector(count: RuleLimits.revocations, field: "revocations")
        guard !revocations.isEmpty else { throw .invalidValue(field: "revocations") }
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(Self.version)
        writer.write(vectorOf: revocations)
    }

    package var authenticatedData: [UInt8] { revocations.isEmpty ? [] : wireBytes }

    /// Takes it from a commit; nil where the data is something else.
    package init?(authenticatedData: [UInt8]) {
        if authenticatedData.isEmpty {
            self.init(revocations: [])
        } else {
            guard let note = try? CommitNote(wireBytes: authenticatedData) else { return nil }
            self = note
        }
    }
}
