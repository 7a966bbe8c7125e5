import CLISupport
import ChatProtocol
import Transport

/// What a message is called: by its sender for ever, so that sending it again changes nothing.
enum MessageIdentity {
    private static let label = "chat idempotency key"

    /// The identifier of a message.
    ///
    /// A key that is a UUID is the identifier. Any other follows from account, conversation and key, so that every
    /// process and device of the account arrives at the same one; from the conversation's name, which never changes and
    /// is known before the server has been asked.
    static func id(
        key: String?, account: AccountID, conversation: ConversationName, now: Timestamp
    ) throws(Problem) -> MessageID {
        guard let key else { return try new(now: now) }
        if let given = MessageID(uuid: key) { return given }
        guard !key.isEmpty, key.utf8.count <= Limits.idempotencyKey else {
            throw Problem(
                .invalidData, "an idempotency key has 1 to \(Limits.idempotencyKey) bytes, not \(key.utf8.count)",
                sent: .no)
        }
        let input = Array(label.utf8) + account.bytes + Array(conversation.text.utf8) + [0] + Array(key.utf8)
        guard let id = MessageID.version8(digest: SHA256.hash(input)) else { throw none }
        return id
    }

    static func new(now: Timestamp) throws(Problem) -> MessageID {
        guard let id = MessageID.version7(now, random: SecureRandom.bytes(10)) else { throw none }
        return id
    }

    private static var none: Problem { Problem(.internalFault, "no identifier could be made") }
}
