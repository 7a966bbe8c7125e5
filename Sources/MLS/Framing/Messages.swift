import WireCodec

/// Anything that travels (RFC 9420 §6): decoded, and nothing more. Whether it may be believed, a group says.
public struct MLSMessage: Hashable, Sendable, WireCodable {
    public enum Body: Hashable, Sendable {
        case publicMessage(PublicMessage)
        case privateMessage(PrivateMessage)
        case welcome(Welcome)
        case groupInfo(GroupInfo)
        case keyPackage(KeyPackage)
    }

    public internal(set) var version: ProtocolVersion
    public internal(set) var body: Body

    public init(_ body: Body) {
        version = .mls10
        self.body = body
    }

    package init(from reader: inout WireReader) throws(WireError) {
        version = try reader.read()
        guard version == .mls10 else { throw .invalidValue(field: "protocol version") }
        switch try reader.read(WireFormat.self) {
        case .publicMessage: body = .publicMessage(try reader.read())
        case .privateMessage: body = .privateMessage(try reader.read())
        case .welcome: body = .welcome(try reader.read())
        case .groupInfo: body = .groupInfo(try reader.read())
        case .keyPackage: body = .keyPackage(try reader.read())
        default: throw .invalidValue(field: "wire_format")
        }
        // RFC 9420 §10: a key package says the same version as the message that carries it.
        if case .keyPackage(let keyPackage) = body, keyPackage.version != version {
            throw .invalidValue(field: "key package version")
        }
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(version)
        writer.write(wireFormat)
        switch body {
        case .publicMessage(let message): writer.write(message)
        case .privateMessage(let message): writer.write(message)
        case .welcome(let welcome): writer.write(welcome)
        case .groupInfo(let info): writer.write(info)
        case .keyPackage(let keyPackage): writer.write(keyPackage)
        }
    }

    public var wireFormat: WireFormat {
        switch body {
        case .publicMessage: .publicMessage
        case .privateMessage: .privateMessage
        case .welcome: .welcome
        case .groupInfo: .groupInfo
        case .keyPackage: .keyPackage
        }
    }

    /// The group that it is for, where that can be seen from outside.
    public var groupId: [UInt8]? {
        switch body {
        case .publicMessage(let message): message.content.groupId
        case .privateMessage(let message): message.groupId
        case .groupInfo(let info): info.groupContext.groupId
        case .welcome, .keyPackage: nil
        }
    }

    /// The epoch that it belongs to, where that can be seen from outside.
    public var epoch: UInt64? {
        switch body {
        case .publicMessage(let message): message.content.epoch
        case .privateMessage(let message): message.epoch
        case .groupInfo(let info): info.groupContext.epoch
        case .welcome, .keyPackage: nil
        }
    }

    /// What kind of content it carries, where that can be seen from outside.
    public var contentType: ContentType? {
        switch body {
        case .publicMessage(let message): message.content.body.type
        case .privateMessage(let message): message.contentType
        case .welcome, .groupInfo, .keyPackage: nil
        }
    }
}

/// A signed message in the clear (RFC 9420 §6.2).
public struct PublicMessage: Hashable, Sendable, WireCodable {
    package var content: FramedContent
    package var auth: FramedContentAuth
    /// Present when the sender is a member, and only then: the codec makes it so.
    package var membershipTag: [UInt8]?

    package init(content: FramedContent, auth: FramedContentAuth, membershipTag: [UInt8]?) {
        self.content = content
        self.auth = auth
        self.membershipTag = membershipTag
    }

    package init(from reader: inout WireReader) throws(WireError) {
        content = try reader.read()
        auth = try FramedContentAuth(for: content.body.type, from: &reader)
        membershipTag = nil
        if content.sender.leaf != nil {
            membershipTag = Array(try reader.readVector(limit: 255, field: "membership_tag"))
        }
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(content)
        auth.encode(for: content.body.type, into: &writer)
        if content.sender.leaf != nil { writer.write(vector: membershipTag ?? []) }
    }

    public var sender: Sender { content.sender }
    public var authenticatedData: [UInt8] { content.authenticatedData }

    package var authenticatedContent: AuthenticatedContent {
        AuthenticatedContent(wireFormat: .publicMessage, content: content, auth: auth)
    }
}

/// An encrypted message (RFC 9420 §6.3).
public struct PrivateMessage: Hashable, Sendable, WireCodable {
    public internal(set) var groupId: [UInt8]
    public internal(set) var epoch: UInt64
    public internal(set) var contentType: ContentType
    public internal(set) var authenticatedData: [UInt8]
    package var encryptedSenderData: [UInt8]
    package var ciphertext: [UInt8]

    package init(from reader: inout WireReader) throws(WireError) {
        groupId = Array(try reader.readVector(limit: Limits.identifierBytes, field: "group_id"))
        epoch = try reader.read()
        contentType = try reader.read()
        authenticatedData = Array(try reader.readVector())
        encryptedSenderData = Array(try reader.readVector(limit: 255, field: "encrypted_sender_data"))
        ciphertext = Array(try reader.readVector())
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vector: groupId)
        writer.write(epoch)
        writer.write(contentType)
        writer.write(vector: authenticatedData)
        writer.write(vector: encryptedSenderData)
        writer.write(vector: ciphertext)
    }

    package init(
        groupId: [UInt8], epoch: UInt64, contentType: ContentType, authenticatedData: [UInt8],
        encryptedSenderData: [UInt8], ciphertext: [UInt8]
    ) {
        self.groupId = groupId
        self.epoch = epoch
        self.contentType = contentType
        self.authenticatedData = authenticatedData
        self.encryptedSenderData = encryptedSenderData
        self.ciphertext = ciphertext
    }

    /// `PrivateContentAAD` (RFC 9420 §6.3.1).
    var contentAAD: [UInt8] {
        var writer = WireWriter()
        writer.write(vector: groupId)
        writer.write(epoch)
        writer.write(contentType)
        writer.write(vector: authenticatedData)
        return writer.bytes
    }

    /// `SenderDataAAD` (RFC 9420 §6.3.2).
    var senderDataAAD: [UInt8] {
        var writer = WireWriter()
        writer.write(vector: groupId)
        writer.write(epoch)
        writer.write(contentType)
        return writer.bytes
    }
}
