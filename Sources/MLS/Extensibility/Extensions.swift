import WireCodec

/// One extension (RFC 9420 §13.4): its data is opaque until somebody asks for a type.
public struct Extension: Hashable, Sendable, WireCodable {
    public var type: ExtensionType
    public var data: [UInt8]

    public init(type: ExtensionType, data: [UInt8]) {
        self.type = type
        self.data = data
    }

    package init(from reader: inout WireReader) throws(WireError) {
        type = try reader.read()
        data = Array(try reader.readVector())
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(type)
        writer.write(vector: data)
    }
}

/// A list of extensions in which no type occurs twice.
public struct Extensions: Hashable, Sendable, WireCodable {
    public internal(set) var list: [Extension]

    public static let none = Extensions(unchecked: [])

    /// Refuses a list with two extensions of one type, or more than the limit.
    public init(_ list: [Extension]) throws(MLSError) {
        try require(list.count <= Limits.extensions, .limitExceeded, "\(list.count) extensions")
        try require(Set(list.map(\.type)).count == list.count, .duplicateExtension)
        self.list = list
    }

    init(unchecked list: [Extension]) { self.list = list }

    package init(from reader: inout WireReader) throws(WireError) {
        list = try reader.readVector(count: Limits.extensions, field: "extensions")
        guard Set(list.map(\.type)).count == list.count else {
            throw .invalidValue(field: "extensions (one type occurs twice)")
        }
    }

    package func encode(into writer: inout WireWriter) { writer.write(vectorOf: list) }

    public subscript(type: ExtensionType) -> [UInt8]? { list.first { $0.type == type }?.data }

    /// Refuses those of the RFC's own types that have no place here (RFC 9420 §17.3).
    func refuseDefaults(but allowed: [ExtensionType], in place: String) throws(MLSError) {
        for type in types where type.isDefault {
            try require(allowed.contains(type), .extensionMisplaced, "type \(type.rawValue) in \(place)")
        }
    }

    /// The types in the list.
    public var types: [ExtensionType] { list.map(\.type) }

    /// Replaces or adds one extension.
    mutating func set(_ type: ExtensionType, _ data: [UInt8]) {
        list.removeAll { $0.type == type }
        list.append(Extension(type: type, data: data))
    }

    /// Decodes the content of an extension, which must fill its data exactly.
    func decode<Value: WireDecodable>(_ type: ExtensionType, as: Value.Type) throws(MLSError) -> Value? {
        guard let data = self[type] else { return nil }
        return try decodeWhole(data, as: Value.self)
    }
}

/// The application_id extension of a leaf (RFC 9420 §5.3.3).
extension Extension {
    public static func applicationId(_ identifier: [UInt8]) -> Extension {
        var writer = WireWriter()
        writer.write(vector: identifier)
        return Extension(type: .applicationId, data: writer.bytes)
    }

    public static func requiredCapabilities(_ required: RequiredCapabilities) -> Extension {
        Extension(type: .requiredCapabilities, data: required.wireBytes)
    }

    public static func externalSenders(_ senders: [ExternalSender]) -> Extension {
        Extension(type: .externalSenders, data: ExternalSenders(list: senders).wireBytes)
    }
}

/// What every member must support (RFC 9420 §11.1).
public struct RequiredCapabilities: Hashable, Sendable, WireCodable {
    public var extensionTypes: [ExtensionType]
    public var proposalTypes: [ProposalType]
    public var credentialTypes: [CredentialType]

    public init(
        extensionTypes: [ExtensionType] = [], proposalTypes: [ProposalType] = [],
        credentialTypes: [CredentialType] = []
    ) {
        self.extensionTypes = extensionTypes
        self.proposalTypes = proposalTypes
        self.credentialTypes = credentialTypes
    }

    package init(from reader: inout WireReader) throws(WireError) {
        extensionTypes = try reader.readVector(count: Limits.capabilities, field: "extension_types")
        proposalTypes = try reader.readVector(count: Limits.capabilities, field: "proposal_types")
        credentialTypes = try reader.readVector(count: Limits.capabilities, field: "credential_types")
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vectorOf: extensionTypes)
        writer.write(vectorOf: proposalTypes)
        writer.write(vectorOf: credentialTypes)
    }
}

/// A party outside the group that may propose (RFC 9420 §12.1.8.1).
public struct ExternalSender: Hashable, Sendable, WireCodable {
    public var signatureKey: SignaturePublicKey
    public var credential: Credential

    public init(signatureKey: SignaturePublicKey, credential: Credential) {
        self.signatureKey = signatureKey
        self.credential = credential
    }

    package init(from reader: inout WireReader) throws(WireError) {
        signatureKey = try reader.read()
        credential = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(signatureKey)
        writer.write(credential)
    }
}

/// The content of the external_senders extension.
package struct ExternalSenders: Hashable, Sendable, WireCodable {
    package var list: [ExternalSender]

    package init(list: [ExternalSender]) { self.list = list }

    package init(from reader: inout WireReader) throws(WireError) {
        list = try reader.readVector(count: Limits.externalSenders, field: "external_senders")
    }

    package func encode(into writer: inout WireWriter) { writer.write(vectorOf: list) }
}

/// The content of the external_pub extension (RFC 9420 §12.4.3.2).
package struct ExternalPub: Sendable, WireCodable {
    package var key: HPKEPublicKey

    package init(key: HPKEPublicKey) { self.key = key }
    package init(from reader: inout WireReader) throws(WireError) { key = try reader.read() }
    package func encode(into writer: inout WireWriter) { writer.write(key) }
}
