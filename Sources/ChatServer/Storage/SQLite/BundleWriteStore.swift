import ChatProtocol
import SQLite
import StoredValues
import Transport

/// Bundles, each wholly or not at all.
extension BatchWriteStore {
    mutating func carryOut(_ bundle: Bundle) throws -> OperationOutcome {
        guard let conversation = try conversation(bundle.conversation) else {
            return .refused(Failure(.noSuchConversation))
        }
        guard try conversation.isRemoved || mayWrite(bundle.sender, to: conversation) else {
            return .refused(Failure(.notAMember))
        }
        if let refusal = try refusal(of: bundle, in: conversation) {
            return try again(bundle, in: conversation) ?? .refused(refusal)
        }
        // Without an entry the conversation stays where it is, and the identifier stands alone.
        guard let seq = bundle.entry == nil ? conversation.head : conversation.head.next else {
            return .refused(Failure(.storeFull))
        }
        let stored = StoredAppend(
            conversation: conversation.info, seq: seq, time: max(time, conversation.lastTime),
            digest: bundle.entry.map { SHA256.hash($0.payload) } ?? [],
            position: position(bundle.advance ?? conversation.mark), duplicate: false)
        guard try insert(bundle, stored, conversation.number) else {
            return try again(bundle, in: conversation) ?? .refused(Failure(.internalError))
        }
        let readers = try readersBefore(bundle, conversation)
        try changeBeside(bundle, stored, conversation)
        move(conversation, bundle, stored)
        try tell(conversation, bundle, stored)
        if let readers { conversation.end(for: readers) }
        return bundle.entry == nil ? .changed(stored.position, duplicate: false) : .appended(stored)
    }

    /// - Returns: false where its identifier is there already.
    private func insert(_ bundle: Bundle, _ stored: StoredAppend, _ number: ConversationNumber) throws -> Bool {
        try database.run(
            """
            INSERT OR IGNORE INTO message_ids(sender, conversation, id, seq, time, digest, incarnation, epoch)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?)
            """, bundle.sender, number, bundle.id, bundle.entry == nil ? .beforeFirst : stored.seq, stored.time,
            stored.digest, Int(stored.position.incarnation), stored.position.epoch)
        guard database.changes > 0 else { return false }
        guard let entry = bundle.entry else { return true }
        try database.run(
            "INSERT INTO entries(key, id, sender, device, kind, time, payload) VALUES(?, ?, ?, ?, ?, ?, ?)",
            EntryKey.of(stored.seq, in: number), bundle.id, bundle.sender, bundle.device, Int(entry.payloadKind),
            stored.time, entry.payload)
        return true
    }

    /// What changes beside the log: side rows, memberships, leaves, a Welcome.
    private func changeBeside(_ bundle: Bundle, _ stored: StoredAppend, _ conversation: Conversation) throws {
        for kind in bundle.clears { try SideRowStore.clear(kind, of: bundle.conversation, in: database) }
        for row in bundle.rows { try SideRowStore.apply(row, to: bundle.conversation, in: database) }
        for change in bundle.members {
            switch change {
            case .join, .admit, .leave:
                try MembershipStore.apply(change, to: conversation, after: stored.seq, in: database)
            case .enter(let device, _, let leaf):
                try LeafStore.enter(device, leaf, of: conversation, after: stored.seq, in: database)
            case .lose(let device):
                try LeafStore.lose(device, of: conversation.number, after: stored.seq, in: database)
            }
        }
        if !bundle.members.isEmpty {
            try LeafStore.noteChange(of: conversation.number, in: database)
            conversation.leavesHaveChanged = true
        }
        if let room = bundle.room { try RoomStore.set(room, of: bundle.conversation, in: database) }
        if let welcome = bundle.welcome {
            try WelcomeStore.insert(
                welcome, of: bundle, in: conversation.number, head: stored.seq, time: stored.time, database)
        }
    }

    /// Where the conversation stands from now on.
    private mutating func move(_ conversation: Conversation, _ bundle: Bundle, _ stored: StoredAppend) {
        guard bundle.entry != nil || bundle.advance != nil || bundle.holdsMessages != nil else { return }
        conversation.isHeld = bundle.holdsMessages ?? conversation.isHeld
        touch(conversation)
        conversation.hasMoved = true
        conversation.logHash = LogHashing.next(conversation.logHash, bundle, stored, before: conversation.mark)
        conversation.head = stored.seq
        conversation.mark = stored.position.mark
        if bundle.entry != nil { conversation.lastTime = stored.time }
    }

    /// Who gets what was told before the bundle, and its entry, where others get what follows.
    private func readersBefore(_ bundle: Bundle, _ conversation: Conversation) throws -> News.Readers? {
        guard bundle.changesReaders else { return nil }
        return bundle.entry == nil ? try readersOfNews(of: conversation) : try readers(of: conversation)
    }

    private mutating func tell(_ conversation: Conversation, _ bundle: Bundle, _ stored: StoredAppend) throws {
        if let entry = bundle.entry {
            touch(conversation)
            conversation.entries.append(Entry(bundle, entry, seq: stored.seq, time: stored.time))
        }
        tell(
            conversation,
            try bundle.changes(at: stored.seq > 0 ? stored.seq : conversation.head) { device in
                try LeafStore.leaf(of: device, in: conversation.number, database)
            })
    }

    /// The answer to what was carried out before; nil where it was not.
    private mutating func again(_ bundle: Bundle, in conversation: Conversation) throws -> OperationOutcome? {
        guard let stored = try duplicate(of: bundle, in: conversation) else { return nil }
        if isRepeated, bundle.objection == nil, stored.digest == bundle.entry.map({ SHA256.hash($0.payload) }) ?? [] {
            try tell(conversation, bundle, stored)
        }
        return stored.seq > 0 ? .appended(stored) : .changed(stored.position, duplicate: true)
    }

    /// Why it is not carried out, unless it was before.
    private func refusal(of bundle: Bundle, in conversation: Conversation) throws -> Failure? {
        if let objection = bundle.objection { return objection }
        guard !conversation.isClosed else { return Failure(conversation.isRemoved ? .noSuchRoom : .noSuchUser) }
        let current = ConversationStanding(position: position(conversation.mark), head: conversation.head)
        guard bundle.fits(current.position) else { return Failure(.preconditionFailed, current: current) }
        if let code = try bundle.refusal(
            at: conversation.mark, isHeld: conversation.isHeld, hasLeaf: hasLeaf(bundle.device, of: conversation))
        {
            return Failure(code, current: current)
        }
        if bundle.isCommit {
            let until = try CommitReportStore.blocked(bundle.device, in: conversation.number, database)
            if let failure = CommitReport.refusal(until: until, at: time) { return failure }
        }
        for account in bundle.approached(conversation.info.other(than: bundle.sender))
        where try BlockStore.isBlocked(bundle.sender, by: account, in: database) {
            return .blockedByUser
        }
        guard bundle.isBounded else { return Failure(.payloadTooLarge) }
        guard !conversation.info.isDirect || !bundle.members.contains(where: \.isOfAccount) else {
            return Failure(.invalidTarget)
        }
        for case .admit(let account) in bundle.members {
            if let code = try RoomStore.refusal(of: account, in: conversation, database) { return Failure(code) }
        }
        guard try bundle.members.allSatisfy({ try LeafStore.mayApply($0, to: conversation, in: database) }) else {
            return Failure(.noDevice)
        }
        for row in bundle.rows where try !SideRowStore.fits(row, in: bundle.conversation, database) {
            return Failure(.preconditionFailed, current: current)
        }
        return nil
    }

    /// A reader that is kept of a small group has one: that is looked up sooner than its row.
    private func hasLeaf(_ device: DeviceID, of conversation: Conversation) throws -> Bool {
        let known = knownReaders(of: conversation) ?? []
        if known.count <= 64, known.contains(where: { $0.device == device }) { return true }
        return try LeafStore.hasLeaf(device, of: conversation.number, in: database)
    }

    private func duplicate(of bundle: Bundle, in conversation: Conversation) throws -> StoredAppend? {
        try database.first(
            "SELECT seq, time, digest, epoch, incarnation FROM message_ids WHERE sender = ? AND conversation = ? AND id = ?",
            bundle.sender, conversation.number, bundle.id
        ) { row in
            StoredAppend(
                conversation: conversation.info, seq: row.sequenceNumber(0), time: row.timestamp(1),
                digest: row.bytes(2),
                position: position(GroupMark(incarnation: row.incarnation(4), epoch: row.epoch(3))), duplicate: true)
        }
    }

    private func position(_ mark: GroupMark) -> ConversationPosition {
        ConversationPosition(generation: generation, mark)
    }

    func mayWrite(_ account: AccountID, to conversation: Conversation) throws -> Bool {
        try account == .server
            || conversation.info.includes(account)
                ?? MembershipStore.isMember(account, of: conversation.info.id, in: database)
    }
}
