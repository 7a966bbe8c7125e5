import ChatProtocol
import SQLite
import StoredValues

/// What a message was to a question.
struct StoredAnswer: Equatable, Sendable {
    /// What the row says; the numbers stand in stores and never change.
    enum Outcome: Int, Sendable {
        case answer = 0
        case notAChoice = 1
        case ambiguous = 2
        /// It would be one, and who the server says has written it is not trusted.
        case doubted = 3
    }

    /// In the order in which they came.
    var number: Int64
    var outcome: Outcome
    var message: ReceivedMessage
}

/// The messages that questions took.
///
/// Which question a message answers is decided in the transaction that stores it: whatever process does that, and
/// whoever looks later, arrives at the same.
extension ClientStore {
    /// Decides what a message that is being stored is to the open questions. Within the same transaction.
    func decideAnswer(
        _ entry: EntryPlace, _ content: Content, conversation: ConversationNumber, own: AccountID, now: Timestamp
    ) throws {
        let open = try openQuestions(before: entry, in: conversation, own: own, now: now)
        guard !open.isEmpty else { return }
        // In a room people talk with each other: only what is marked is meant for who asks.
        let isRoom = try database.first(
            "SELECT 1 FROM conversations WHERE number = ? AND type = ?", conversation, Self.roomType
        ) { _ in true }
        let decision = AnswerRules.decide(
            body: content.body, replyTo: content.replyTo, auto: content.auto,
            isMarked: entry.sender == own || isRoom != nil,
            seq: entry.seq, questions: open)
        switch decision {
        case .none: return
        case .answer(let question):
            guard try doubt(of: entry.sender, device: entry.device) == nil else {
                return try keep(entry, conversation, question, .doubted)
            }
            try keep(entry, conversation, question, .answer)
            try database.run(
                """
                UPDATE questions SET state = 1 WHERE state = 0
                    AND asking = (SELECT asking FROM questions
                        WHERE id = ? AND peer = (SELECT peer FROM conversations WHERE number = ?))
                """, question, conversation)
        case .notAChoice(let question): try keep(entry, conversation, question, .notAChoice)
        case .ambiguous: try keep(entry, conversation, nil, .ambiguous)
        }
    }

    /// The questions that an entry of who was asked may answer.
    ///
    /// A question is overtaken where another device of this account has written since, by a person's hand or `ask`'s: it
    /// may have asked, which nothing in its message says. A device that says that nobody waits for the answer any more has
    /// taken its question back.
    private func openQuestions(
        before entry: EntryPlace, in conversation: ConversationNumber, own: AccountID, now: Timestamp
    ) throws -> [OpenQuestion] {
        guard try hasQuestions() else { return [] }
        let boot = bootTime()
        return try database.all(
            """
            SELECT q.id, q.seq, q.choices, q.deadline, q.due, q.boot,
                EXISTS (SELECT 1 FROM entries x WHERE x.conversation = c.number AND x.seq > q.seq AND x.seq < ?3
                    AND x.sender = ?4 AND x.device <> (SELECT device FROM identity) AND x.auto = 0
                    AND x.reply_to IS NULL AND NOT EXISTS (SELECT 1 FROM entries n WHERE n.conversation = c.number
                        AND n.seq > x.seq AND n.seq < ?3 AND n.sender = ?4 AND n.auto = 1 AND n.reply_to = x.id))
            FROM questions q JOIN conversations c ON c.peer = q.peer AND c.type IN (1, 3)
            WHERE q.state = 0 AND c.number = ?2 AND (q.peer = ?1 OR c.type = 3 AND ?1 <> ?4)
            """, entry.sender, conversation, entry.seq, own
        ) { row -> OpenQuestion? in
            let due = BootTime(boot: row.optionalText(5) ?? "", milliseconds: row.unsigned(4))
            guard !Expiry(time: row.timestamp(3), due: due).isOver(now: now, boot: boot) else { return nil }
            return OpenQuestion(
                id: try row.identifier(0), seq: row.optionalSequenceNumber(1),
                choices: row.text(2).split(separator: "\n").map(String.init), isOvertaken: row.bool(6))
        }.compactMap(\.self)
    }

    private func keep(
        _ entry: EntryPlace, _ conversation: ConversationNumber, _ question: MessageID?, _ outcome: StoredAnswer.Outcome
    ) throws {
        try database.run(
            """
            INSERT OR IGNORE INTO answers(conversation, seq, question, outcome) VALUES (?, ?, ?, ?)
            """, conversation, entry.seq, question, outcome.rawValue)
    }

    /// Decides what came after a question, is marked as its answer, and was stored while nobody waited for it.
    func decideLateAnswers(to peer: AskedUser.Peer, question: MessageID, own: AccountID, now: Timestamp) throws {
        // Who is trusted may be another by now.
        try database.run(
            "DELETE FROM answers WHERE question = ? AND outcome = ?", question, StoredAnswer.Outcome.doubted.rawValue)
        let late = try database.all(
            """
            SELECT e.conversation, e.seq, c.id, e.id, e.device, e.time, e.sent, e.body, e.auto, e.sender
            FROM questions q JOIN conversations c ON c.peer = q.peer AND c.type IN (1, 3)
                JOIN entries e ON e.conversation = c.number AND e.seq > q.seq
            WHERE q.peer = ?1 AND q.id = ?2 AND (e.sender = ?1 OR c.type = 3 AND e.sender <> ?3) AND e.reply_to = ?2 AND e.body IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM answers a WHERE a.conversation = e.conversation AND a.seq = e.seq)
            ORDER BY e.seq
            """, peer, question, own
        ) { row in
            let content = Content(body: row.text(7), replyTo: question, sent: row.timestamp(6), auto: row.bool(8))
            let place = EntryPlace(
                conversation: try row.identifier(2), seq: row.sequenceNumber(1), id: try row.identifier(3),
                sender: try row.identifier(9),
                device: try row.identifier(4), time: row.timestamp(5))
            return (row.conversationNumber(0), place, content)
        }
        for (conversation, place, content) in late {
            try decideAnswer(place, content, conversation: conversation, own: own, now: now)
        }
    }

    // MARK: Looking

    /// The number of the last answer of any question.
    func lastAnswer() throws -> Int64 { try database.first("SELECT max(number) FROM answers") { $0.integer(0) } ?? 0 }

    /// What questions took, and what came after the answer `number` and may answer any of several, in the order in which
    /// it came.
    func answers(to asked: [AskedUser], ambiguousAfter number: Int64, reader: ItemReader) throws -> [StoredAnswer] {
        let trust = try SenderTrust(self, reader.gate)
        return try asked.flatMap { user in
            try database.all(
                """
                SELECT m.*, a.number, a.outcome
                FROM answers a JOIN message_rows m ON m.conversation = a.conversation AND m.seq = a.seq
                WHERE (a.question = ? OR (a.outcome = 2 AND a.number > ?)) AND m.peer = ? AND m.body IS NOT NULL
                """, from: ItemReader.messages, user.id, number, user.peer,
                read: { try Self.answer($0, reader, trust) }
            ).compactMap(\.self)
        }.sorted { $0.number < $1.number }
    }

    private static func answer(
        _ row: Statement, _ reader: ItemReader, _ trust: SenderTrust
    ) throws -> StoredAnswer? {
        guard case .message(let message) = try reader.item(row, trust),
            let outcome = StoredAnswer.Outcome(rawValue: row.int(ItemReader.messageColumns + 1))
        else { return nil }
        return StoredAnswer(number: row.integer(ItemReader.messageColumns), outcome: outcome, message: message)
    }

    /// What was asked under this identifier; nil where that is not here.
    func question(_ id: MessageID, of asker: AccountID) throws -> (text: String, time: Timestamp)? {
        try database.first(
            "SELECT body, time FROM entries INDEXED BY entries_by_id WHERE id = ? AND sender = ? AND body IS NOT NULL",
            id, asker
        ) { ($0.text(0), $0.timestamp(1)) }
    }

    /// Whether a question took the message at this place.
    func isAnswer(position: StorePosition) throws -> Bool {
        try database.first(
            """
            SELECT 1 FROM entries e JOIN answers a ON a.conversation = e.conversation AND a.seq = e.seq
            WHERE e.position = ? AND a.outcome <> ?
            """, position, StoredAnswer.Outcome.doubted.rawValue
        ) { _ in true } ?? false
    }
}
