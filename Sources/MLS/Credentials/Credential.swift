import WireCodec

/// Who a client claims to be (RFC 9420 §5.3). Whether the claim is true is the application's judgement: see `Judge`.
public enum Credential: Hashable, Sendable, WireCodable {
    /// A bare identity, in a form that the application knows.
    case basic(identity: [UInt8])
    /// A chain of DER certificates, the client's own first. The library carries it and checks nothing of it.
    case x509(certificates: [[UInt8]])
    /// Another type: its content is kept as one vector, the form that all registered types have.
    case other(type: CredentialType, content: [UInt8])

    public var type: CredentialType {
        switch self {
        case .basic: .basic
        case .x509: .x509
        case .other(let type, _): type
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let type = try reader.read(CredentialType.self)
        switch type {
        case .basic:
            self = .basic(identity: Array(try reader.readVector(limit: Limits.identifierBytes, field: "identity")))
        case .x509:
            let chain = try reader.readVector(
                of: Certificate.self, count: Limits.certificates, field: "certificates")
            self = .x509(certificates: chain.map(\.der))
        default:
            self = .other(type: type, content: Array(try reader.readVector()))
        }
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(type)
        switch self {
        case .basic(let identity): writer.write(vector: identity)
        case .x509(let certificates): writer.write(vectorOf: certificates.map(Certificate.init(der:)))
        case .other(_, let content): writer.write(vector: content)
        }
    }
}

private struct Certificate: WireCodable {
    var der: [UInt8]

    init(der: [UInt8]) { self.der = der }
    init(from reader: inout WireReader) throws(WireError) { der = Array(try reader.readVector()) }
    func encode(into writer: inout WireWriter) { writer.write(vector: der) }
}
