import ChatProtocol
import GroupRules
import SQLite
import StoredValues
import WireCodec

/// A message of this device as it was sealed (E4): its text beside its ciphertext, since nobody can open what they have sealed
/// themselves.
struct SealedMessage: Equatable, Sendable {
    /// What is kept of it.
    enum Kept: Equatable, Sendable {
        /// It may be on its way: a retry sends the same bytes.
        case whole(payload: [UInt8], content: Content)
        /// The server has taken it, and the history has its text.
        case taken(seq: SequenceNumber, time: Timestamp)
    }

    var conversation: ConversationID
    var id: MessageID
    /// The epoch whose keys it has.
    var position: ConversationPosition
    /// SHA-256 of the ciphertext: what its entry in the log must have.
    var digest: [UInt8]
    var kept: Kept
}

/// A message that stood in the history of a conversation.
struct KnownMessage: Equatable, Sendable {
    var seq: SequenceNumber
    var time: Timestamp
    /// Nil where its text is not kept any more.
    var content: Content?
    var conversation: ConversationNumber
    /// Nil where something before it is missing still.
    var position: StorePosition?
}

/// What this device has sealed and not met in the log yet.
extension ClientStore {
    func sealedMessage(_ id: MessageID, in conversation: ConversationID) throws -> SealedMessage? {
        try database.first(
            """
            SELECT generation, incarnation, epoch, digest, payload, content, seq, time FROM outgoing
            WHERE conversation = ? AND id = ?
            """, conversation, id
        ) { row in
            SealedMessage(
                conversation: conversation, id: id,
                position: ConversationPosition(
                    generation: try row.identifier(0), incarnation: row.incarnation(1), epoch: row.epoch(2)),
                digest: row.bytes(3),
                kept: row.isNull(6)
                    ? .whole(payload: row.bytes(4), content: try stored(row.bytes(5)))
                    : .taken(seq: row.sequenceNumber(6), time: row.timestamp(7)))
        }
    }

    /// Keeps a message before it is sent: one ciphertext an epoch. What was sealed for an epoch that has ended, and is not in its log,
    /// is sealed anew and takes its place. Within the transaction that stores the ratchet.
    func keepSealed(
        _ id: MessageID, in conversation: ConversationID, at position: ConversationPosition, payload: [UInt8],
        content: Content, digest: [UInt8]
    ) throws {
        try database.runClearing(
            """
            INSERT OR REPLACE INTO outgoing(conversation, id, generation, incarnation, epoch, digest, payload, content)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, conversation, id, position.generation, Int(position.incarnation), position.epoch, digest, payload,
            content.wireBytes)
    }

    /// How many messages of an epoch the server has not taken yet, as far as is known.
    func untakenCount(in conversation: ConversationID, at position: ConversationPosition) throws -> Int {
        try database.first(
            """
            SELECT count(*) FROM outgoing
            WHERE conversation = ? AND seq IS NULL AND generation = ? AND incarnation = ? AND epoch = ?
            """, conversation, position.generation, Int(position.incarnation), position.epoch
        ) { $0.int(0) } ?? 0
    }

    /// The server has taken it, and its text stands in the history: only what its entry must be is kept. Within a transaction.
    func noteTaken(_ id: MessageID, in conversation: ConversationID, seq: SequenceNumber, time: Timestamp) throws {
        try database.run(
            "UPDATE outgoing SET payload = NULL, content = NULL, seq = ?, time = ? WHERE conversation = ? AND id = ?",
            seq, time, conversation, id)
    }

    /// Its entry was met. Within a transaction.
    func dropSealed(_ id: MessageID, in conversation: ConversationID) throws {
        try database.run("DELETE FROM outgoing WHERE conversation = ? AND id = ?", conversation, id)
    }

    /// Everything of a conversation's log was processed up to the end of an epoch: what was sealed before `position` and was not
    /// met is not in it. Within a transaction.
    ///
    /// - Returns: of these the ones that the server says it has taken: it leaves them out.
    func dropSealed(before position: ConversationPosition, in conversation: ConversationID) throws -> [MessageID] {
        let taken = try database.all(
            """
            SELECT id FROM outgoing WHERE conversation = ?1 AND seq IS NOT NULL
                AND (generation <> ?2 OR (incarnation, epoch) < (?3, ?4)) ORDER BY number
            """, conversation, position.generation, Int(position.incarnation), position.epoch
        ) { try $0.identifier(0) as MessageID }
        try database.run(
            """
            DELETE FROM outgoing WHERE conversation = ?1
                AND (generation <> ?2 OR (incarnation, epoch) < (?3, ?4))
            """, conversation, position.generation, Int(position.incarnation), position.epoch)
        return taken
    }

    /// A message of an account that stood in the history of a conversation and could be read; where it stands twice, the first.
    func knownMessage(
        _ id: MessageID, from sender: AccountID, in conversation: ConversationID
    ) throws -> KnownMessage? {
        try database.first(
            """
            SELECT e.seq, e.time, e.body, e.reply_to, e.sent, e.auto, e.conversation, e.position
            FROM entries e INDEXED BY entries_by_id JOIN conversations c ON c.number = e.conversation
            WHERE e.id = ? AND e.sender = ? AND c.id = ? AND (e.body IS NOT NULL OR e.payload_kind = ?) LIMIT 1
            """, id, sender, conversation, Self.erasedKind
        ) { row in
            let replyTo: MessageID? = try row.optionalIdentifier(3)
            let content = row.optionalText(2).map {
                Content(body: $0, replyTo: replyTo, sent: row.timestamp(4), auto: row.bool(5))
            }
            return KnownMessage(
                seq: row.sequenceNumber(0), time: row.timestamp(1), content: content,
                conversation: row.conversationNumber(6), position: row.optionalPosition(7))
        }
    }

    /// Whether the server was restored since: it may have lost the message, and whoever was away then has not got it.
    func mayBeLost(_ message: KnownMessage) throws -> Bool {
        try database.first(
            "SELECT 1 FROM gaps WHERE position > ? AND conversation = ? AND reason = ? LIMIT 1",
            message.position, message.conversation, GapNotice.Reason.restored.rawValue
        ) { _ in true } ?? false
    }

    /// How far the chain of this device's own account goes, as it is held.
    func ownChainMark(_ account: AccountID) throws -> ChainMark? {
        try database.first("SELECT number, head FROM pins WHERE account = ?", account) { row in
            ChainMark(number: UInt32(truncatingIfNeeded: row.int(0)), head: try row.digest(1))
        }
    }
}
