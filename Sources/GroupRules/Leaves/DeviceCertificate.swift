import ChatProtocol
import MLS
import WireCodec

extension ExtensionType {
    /// In each leaf: what proves it. Of the range for private use (RFC 9420 §17.3).
    package static let deviceCertificate = ExtensionType(rawValue: 0xF0C1)
    /// In the context of each group: what it is for.
    package static let chatPolicy = ExtensionType(rawValue: 0xF0C2)
}

/// What a leaf carries so that it proves itself, with nothing to fetch.
package struct DeviceCertificate: Hashable, Sendable {
    package let path: DevicePath

    package init(path: DevicePath) { self.path = path }

    package var mlsExtension: MLS.Extension { MLS.Extension(type: .deviceCertificate, data: path.wireBytes) }
}

/// A leaf as it describes itself: decoded, not verified.
package struct ClaimedLeaf: Hashable, Sendable {
    package let credential: DeviceCredential
    package let certificate: DeviceCertificate
    /// The name in the certificate's first link.
    package let name: UserName
    package let key: SignaturePublicKey

    package init(_ leaf: LeafNode) throws(RuleViolation) {
        credential = try DeviceCredential(leaf.credential)
        guard leaf.extensions.types == [.deviceCertificate], let data = leaf.extensions[.deviceCertificate],
            let path = try? DevicePath(wireBytes: data), let name = path.name
        else { throw RuleViolation(.j1, .invalidLink, "a leaf without a certificate, or with something beside it") }
        certificate = DeviceCertificate(path: path)
        self.name = name
        key = leaf.signatureKey
    }

    package var party: Party { credential.party }

    /// J1: the certificate leads from the credential's root to its device, and the leaf's key is the device's.
    package func verify(on server: ServerID) throws(RuleViolation) -> DevicePath.End {
        let place = AccountPlace(server: server, account: party.account)
        let end = try certificate.path.verify(from: party.root, at: place)
        try require(
            end.grant.device == credential.device && end.key.signatureKey == key, .j1, .invalidLink,
            "the certificate is of another device or key")
        return end
    }
}

/// How an application of this chat presents a device in a group.
extension MemberIdentity {
    package init(_ credential: DeviceCredential, _ certificate: DeviceCertificate, key: SignatureKeyPair)
        throws(MLSError)
    {
        self.init(
            credential: credential.credential, signatureKey: key,
            capabilities: Capabilities(
                cipherSuites: [.x25519Aes128GcmSha256Ed25519], extensions: [.deviceCertificate, .chatPolicy],
                credentials: [.basic]),
            extensions: try Extensions([certificate.mlsExtension]))
    }
}
