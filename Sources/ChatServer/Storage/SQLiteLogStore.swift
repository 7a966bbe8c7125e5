import ChatProtocol
import SQLite
import StoredValues
import Transport

/// Logs in SQLite: the writing half, confined to the thread that owns the connection.
package final class SQLiteLogWriter: LogWriter {
    /// Conversations whose head and members are kept in memory; beyond this the memory is emptied.
    private static let rememberedConversations = 20_000

    struct Conversation {
        var info: ConversationInfo
        var number: UInt64
        var head: SequenceNumber
        var epoch: UInt64
        var changed = false
    }

    let database: Database
    private let identity: StoreIdentity
    private var conversations: [ConversationID: Conversation] = [:]
    private var changed: [ConversationID] = []
    /// Direct conversations whose accounts are all there, as seen by this batch: who deletes an account writes by
    /// another connection, and cannot while a batch is being written.
    private var inhabited: Set<ConversationID> = []

    package init(database: Database, identity: StoreIdentity) {
        self.database = database
        self.identity = identity
    }

    package func commit(_ batch: StoreBatch) throws(StoreFailure) -> [OperationOutcome] {
        if conversations.count > Self.rememberedConversations { conversations.removeAll() }
        do {
            return try database.transaction { try apply(batch) }
        } catch {
            // What was remembered may never have become true.
            conversations.removeAll()
            changed.removeAll()
            throw StoreFailure(error)
        }
    }

    private func apply(_ batch: StoreBatch) throws -> [OperationOutcome] {
        var outcomes: [OperationOutcome] = []
        outcomes.reserveCapacity(batch.operations.count)
        inhabited.removeAll(keepingCapacity: true)
        // Moves first: a question for receipts in the same batch sees them.
        for move in batch.cursors { try apply(move) }
        for mark in batch.readMarks { try apply(mark) }
        for operation in batch.operations { outcomes.append(try perform(operation, time: batch.time)) }
        for mark in batch.seen { try apply(mark, time: batch.time) }
        try writeHeads()
        return outcomes
    }

    private func perform(_ operation: StoreOperation, time: UInt64) throws -> OperationOutcome {
        switch operation {
        case .append(let entry): return try append(entry, time: time)
        case .openDirect(let one, let other, let fresh):
            let info = try MembershipStore.openDirect(one, other, fresh: fresh, time: time, in: database)
            guard let conversation = try conversation(info.id) else { return .refused(Failure(.internalError)) }
            return .opened(conversation.info, head: conversation.head, epoch: conversation.epoch)
        case .receipts(let id, let account):
            guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
            guard conversation.info.includes(account) else { return .refused(Failure(.notAMember)) }
            guard conversation.info.type == .direct else { return .refused(Failure(.invalidTarget)) }
            return .receipts(try receipts(of: id))
        }
    }

    // MARK: Appending

    private func append(_ entry: NewEntry, time: UInt64) throws -> OperationOutcome {
        guard var conversation = try conversation(entry.conversation) else {
            return .refused(Failure(.noSuchConversation))
        }
        guard conversation.info.includes(entry.sender) else { return .refused(Failure(.notAMember)) }
        if let refusal = try refusal(of: entry, in: conversation) {
            return try duplicate(of: entry, in: conversation) ?? .refused(refusal)
        }
        guard let seq = conversation.head.next else { return .refused(Failure(.storeFull)) }
        let epoch = entry.advance ?? conversation.epoch
        let digest = SHA256.hash(entry.payload)
        try database.run(
            """
            INSERT OR IGNORE INTO message_ids(sender, conversation, id, seq, time, digest, epoch)
            VALUES(?, ?, ?, ?, ?, ?, ?)
            """, entry.sender, conversation.number, entry.id, seq, time, digest, epoch)
        guard database.changes > 0 else {
            return try duplicate(of: entry, in: conversation) ?? .refused(Failure(.internalError))
        }
        try database.run(
            "INSERT INTO entries(key, id, sender, device, kind, time, payload) VALUES(?, ?, ?, ?, ?, ?, ?)",
            EntryKey.of(seq, in: conversation.number), entry.id, entry.sender, entry.device, Int(entry.payloadKind),
            time, entry.payload)
        conversation.head = seq
        conversation.epoch = epoch
        if !conversation.changed {
            conversation.changed = true
            changed.append(entry.conversation)
        }
        conversations[entry.conversation] = conversation
        return .appended(
            StoredAppend(
                conversation: conversation.info, seq: seq, time: time, digest: digest,
                position: ConversationPosition(generation: identity.generation, epoch: epoch), duplicate: false))
    }

    /// Why it is not stored, unless it was stored before.
    private func refusal(of entry: NewEntry, in conversation: Conversation) throws -> Failure? {
        if let objection = entry.objection { return objection }
        guard try isInhabited(conversation.info) else { return Failure(.noSuchUser) }
        let position = ConversationPosition(generation: identity.generation, epoch: conversation.epoch)
        return entry.fits(position) ? nil : Failure(.preconditionFailed, current: position)
    }

    /// Whether nobody of a direct conversation was deleted.
    private func isInhabited(_ conversation: ConversationInfo) throws -> Bool {
        guard case .direct(let low, let high) = conversation.audience, !inhabited.contains(conversation.id) else {
            return true
        }
        let deleted = try database.first(
            "SELECT 1 FROM accounts WHERE id IN (?, ?) AND flags & ? <> 0", low, high,
            Int(AccountRecord.Flags.deleted.rawValue)
        ) { $0.bool(0) }
        guard deleted == nil else { return false }
        inhabited.insert(conversation.id)
        return true
    }

    private func duplicate(of entry: NewEntry, in conversation: Conversation) throws -> OperationOutcome? {
        try database.first(
            "SELECT seq, time, digest, epoch FROM message_ids WHERE sender = ? AND conversation = ? AND id = ?",
            entry.sender, conversation.number, entry.id
        ) { row in
            .appended(
                StoredAppend(
                    conversation: conversation.info, seq: row.sequenceNumber(0), time: row.unsigned(1),
                    digest: row.bytes(2),
                    position: ConversationPosition(generation: identity.generation, epoch: row.unsigned(3)),
                    duplicate: true))
        }
    }

    private func writeHeads() throws {
        for id in changed {
            guard var conversation = conversations[id] else { continue }
            try database.run(
                "UPDATE conversations SET head = ?, epoch = ? WHERE id = ?", conversation.head, conversation.epoch, id)
            conversation.changed = false
            conversations[id] = conversation
        }
        changed.removeAll(keepingCapacity: true)
    }

    private func conversation(_ id: ConversationID) throws -> Conversation? {
        if let kept = conversations[id] { return kept }
        let read = try database.first(
            "SELECT id, type, account_low, account_high, number, head, epoch FROM conversations WHERE id = ?", id
        ) { row in
            Conversation(
                info: try ConversationInfo(row), number: row.unsigned(4), head: row.sequenceNumber(5),
                epoch: row.unsigned(6))
        }
        conversations[id] = read
        return read
    }

    // MARK: Cursors and marks

    private func apply(_ move: CursorMove) throws {
        guard let conversation = try conversation(move.conversation) else { return }
        let acked = min(move.acked, conversation.head)
        let delivered = min(move.delivered, conversation.head)
        try database.run(
            """
            UPDATE cursors SET acked = max(acked, ?), delivered = max(delivered, ?), told_start = max(told_start, ?)
            WHERE device = ? AND conversation = ?
            """, acked, delivered, move.toldStart, move.device, move.conversation)
        guard database.changes == 0 else { return }
        try database.run(
            """
            INSERT INTO cursors(device, conversation, start, acked, delivered, told_start)
            SELECT ?, m.conversation, m.start_seq, max(m.start_seq, ?), ?, ? FROM members m
            WHERE m.conversation = ? AND m.account = ? AND EXISTS(SELECT 1 FROM devices d WHERE d.id = ?)
            """, move.device, acked, delivered, move.toldStart, move.conversation, move.account, move.device)
    }

    private func apply(_ mark: ReadMark) throws {
        guard let conversation = try conversation(mark.conversation) else { return }
        try database.run(
            "UPDATE members SET read_seq = max(read_seq, ?) WHERE conversation = ? AND account = ?",
            min(mark.seq, conversation.head), mark.conversation, mark.account)
    }

    private func apply(_ mark: SeenMark, time: UInt64) throws {
        try database.run("UPDATE devices SET last_seen = max(last_seen, ?) WHERE id = ?", time, mark.device)
        guard mark.online else { return }
        try database.run("UPDATE accounts SET last_seen = max(last_seen, ?) WHERE id = ?", time, mark.account)
    }

    private func receipts(of conversation: ConversationID) throws -> [ReceiptState] {
        try database.all(
            """
            SELECT m.account, m.read_seq, coalesce((SELECT max(c.delivered) FROM devices d
            JOIN cursors c ON c.device = d.id AND c.conversation = m.conversation WHERE d.account = m.account), 0)
            FROM members m WHERE m.conversation = ? ORDER BY m.account
            """, conversation
        ) { row in
            ReceiptState(account: try row.identifier(0), delivered: row.sequenceNumber(2), read: row.sequenceNumber(1))
        }
    }
}

extension NewEntry {
    /// Whether the precondition holds, and the new epoch, where there is one, lies ahead.
    fileprivate func fits(_ position: ConversationPosition) -> Bool {
        (precondition == nil || precondition == position) && (advance.map { $0 > position.epoch } ?? true)
    }
}
