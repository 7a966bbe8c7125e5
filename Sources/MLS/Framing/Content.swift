import WireCodec

/// RFC 9420 §6.
public struct WireFormat: RegistryValue {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public static let publicMessage = WireFormat(rawValue: 1)
    public static let privateMessage = WireFormat(rawValue: 2)
    public static let welcome = WireFormat(rawValue: 3)
    public static let groupInfo = WireFormat(rawValue: 4)
    public static let keyPackage = WireFormat(rawValue: 5)
}

/// RFC 9420 §6.
public enum ContentType: UInt8, Hashable, Sendable, WireCodable {
    case application = 1
    case proposal = 2
    case commit = 3

    package init(from reader: inout WireReader) throws(WireError) {
        guard let value = ContentType(rawValue: try reader.read()) else { throw .invalidValue(field: "content_type") }
        self = value
    }

    package func encode(into writer: inout WireWriter) { writer.write(rawValue) }
}

/// Who a message says it is from (RFC 9420 §6).
public enum Sender: Hashable, Sendable, WireCodable {
    case member(LeafIndex)
    /// The signer at this place of the group's external_senders extension.
    case external(index: UInt32)
    case newMemberProposal
    case newMemberCommit

    package init(from reader: inout WireReader) throws(WireError) {
        switch try reader.read(UInt8.self) {
        case 1: self = .member(try reader.read())
        case 2: self = .external(index: try reader.read())
        case 3: self = .newMemberProposal
        case 4: self = .newMemberCommit
        default: throw .invalidValue(field: "sender_type")
        }
    }

    package func encode(into writer: inout WireWriter) {
        switch self {
        case .member(let index):
            writer.write(UInt8(1))
            writer.write(index)
        case .external(let index):
            writer.write(UInt8(2))
            writer.write(index)
        case .newMemberProposal: writer.write(UInt8(3))
        case .newMemberCommit: writer.write(UInt8(4))
        }
    }

    /// The member's leaf, if it is one.
    public var leaf: LeafIndex? {
        if case .member(let index) = self { index } else { nil }
    }

    /// Whether the signature covers the group context (RFC 9420 §6.1).
    var signsContext: Bool {
        switch self {
        case .member, .newMemberCommit: true
        case .external, .newMemberProposal: false
        }
    }
}

/// `FramedContent` (RFC 9420 §6).
package struct FramedContent: Hashable, Sendable, WireCodable {
    package enum Body: Hashable, Sendable {
        case application([UInt8])
        case proposal(Proposal)
        case commit(Commit)

        package var type: ContentType {
            switch self {
            case .application: .application
            case .proposal: .proposal
            case .commit: .commit
            }
        }

        init(_ type: ContentType, from reader: inout WireReader) throws(WireError) {
            switch type {
            case .application: self = .application(Array(try reader.readVector()))
            case .proposal: self = .proposal(try reader.read())
            case .commit: self = .commit(try reader.read())
            }
        }

        func encode(into writer: inout WireWriter) {
            switch self {
            case .application(let data): writer.write(vector: data)
            case .proposal(let proposal): writer.write(proposal)
            case .commit(let commit): writer.write(commit)
            }
        }
    }

    package var groupId: [UInt8]
    package var epoch: UInt64
    package var sender: Sender
    package var authenticatedData: [UInt8]
    package var body: Body

    package init(groupId: [UInt8], epoch: UInt64, sender: Sender, authenticatedData: [UInt8], body: Body) {
        self.groupId = groupId
        self.epoch = epoch
        self.sender = sender
        self.authenticatedData = authenticatedData
        self.body = body
    }

    package init(from reader: inout WireReader) throws(WireError) {
        groupId = Array(try reader.readVector(limit: Limits.identifierBytes, field: "group_id"))
        epoch = try reader.read()
        sender = try reader.read()
        authenticatedData = Array(try reader.readVector())
        body = try Body(try reader.read(ContentType.self), from: &reader)
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vector: groupId)
        writer.write(epoch)
        writer.write(sender)
        writer.write(vector: authenticatedData)
        writer.write(body.type)
        body.encode(into: &writer)
    }
}

/// `FramedContentAuthData` (RFC 9420 §6.1).
package struct FramedContentAuth: Hashable, Sendable {
    package var signature: [UInt8]
    /// Present in commits and nowhere else: the codec makes it so.
    package var confirmationTag: [UInt8]?

    package init(signature: [UInt8], confirmationTag: [UInt8]?) {
        self.signature = signature
        self.confirmationTag = confirmationTag
    }

    package init(for type: ContentType, from reader: inout WireReader) throws(WireError) {
        signature = try reader.readSignature()
        confirmationTag = nil
        if type == .commit {
            confirmationTag = Array(try reader.readVector(limit: 255, field: "confirmation_tag"))
        }
    }

    package func encode(for type: ContentType, into writer: inout WireWriter) {
        writer.write(vector: signature)
        if type == .commit { writer.write(vector: confirmationTag ?? []) }
    }
}

/// `AuthenticatedContent` (RFC 9420 §6).
package struct AuthenticatedContent: Hashable, Sendable, WireCodable {
    package var wireFormat: WireFormat
    package var content: FramedContent
    package var auth: FramedContentAuth

    package init(wireFormat: WireFormat, content: FramedContent, auth: FramedContentAuth) {
        self.wireFormat = wireFormat
        self.content = content
        self.auth = auth
    }

    package init(from reader: inout WireReader) throws(WireError) {
        wireFormat = try reader.read()
        content = try reader.read()
        auth = try FramedContentAuth(for: content.body.type, from: &reader)
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(wireFormat)
        writer.write(content)
        auth.encode(for: content.body.type, into: &writer)
    }

    /// `FramedContentTBS` (RFC 9420 §6.1).
    package static func toBeSigned(
        _ content: FramedContent, wireFormat: WireFormat, context: [UInt8]
    ) -> [UInt8] {
        var writer = WireWriter(reserving: 256 + context.count)
        writer.write(ProtocolVersion.mls10)
        writer.write(wireFormat)
        writer.write(content)
        if content.sender.signsContext { writer.write(fixed: context) }
        return writer.bytes
    }

    /// Signs `content` (RFC 9420 §6.1); a commit's confirmation tag is set later, when the new epoch is known.
    package static func signed(
        _ content: FramedContent, wireFormat: WireFormat, context: [UInt8], algorithms: Algorithms, key: Secret
    ) throws(MLSError) -> AuthenticatedContent {
        let signature = try algorithms.sign(
            toBeSigned(content, wireFormat: wireFormat, context: context), label: "FramedContentTBS", key: key)
        return AuthenticatedContent(
            wireFormat: wireFormat, content: content,
            auth: FramedContentAuth(signature: signature, confirmationTag: nil))
    }

    package func hasValidSignature(_ algorithms: Algorithms, context: [UInt8], key: SignaturePublicKey) -> Bool {
        algorithms.verify(
            auth.signature, Self.toBeSigned(content, wireFormat: wireFormat, context: context),
            label: "FramedContentTBS", key: key)
    }

    /// `AuthenticatedContentTBM` (RFC 9420 §6.2): what the membership tag covers.
    package func toBeMaced(context: [UInt8]) -> [UInt8] {
        var writer = WireWriter(reserving: 512 + context.count)
        writer.write(fixed: Self.toBeSigned(content, wireFormat: wireFormat, context: context))
        auth.encode(for: content.body.type, into: &writer)
        return writer.bytes
    }

    /// `ProposalRef` (RFC 9420 §5.2).
    package func proposalReference(_ algorithms: Algorithms) -> ProposalRef {
        ProposalRef(algorithms.refHash(label: "MLS 1.0 Proposal Reference", wireBytes))
    }
}
