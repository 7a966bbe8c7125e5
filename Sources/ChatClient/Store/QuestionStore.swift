import ChatProtocol
import SQLite
import StoredValues

/// Questions of `ask`: opened, asked, closed. What answers them stands in `AnswerStore`.
///
/// A question has its place in the log as soon as its own message is stored, which comes before all that answer it.
extension ClientStore {
    /// What was closed so long ago is forgotten: the server has forgotten its message, too.
    private static let retention = Duration.seconds(40 * 86_400)
    /// So long the server certainly knows a message by its id: asked again it keeps its place.
    private static let askedOnce = Duration.seconds(30 * 86_400)

    /// Opens a question to each of `asked`, or opens it again. Within a transaction, and before it is sent.
    ///
    /// - Parameters:
    ///   - asking: what the questions of one ask have in common: the first answer closes all of them.
    ///   - expiry: until when somebody waits.
    ///   - isAgain: they may have been asked before, and answered while nobody waited.
    func openQuestions(
        _ asked: [AskedUser], asking: MessageID, choices: [String], expiry: Expiry, isAgain: Bool, own: AccountID,
        now: Timestamp
    ) throws {
        try forgetQuestions(before: now - Self.retention)
        for user in asked {
            try database.run(
                """
                INSERT INTO questions(id, peer, asking, state, deadline, choices, due, boot, seq)
                VALUES (?1, ?2, ?3, 0, ?4, ?5, ?8, ?9,
                    (SELECT max(e.seq) FROM entries e JOIN conversations c ON c.number = e.conversation
                     WHERE e.id = ?1 AND e.sender = ?6 AND e.time > ?7 AND c.peer = ?2 AND c.type IN (1, 3)))
                ON CONFLICT(id, peer) DO UPDATE SET asking = excluded.asking, deadline = excluded.deadline,
                    due = excluded.due, boot = excluded.boot,
                    choices = excluded.choices, state = CASE state WHEN 1 THEN 1 ELSE 0 END, seq = excluded.seq
                """, user.id, user.peer, asking, expiry.time, choices.joined(separator: "\n"),
                own, now - Self.askedOnce, expiry.due.milliseconds, expiry.due.boot)
        }
        guard isAgain else { return }
        for user in asked { try decideLateAnswers(to: user.peer, question: user.id, own: own, now: now) }
    }

    /// A message of this account has its place. If it asks, what comes after it counts from now on, and what was stored
    /// meanwhile and is marked as its answer. Within the transaction that stores it.
    func noteAsked(_ entry: EntryPlace, conversation: ConversationNumber, now: Timestamp) throws {
        guard try hasQuestions() else { return }
        let own = entry.sender
        try database.run(
            """
            UPDATE questions SET seq = ?1 WHERE id = ?2 AND (seq IS NULL OR seq < ?1)
                AND peer = (SELECT peer FROM conversations WHERE number = ?3 AND type IN (1, 3))
            """, entry.seq, entry.id, conversation)
        guard database.changes > 0 else { return }
        let peer = try database.first("SELECT type, peer FROM conversations WHERE number = ?", conversation) { row in
            row.int(0) == Self.roomType
                ? AskedUser.Peer.room(try row.userName(1)) : .account(try row.identifier(1))
        }
        guard let peer else { return }
        try decideLateAnswers(to: peer, question: entry.id, own: own, now: now)
    }

    /// Whether there is any question: who never asks need not have prepared what looks for them at every message.
    func hasQuestions() throws -> Bool { try database.first("SELECT 1 FROM questions LIMIT 1") { _ in true } ?? false }

    // MARK: Closing

    /// Nobody waits for it any more. Within a transaction.
    ///
    /// - Returns: whether it was open.
    func lapse(_ user: AskedUser) throws -> Bool {
        try database.run(
            "UPDATE questions SET state = 2 WHERE id = ? AND peer = ? AND state = 0", user.id, user.peer)
        return database.changes > 0
    }

    private func forgetQuestions(before moment: Timestamp) throws {
        // One that is open by the clock that does not leap stays, whatever time it is said to be.
        let boot = bootTime()
        try database.run(
            "DELETE FROM questions WHERE deadline < ? AND NOT (state = 0 AND boot IS ? AND due > ?)", moment,
            boot.boot, boot.milliseconds)
        try database.run(
            """
            DELETE FROM answers WHERE EXISTS (SELECT 1 FROM entries e
                WHERE e.conversation = answers.conversation AND e.seq = answers.seq AND e.time < ?)
            """, moment)
    }
}
