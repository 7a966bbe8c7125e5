import WireCodec

/// How private messages hide their length (RFC 9420 §6.3.1).
public enum Padding: Hashable, Sendable {
    case none
    /// Zeros up to the next multiple of so many bytes.
    case multiple(of: Int)
    /// Zeros up to the next multiple of `block` bytes while that is at most `limit`, and above up to the next length that Padmé
    /// allows (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", 2019): one of which only the first few bits
    /// are not zero. It adds less than an eighth, and what a length says grows with the logarithm of its logarithm.
    case padme(block: Int, upTo: Int)

    func count(for length: Int) -> Int {
        switch self {
        case .none: 0
        case .multiple(let block): Self.rest(length, block)
        case .padme(let block, let limit):
            length + Self.rest(length, block) <= limit ? Self.rest(length, block) : Self.padme(length)
        }
    }

    private static func rest(_ length: Int, _ block: Int) -> Int {
        block > 1 ? (block - length % block) % block : 0
    }

    private static func padme(_ length: Int) -> Int {
        guard length > 1 else { return 0 }
        let exponent = Int.bitWidth - 1 - length.leadingZeroBitCount
        let significant = Int.bitWidth - exponent.leadingZeroBitCount
        return rest(length, 1 << max(0, exponent - significant))
    }
}

/// Turning authenticated content into what travels, and back (RFC 9420 §6.2, §6.3). Nothing here knows a group.
package enum Protection {
    /// A PublicMessage; a member's carries a membership tag.
    package static func publicMessage(
        _ content: AuthenticatedContent, context: [UInt8], membershipKey: Secret?, algorithms: Algorithms
    ) -> PublicMessage {
        var tag: [UInt8]?
        if content.content.sender.leaf != nil, let membershipKey {
            tag = algorithms.mac(membershipKey, content.toBeMaced(context: context))
        }
        return PublicMessage(content: content.content, auth: content.auth, membershipTag: tag)
    }

    /// Whether a member's PublicMessage carries the right membership tag.
    package static func hasValidTag(
        _ message: PublicMessage, context: [UInt8], membershipKey: Secret, algorithms: Algorithms
    ) -> Bool {
        guard let tag = message.membershipTag else { return false }
        return algorithms.isValidMac(
            tag, key: membershipKey, message.authenticatedContent.toBeMaced(context: context))
    }

    /// A PrivateMessage under `key`, which must never be used again.
    package static func privateMessage(
        _ content: AuthenticatedContent, leaf: LeafIndex, key: MessageKey, reuseGuard: [UInt8],
        senderDataSecret: Secret, padding: Padding, algorithms: Algorithms
    ) throws(MLSError) -> PrivateMessage {
        var writer = WireWriter(reserving: 512)
        content.content.body.encode(into: &writer)
        content.auth.encode(for: content.content.body.type, into: &writer)
        let pad = padding.count(for: writer.bytes.count)
        writer.write(fixed: [UInt8](repeating: 0, count: pad))
        var message = PrivateMessage(
            groupId: content.content.groupId, epoch: content.content.epoch, contentType: content.content.body.type,
            authenticatedData: content.content.authenticatedData, encryptedSenderData: [], ciphertext: [])
        message.ciphertext = try algorithms.seal(
            writer.bytes, key: key.key, nonce: guarded(key.nonce, reuseGuard), aad: message.contentAAD)
        let senderData = SenderData(leaf: leaf, generation: key.generation, reuseGuard: reuseGuard)
        let outer = algorithms.senderDataKey(senderDataSecret, ciphertext: message.ciphertext)
        message.encryptedSenderData = try algorithms.seal(
            senderData.wireBytes, key: outer.key, nonce: outer.nonce, aad: message.senderDataAAD)
        return message
    }

    /// Who sent a private message.
    package static func openSenderData(
        _ message: PrivateMessage, senderDataSecret: Secret, algorithms: Algorithms
    ) throws(MLSError) -> SenderData {
        let outer = algorithms.senderDataKey(senderDataSecret, ciphertext: message.ciphertext)
        guard
            let opened = algorithms.open(
                message.encryptedSenderData, key: outer.key, nonce: outer.nonce, aad: message.senderDataAAD)
        else { throw MLSError(.senderDataInvalid) }
        return try decodeWhole(opened)
    }

    /// Opens a private message with the key that its sender data names.
    package static func open(
        _ message: PrivateMessage, senderData: SenderData, key: MessageKey, algorithms: Algorithms
    ) throws(MLSError) -> AuthenticatedContent {
        guard
            let plaintext = algorithms.open(
                message.ciphertext, key: key.key, nonce: guarded(key.nonce, senderData.reuseGuard),
                aad: message.contentAAD)
        else { throw MLSError(.decryptionFailed, "the message does not open with its sender's key") }
        var reader = WireReader(plaintext)
        let body: FramedContent.Body
        let auth: FramedContentAuth
        do {
            body = try FramedContent.Body(message.contentType, from: &reader)
            auth = try FramedContentAuth(for: message.contentType, from: &reader)
        } catch {
            throw MLSError(.malformed, error.description)
        }
        try require(reader.readRest().allSatisfy { $0 == 0 }, .paddingNotZero)
        let content = FramedContent(
            groupId: message.groupId, epoch: message.epoch, sender: .member(senderData.leaf),
            authenticatedData: message.authenticatedData, body: body)
        return AuthenticatedContent(wireFormat: .privateMessage, content: content, auth: auth)
    }
}
