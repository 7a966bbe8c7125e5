import ChatProtocol
import SQLite
import StoredValues

/// Carries a batch out, as part of the caller's transaction: everything is read in it, and nothing outlives it.
struct BatchWriteStore {
    /// As it stands within the transaction: one object, since each entry of a batch changes it.
    final class Conversation {
        let info: ConversationInfo
        let number: ConversationNumber
        /// Where it stands in its table, as long as the transaction lasts.
        let row: Int64
        var head: SequenceNumber
        var mark: GroupMark
        var lastTime: Timestamp
        var isClosed: Bool
        var isHeld: Bool
        var hasMoved = false
        /// It stands in `touched`.
        var isTouched = false
        /// Written with each change of its group's leaves.
        let leafVersion: UInt64
        /// Of the log up to `head`.
        var logHash: [UInt8]?
        var leavesHaveChanged = false
        /// What is to be told to those who read it now, and what to those who did before somebody came or went.
        var entries: [Entry] = []
        var changes: [ReaderChange] = []
        var toldBefore: [News] = []

        init(_ row: Statement) throws {
            info = try ConversationInfo(row)
            number = row.conversationNumber(4)
            head = row.sequenceNumber(5)
            mark = GroupMark(incarnation: row.incarnation(9), epoch: row.epoch(6))
            lastTime = row.timestamp(7)
            isClosed = row.bool(8)
            isHeld = row.bool(10)
            leafVersion = row.unsigned(11)
            logHash = row.optionalBytes(12)
            self.row = row.integer(13)
        }

        /// It was a room, and was removed.
        var isRemoved: Bool { isClosed && info.audience == .room }

        var hasOpenNews: Bool { !entries.isEmpty || !changes.isEmpty }

        /// Who comes next reads what comes next.
        func end(for readers: News.Readers) {
            guard hasOpenNews else { return }
            toldBefore.append(News(conversation: info, readers: readers, entries: entries, changes: changes))
            entries = []
            changes = []
        }
    }

    let database: Database
    let generation: StoreGeneration
    let time: Timestamp
    let isRepeated: Bool
    let leaves: LeafCache
    var conversations: [ConversationID: Conversation] = [:]
    /// Those that have moved, or have news, in the order in which they did first.
    var touched: [ConversationID] = []

    static func commit(
        _ batch: StoreBatch, time: Timestamp, leaves: LeafCache, in database: Database
    ) throws -> Committed {
        var writer = BatchWriteStore(
            database: database, generation: try MetaStore.generation(in: database), time: time,
            isRepeated: batch.isRepeated,
            leaves: leaves)
        var outcomes: [OperationOutcome] = []
        outcomes.reserveCapacity(batch.operations.count)
        for operation in batch.operations { outcomes.append(try writer.perform(operation)) }
        return Committed(outcomes: outcomes, news: try writer.finish())
    }

    private init(
        database: Database, generation: StoreGeneration, time: Timestamp, isRepeated: Bool, leaves: LeafCache
    ) {
        self.database = database
        self.generation = generation
        self.time = time
        self.isRepeated = isRepeated
        self.leaves = leaves
    }

    private mutating func perform(_ operation: StoreOperation) throws -> OperationOutcome {
        switch operation {
        case .bundle(let bundle): try carryOut(bundle)
        case .openRoom(let id, let name, let account): try openRoom(id, name, account)
        case .forgetRoom(let id, let account): try forgetRoom(id, account)
        case .removeRoom(let id): try removeRoom(id)
        case .report(let report): try self.report(report)
        case .takeWelcome(let id, let device, let request): try takeWelcome(id, device, request)
        case .openDirect(let one, let other, let id): try openDirect(one, other, as: id)
        case .join(let id, let account): try join(id, account)
        case .close(let id): try close(id)
        case .erase(let id, let account): try erase(id, account)
        case .endLeaf(let id, let device): try endLeaf(id, device)
        case .dropWelcome(let id, let device, let bundle): try dropWelcome(id, device, bundle)
        case .retire(let id, let part): try retire(id, part)
        }
    }

    mutating func conversation(_ id: ConversationID) throws -> Conversation? {
        if let known = conversations[id] { return known }
        let read = try database.first(
            """
            SELECT id, type, account_low, account_high, number, head, epoch, last_time, closed, incarnation,
                held, leaf_version, log_hash, rowid
            FROM conversations WHERE id = ?
            """, id, read: Conversation.init)
        conversations[id] = read
        return read
    }

    // MARK: The end

    /// Writes the heads, and says what is new.
    private func finish() throws -> [News] {
        try touched.flatMap { id -> [News] in
            guard let conversation = conversations[id] else { return [] }
            if conversation.hasMoved { try write(conversation) }
            if conversation.hasOpenNews { conversation.end(for: try readersOfNews(of: conversation)) }
            return conversation.toldBefore
        }
    }

    private func write(_ conversation: Conversation) throws {
        try database.run(
            """
            UPDATE conversations SET head = ?, incarnation = ?, epoch = ?, last_time = ?, held = ?, log_hash = ?
            WHERE rowid = ?
            """, conversation.head, Int(conversation.mark.incarnation), conversation.mark.epoch,
            conversation.lastTime, conversation.isHeld, conversation.logHash, conversation.row)
    }

    mutating func tell(_ conversation: Conversation, _ changes: [ReaderChange]) {
        guard !changes.isEmpty else { return }
        conversation.changes += changes
        touch(conversation)
    }

    mutating func touch(_ conversation: Conversation) {
        if !conversation.isTouched { touched.append(conversation.info.id) }
        conversation.isTouched = true
    }

    /// As `readers`, where there are entries that they get: nobody is looked for otherwise.
    func readersOfNews(of conversation: Conversation) throws -> News.Readers {
        conversation.entries.isEmpty ? .accounts([]) : try readers(of: conversation)
    }

    func readers(of conversation: Conversation) throws -> News.Readers {
        if conversation.mark.isGroup {
            return .devices(try groupReaders(of: conversation))
        }
        return try conversation.info.readers(
            members: MembershipStore.members(of: conversation.info.id, in: database))
    }

    /// As they are kept, of a group that this transaction has not changed.
    func knownReaders(of conversation: Conversation) -> [DeviceReader]? {
        guard !conversation.leavesHaveChanged else { return nil }
        return leaves.readers(of: conversation.number, at: conversation.leafVersion)
    }

    private func groupReaders(of conversation: Conversation) throws -> [DeviceReader] {
        if let known = knownReaders(of: conversation) { return known }
        let readers = try LeafStore.readers(of: conversation.number, in: database)
        if !conversation.leavesHaveChanged {
            leaves.keep(readers, of: conversation.number, at: conversation.leafVersion)
        }
        return readers
    }
}
