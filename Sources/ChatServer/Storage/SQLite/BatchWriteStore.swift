import ChatProtocol
import SQLite
import StoredValues
import Transport

/// Carries a batch out, as part of the caller's transaction: everything is read in it, and nothing outlives it.
struct BatchWriteStore {
    private struct Conversation {
        var info: ConversationInfo
        var number: UInt64
        var head: SequenceNumber
        var epoch: UInt64
        var lastTime: Timestamp
        var isClosed: Bool
        var entries: [Entry] = []
    }

    private let database: Database
    private let generation: StoreGeneration
    private let time: Timestamp
    private let isRepeated: Bool
    private var conversations: [ConversationID: Conversation] = [:]
    /// Those of which there is news, in the order of the first entries.
    private var grown: [ConversationID] = []

    static func commit(
        _ batch: StoreBatch, time: Timestamp, in database: Database
    ) throws -> Committed {
        guard let generation = try MetaStore.generation(in: database) else {
            throw StoreFailure(.damaged, "the store has no generation")
        }
        var writer = BatchWriteStore(
            database: database, generation: generation, time: time, isRepeated: batch.isRepeated)
        var outcomes: [OperationOutcome] = []
        outcomes.reserveCapacity(batch.operations.count)
        for operation in batch.operations { outcomes.append(try writer.perform(operation)) }
        return Committed(outcomes: outcomes, news: try writer.finish())
    }

    private init(database: Database, generation: StoreGeneration, time: Timestamp, isRepeated: Bool) {
        self.database = database
        self.generation = generation
        self.time = time
        self.isRepeated = isRepeated
    }

    private mutating func perform(_ operation: StoreOperation) throws -> OperationOutcome {
        switch operation {
        case .append(let entry): try append(entry)
        case .openDirect(let one, let other, let id): try openDirect(one, other, as: id)
        case .join(let id, let account): try join(id, account)
        case .close(let id): try close(id)
        case .erase(let id, let account): try erase(id, account)
        }
    }

    // MARK: Appending

    private mutating func append(_ entry: NewEntry) throws -> OperationOutcome {
        guard let conversation = try conversation(entry.conversation) else {
            return .refused(Failure(.noSuchConversation))
        }
        guard try isMember(entry.sender, of: conversation) else { return .refused(Failure(.notAMember)) }
        if let refusal = try refusal(of: entry, in: conversation) {
            return try again(entry, in: conversation) ?? .refused(refusal)
        }
        guard let seq = conversation.head.next else { return .refused(Failure(.storeFull)) }
        let time = max(time, conversation.lastTime)
        let stored = StoredAppend(
            conversation: conversation.info, seq: seq, time: time, digest: SHA256.hash(entry.payload),
            position: position(entry.advance ?? conversation.epoch), duplicate: false)
        guard try insert(entry, stored, conversation.number) else {
            return try again(entry, in: conversation) ?? .refused(Failure(.internalError))
        }
        for row in entry.rows { try SideRowStore.apply(row, to: entry.conversation, in: database) }
        conversations[entry.conversation]?.head = seq
        conversations[entry.conversation]?.epoch = stored.position.epoch
        conversations[entry.conversation]?.lastTime = time
        tell(entry, stored)
        return .appended(stored)
    }

    /// - Returns: false where its identifier is there already.
    private func insert(_ entry: NewEntry, _ stored: StoredAppend, _ number: UInt64) throws -> Bool {
        try database.run(
            """
            INSERT OR IGNORE INTO message_ids(sender, conversation, id, seq, time, digest, epoch)
            VALUES(?, ?, ?, ?, ?, ?, ?)
            """, entry.sender, number, entry.id, stored.seq, stored.time, stored.digest, stored.position.epoch)
        guard database.changes > 0 else { return false }
        try database.run(
            "INSERT INTO entries(key, id, sender, device, kind, time, payload) VALUES(?, ?, ?, ?, ?, ?, ?)",
            EntryKey.of(stored.seq, in: number), entry.id, entry.sender, entry.device, Int(entry.payloadKind),
            stored.time, entry.payload)
        return true
    }

    private mutating func tell(_ entry: NewEntry, _ stored: StoredAppend) {
        if conversations[entry.conversation]?.entries.isEmpty ?? false { grown.append(entry.conversation) }
        conversations[entry.conversation]?.entries.append(Entry(entry, seq: stored.seq, time: stored.time))
    }

    /// The answer to what was stored before; nil where it was not.
    private mutating func again(_ entry: NewEntry, in conversation: Conversation) throws -> OperationOutcome? {
        guard let stored = try duplicate(of: entry, in: conversation) else { return nil }
        if isRepeated, entry.objection == nil, stored.digest == SHA256.hash(entry.payload) { tell(entry, stored) }
        return .appended(stored)
    }

    /// Why it is not stored, unless it was stored before.
    private func refusal(of entry: NewEntry, in conversation: Conversation) throws -> Failure? {
        if let objection = entry.objection { return objection }
        guard !conversation.isClosed else { return Failure(.noSuchUser) }
        let current = position(conversation.epoch)
        guard entry.fits(current) else { return Failure(.preconditionFailed, current: current) }
        guard entry.isBounded else { return Failure(.payloadTooLarge) }
        for row in entry.rows where try !SideRowStore.fits(row, in: entry.conversation, database) {
            return Failure(.preconditionFailed, current: current)
        }
        return nil
    }

    private func duplicate(of entry: NewEntry, in conversation: Conversation) throws -> StoredAppend? {
        try database.first(
            "SELECT seq, time, digest, epoch FROM message_ids WHERE sender = ? AND conversation = ? AND id = ?",
            entry.sender, conversation.number, entry.id
        ) { row in
            StoredAppend(
                conversation: conversation.info, seq: row.sequenceNumber(0), time: row.timestamp(1),
                digest: row.bytes(2), position: position(row.unsigned(3)), duplicate: true)
        }
    }

    private func position(_ epoch: UInt64) -> ConversationPosition {
        ConversationPosition(generation: generation, epoch: epoch)
    }

    private func isMember(_ account: AccountID, of conversation: Conversation) throws -> Bool {
        try conversation.info.includes(account)
            ?? MembershipStore.isMember(account, of: conversation.info.id, in: database)
    }

    // MARK: Conversations

    private mutating func openDirect(
        _ one: AccountID, _ other: AccountID, as fresh: ConversationID
    ) throws -> OperationOutcome {
        let id = try MembershipStore.openDirect(one, other, as: fresh, time: time, in: database)
        guard let id else { return .refused(Failure(.noSuchUser)) }
        guard let conversation = try conversation(id) else { return .refused(Failure(.internalError)) }
        return .opened(conversation.info, head: conversation.head, epoch: conversation.epoch)
    }

    private mutating func join(_ id: ConversationID, _ account: AccountID) throws -> OperationOutcome {
        guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
        try MembershipStore.join(id, account, after: conversation.head, in: database)
        return .done
    }

    private mutating func close(_ id: ConversationID) throws -> OperationOutcome {
        guard try conversation(id) != nil else { return .refused(Failure(.noSuchConversation)) }
        conversations[id]?.isClosed = true
        try MembershipStore.close(id, in: database)
        return .done
    }

    private mutating func erase(_ id: ConversationID, _ account: AccountID) throws -> OperationOutcome {
        guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
        return try ErasureStore.step(of: account, in: conversation.number, database) ? .done : .unfinished
    }

    private mutating func conversation(_ id: ConversationID) throws -> Conversation? {
        if let known = conversations[id] { return known }
        let read = try database.first(
            """
            SELECT id, type, account_low, account_high, number, head, epoch, last_time, closed FROM conversations
            WHERE id = ?
            """, id
        ) { row in
            Conversation(
                info: try ConversationInfo(row), number: row.unsigned(4), head: row.sequenceNumber(5),
                epoch: row.unsigned(6), lastTime: row.timestamp(7), isClosed: row.bool(8))
        }
        conversations[id] = read
        return read
    }

    // MARK: The end

    /// Writes the heads, and says what is new.
    private func finish() throws -> [News] {
        try grown.compactMap { id in
            guard let conversation = conversations[id] else { return nil }
            try database.run(
                "UPDATE conversations SET head = ?, epoch = ?, last_time = ? WHERE id = ?", conversation.head,
                conversation.epoch, conversation.lastTime, id)
            return News(
                conversation: conversation.info,
                readers: try conversation.info.readers(members: MembershipStore.members(of: id, in: database)),
                epoch: conversation.epoch, entries: conversation.entries)
        }
    }
}
