import MLS
import WireCodec

/// The Ed25519 key of a device, 32 bytes. One that is of small order or not canonical cannot be held.
package struct DeviceKey: Hashable, Sendable {
    package static let byteCount = 32

    package let bytes: [UInt8]

    package init?(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard Primitives.isAcceptableEd25519(SignaturePublicKey(bytes)) else { return nil }
        self.bytes = bytes
    }

    /// As a leaf has it.
    package var signatureKey: SignaturePublicKey { SignaturePublicKey(bytes) }

    func verifies(_ signature: DeviceSignature, of message: [UInt8]) -> Bool {
        Primitives.isValidEd25519(signature.bytes, of: message, key: signatureKey)
    }
}

extension DeviceKey: WireCodable {
    package init(from reader: inout WireReader) throws(WireError) {
        guard let key = DeviceKey(try reader.read(fixed: Self.byteCount)) else { throw .invalidValue(field: "key") }
        self = key
    }

    package func encode(into writer: inout WireWriter) { writer.write(fixed: bytes) }
}

/// An Ed25519 signature, 64 bytes.
package struct DeviceSignature: Hashable, Sendable {
    package static let byteCount = 64

    package let bytes: [UInt8]

    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// A signature with a device's key.
    init(of message: [UInt8], with key: SignatureKeyPair) throws(MLSError) {
        bytes = try Primitives.signEd25519(message, with: key)
    }
}

extension DeviceSignature: WireCodable {
    package init(from reader: inout WireReader) throws(WireError) {
        guard let signature = DeviceSignature(try reader.readVector(limit: Self.byteCount, field: "signature")) else {
            throw .invalidValue(field: "signature")
        }
        self = signature
    }

    package func encode(into writer: inout WireWriter) { writer.write(vector: bytes) }
}
