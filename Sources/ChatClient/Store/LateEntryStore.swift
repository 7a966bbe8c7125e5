import ChatProtocol
import SQLite
import StoredValues

/// What comes of a part of a log that was settled before.
extension ClientStore {
    func hasRow(of conversation: ConversationID, seq: SequenceNumber) throws -> Bool {
        try database.first(
            """
            SELECT 1 FROM entries e JOIN conversations c ON c.number = e.conversation WHERE c.id = ? AND e.seq = ?
            """, conversation, seq
        ) { _ in true } ?? false
    }

    /// The server says that a log ends before what this device was told of it: what was said to be missing there is read, if it is there.
    /// Within a transaction.
    ///
    /// - Returns: false where entries were told that are not in it, unless this device is coming back: then it looks for its own commit from
    ///   the beginning.
    func goBack(in conversation: ConversationID, to head: SequenceNumber) throws -> Bool {
        guard var standing = try groupStanding(of: conversation), standing.seq > head else { return false }
        if standing.lastEntry > head {
            guard try waitingCommit(of: conversation)?.kind == .externalJoin else { return false }
            standing.lastEntry = .beforeFirst
        }
        standing.seq = standing.lastEntry
        standing.hash = nil
        try setGroupStanding(standing)
        try database.run(
            """
            UPDATE conversations SET received = 0, head = max(?2, coalesce((SELECT max(e.seq) FROM entries e
                WHERE e.conversation = conversations.number AND e.position IS NOT NULL), 0)) WHERE id = ?1
            """, conversation, standing.seq)
        return true
    }

    /// What is here already is dropped when it comes again. What was told as missing or as what cannot be opened, since the server kept from
    /// this device what leads to it, is told now. Another one under a number that is here is another message: the server has lost what it
    /// had given the number to before. Within a transaction.
    func storeLate(
        _ place: EntryPlace, _ opening: EntryOpening, _ number: ConversationNumber, head: SequenceNumber,
        own: AccountID, now: Timestamp
    ) throws {
        let known = try database.first(
            "SELECT id, body IS NULL AND payload_kind = ?3 FROM entries WHERE conversation = ?1 AND seq = ?2", number,
            place.seq, Int(PayloadKind.message.rawValue)
        ) { row in (id: try row.identifier(0) as MessageID, isUnopened: row.bool(1)) }
        guard opening != .notForPeople, known?.id != place.id || known?.isUnopened == true else { return }
        guard case .opened = opening, known.map(\.isUnopened) ?? true else {
            if known?.id != place.id { try insertGap(conversation: number, reason: .restored, missed: 1, now: now) }
            return
        }
        let gone = try database.first(
            "DELETE FROM entries WHERE conversation = ? AND seq = ? RETURNING number", number, place.seq
        ) { $0.integer(0) }
        if let gone { try changesBlock(of: gone) }
        // What was replayed and readers have not been given yet gets its place with the rest.
        let position = place.seq > head ? nil : try nextPosition()
        try insert(place, opening, conversation: number, position: position, own: own, now: now)
    }
}
