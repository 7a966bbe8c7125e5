import WireCodec

/// What binds a signature to one TLS connection: both hellos and the exporter.
package struct ConnectionBinding: WireEncodable, Equatable, Sendable {
    /// SHA-256 of the body of the client's hello frame.
    package var clientHelloDigest: [UInt8]
    /// SHA-256 of the body of the server's hello frame.
    package var serverHelloDigest: [UInt8]
    /// `EXPORTER-Channel-Binding` of this connection (RFC 9266), 32 bytes; each side computes its own.
    package var exporter: [UInt8]

    package init(clientHelloDigest: [UInt8], serverHelloDigest: [UInt8], exporter: [UInt8]) {
        self.clientHelloDigest = clientHelloDigest
        self.serverHelloDigest = serverHelloDigest
        self.exporter = exporter
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vector: clientHelloDigest)
        writer.write(vector: serverHelloDigest)
        writer.write(vector: exporter)
    }
}

/// What a device signs to log in.
package struct LoginProof: WireEncodable, Equatable, Sendable {
    package static let label = "chat device login"

    package var account: AccountID
    package var device: DeviceID
    package var number: LoginNumber
    package var binding: ConnectionBinding

    package init(account: AccountID, device: DeviceID, number: LoginNumber, binding: ConnectionBinding) {
        self.account = account
        self.device = device
        self.number = number
        self.binding = binding
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(text: Self.label)
        writer.write(ProtocolVersion.number)
        writer.write(account)
        writer.write(device)
        writer.write(number)
        writer.write(binding)
    }
}

/// What a key signs to show that whoever registers it holds its private half.
package struct KeyProof: WireEncodable, Equatable, Sendable {
    package static let label = "chat key registration"

    package var purpose: KeyPurpose
    package var algorithm: KeyAlgorithm
    package var publicKey: [UInt8]
    package var binding: ConnectionBinding

    package init(purpose: KeyPurpose, algorithm: KeyAlgorithm, publicKey: [UInt8], binding: ConnectionBinding) {
        self.purpose = purpose
        self.algorithm = algorithm
        self.publicKey = publicKey
        self.binding = binding
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(text: Self.label)
        writer.write(ProtocolVersion.number)
        writer.write(purpose.rawValue)
        writer.write(algorithm.rawValue)
        writer.write(vector: publicKey)
        writer.write(binding)
    }
}
