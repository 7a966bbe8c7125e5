import ChatProtocol
import SQLite
import StoredValues

/// How far a conversation is settled: up to its head everything is here, was told as a gap, or lies before this device's
/// start, and has its position.
extension ClientStore {
    /// How far the numbers of a conversation can leap at once: where a server is restored they go on behind 64 a second
    /// since 2026. A leap to the last number of all would make this device drop for ever what comes after.
    static let longestLeap = 1 << 35

    func standing(
        of conversation: ConversationID
    ) throws -> (number: ConversationNumber, head: SequenceNumber, received: SequenceNumber)? {
        try database.first("SELECT number, head, received FROM conversations WHERE id = ?", conversation) {
            ($0.conversationNumber(0), $0.sequenceNumber(1), $0.sequenceNumber(2))
        }
    }

    func setHead(_ number: ConversationNumber, _ head: SequenceNumber) throws {
        try database.run("UPDATE conversations SET head = max(head, ?) WHERE number = ?", head, number)
    }

    /// Gives those that wait up to `seq` their positions; how many they were. None waits up to the head.
    @discardableResult
    func settle(_ number: ConversationNumber, upTo seq: SequenceNumber) throws -> UInt64 {
        let waiting = try database.all(
            """
            SELECT e.seq FROM conversations c JOIN entries e ON e.conversation = c.number AND e.seq > c.head
            WHERE c.number = ? AND e.seq <= ? AND e.position IS NULL ORDER BY e.seq
            """, number, seq
        ) { $0.sequenceNumber(0) }
        for seq in waiting {
            try database.run(
                "UPDATE entries SET position = ? WHERE conversation = ? AND seq = ?", try nextPosition(), number, seq)
        }
        return UInt64(waiting.count)
    }

    /// Whether a conversation has a row with this number.
    func isHere(_ number: ConversationNumber, _ seq: SequenceNumber) throws -> Bool {
        try database.first("SELECT 1 FROM entries WHERE conversation = ? AND seq = ?", number, seq) { _ in true }
            ?? false
    }

    /// Goes on over those that follow without a hole.
    func settleFollowers(_ number: ConversationNumber, of seq: SequenceNumber) throws {
        var head = seq
        while let next = head.next {
            try database.run(
                """
                UPDATE entries SET position = (SELECT position + 1 FROM state)
                WHERE conversation = ? AND seq = ? AND position IS NULL
                """, number, next)
            guard database.changes > 0 else { break }
            _ = try nextPosition()
            head = next
        }
        try setHead(number, head)
    }
}
