import WireCodec

/// Values of the registries (RFC 9420 §17). They are open types: unknown and GREASE values are carried byte for byte,
/// since signatures cover them.
protocol RegistryValue: RawRepresentable, Hashable, Sendable, WireCodable where RawValue == UInt16 {
    init(rawValue: UInt16)
}

extension RegistryValue {
    /// GREASE values (RFC 9420 §13.5): 0x0A0A, 0x1A1A … 0xEAEA.
    package var isGrease: Bool {
        let high = rawValue >> 8
        return high == rawValue & 0xff && high & 0x0f == 0x0a && high != 0xfa
    }
}

/// RFC 9420 §6.
public struct ProtocolVersion: RegistryValue {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public static let mls10 = ProtocolVersion(rawValue: 1)
}

/// RFC 9420 §17.3.
public struct ExtensionType: RegistryValue {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public static let applicationId = ExtensionType(rawValue: 1)
    public static let ratchetTree = ExtensionType(rawValue: 2)
    public static let requiredCapabilities = ExtensionType(rawValue: 3)
    public static let externalPub = ExtensionType(rawValue: 4)
    public static let externalSenders = ExtensionType(rawValue: 5)

    /// Types that everybody supports and nobody lists (RFC 9420 §7.2).
    package var isDefault: Bool { (1...5).contains(rawValue) }
}

/// RFC 9420 §17.4.
public struct ProposalType: RegistryValue {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public static let add = ProposalType(rawValue: 1)
    public static let update = ProposalType(rawValue: 2)
    public static let remove = ProposalType(rawValue: 3)
    public static let preSharedKey = ProposalType(rawValue: 4)
    public static let reInit = ProposalType(rawValue: 5)
    public static let externalInit = ProposalType(rawValue: 6)
    public static let groupContextExtensions = ProposalType(rawValue: 7)

    /// Types that everybody supports and nobody lists (RFC 9420 §7.2).
    package var isDefault: Bool { (1...7).contains(rawValue) }
}

/// RFC 9420 §17.5.
public struct CredentialType: RegistryValue {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public static let basic = CredentialType(rawValue: 1)
    public static let x509 = CredentialType(rawValue: 2)
}

extension CipherSuite: RegistryValue {}

extension RegistryValue {
    package init(from reader: inout WireReader) throws(WireError) {
        self.init(rawValue: try reader.read(UInt16.self))
    }

    package func encode(into writer: inout WireWriter) { writer.write(rawValue) }
}
