import ChatProtocol
import SQLite
import StoredValues

/// How logs come into the store.
///
/// A connection delivers each conversation in the order of its numbers, from where this device's cursor stood; what was
/// acknowledged was stored before. So an entry that arrives settles everything before it: it is here, was told as a
/// gap, or lies before this device's start. `head` is the last number that is settled, and only what is settled has a
/// position. An entry that this device has sent may be known earlier; it waits for its position.
///
/// What is sent to catch up comes one conversation after the other. It waits, too, until all is there, and then gets its
/// positions in the order of time (`ReplayStore`).
extension ClientStore {
    /// How far the numbers of a conversation can leap at once: where a server is restored they go on behind 64 a second
    /// since 2026. A leap to the last number of all would make this device drop for ever what comes after.
    static let longestLeap = 1 << 35

    /// Stores what arrived, in order, and decides what each entry is. Within a transaction that is synced before anything
    /// of it is acknowledged.
    ///
    /// - Parameters:
    ///   - isReplay: the device catches up.
    ///   - open: what an entry says.
    func store(
        _ batch: [Incoming], own: AccountID, isReplay: Bool = false, now: Timestamp,
        open: (ReceivedEntry) -> EntryOpening
    ) throws -> StoredBatch {
        let before = try lastPosition()
        let direct = try directConversations(among: Set(batch.map(\.conversation)))
        var stored = StoredBatch()
        for item in batch {
            let settled: StoredBatch.Item?
            switch item {
            case .entry(let entry):
                let opening = open(entry)
                let isTaken = try storeOpened(entry.place, opening, own: own, isReplay: isReplay, now: now)
                let isUrgent = entry.place.sender != own && direct.contains(item.conversation)
                settled =
                    isTaken
                    ? StoredBatch.Item(
                        conversation: item.conversation, seq: entry.place.seq, disposition: opening.disposition,
                        isUrgent: isUrgent) : nil
            case .gap(let gap):
                settled =
                    try storeGap(gap, now: now)
                    ? StoredBatch.Item(
                        conversation: item.conversation, seq: gap.last, disposition: .skipped, isUrgent: false) : nil
            }
            guard let settled else {
                stored.refused = item
                break
            }
            stored.items.append(settled)
        }
        stored.hasNews = try lastPosition() != before
        return stored
    }

    /// Stores an entry with what it was opened to. Within a transaction, as all of them.
    ///
    /// - Returns: false where no honest server numbers an entry like this.
    func storeOpened(
        _ place: EntryPlace, _ opening: EntryOpening, own: AccountID, isReplay: Bool, now: Timestamp
    ) throws -> Bool {
        guard let (number, head, received) = try standing(of: place.conversation) else { return true }
        let settled = isReplay ? max(head, received) : head
        guard place.seq > settled else {
            try storeLate(place, opening, number, head: head, own: own, now: now)
            return true
        }
        guard settled.distance(to: place.seq) <= Self.longestLeap else { return false }
        if isReplay {
            try storeReplayed(place, opening, number, settled: settled, own: own, now: now)
        } else {
            try storeLive(place, opening, number, known: max(head, received), own: own, now: now)
        }
        return true
    }

    private func storeLive(
        _ place: EntryPlace, _ opening: EntryOpening, _ number: ConversationNumber, known: SequenceNumber,
        own: AccountID,
        now: Timestamp
    ) throws {
        // What was replayed is here, also where it has no row.
        let here =
            try database.first(
                "SELECT count(*) FROM entries WHERE conversation = ? AND seq > ? AND seq < ? AND position IS NULL",
                number, known, place.seq
            ) { $0.unsigned(0) } ?? 0
        try settle(number, upTo: place.seq.previous)
        try noteLost(number, known: known, here: here, until: place.seq, now: now)
        try database.run(
            "UPDATE entries SET position = (SELECT position + 1 FROM state) WHERE conversation = ? AND seq = ?", number,
            place.seq)
        if database.changes > 0 {
            _ = try nextPosition()
        } else if opening != .notForPeople {
            try insert(place, opening, conversation: number, position: try nextPosition(), own: own, now: now)
        }
        try setHead(number, place.seq)
    }

    /// - Returns: false where no honest server leaps so far.
    func storeGap(_ gap: Gap, goesOn: Bool = false, now: Timestamp) throws -> Bool {
        guard let (number, head, received) = try standing(of: gap.conversation) else { return true }
        let settled = max(head, received)
        guard gap.last > settled else { return true }
        guard settled.distance(to: gap.last) <= Self.longestLeap else { return false }
        try settle(number, upTo: gap.first.previous)
        // Numbers that a restored server leaps over say nothing of what is lost; that was told with its new life.
        if gap.reason != .restored {
            let missed = gap.last.distance(behind: max(gap.first.previous, settled))
            let reason = GapNotice.Reason(gap.reason)
            if goesOn {
                try database.run(
                    """
                    UPDATE gaps SET missed = missed + ?1
                    WHERE position = (SELECT max(position) FROM gaps WHERE conversation = ?2 AND reason = ?3)
                    """, missed, number, reason.rawValue)
            } else {
                try insertGap(conversation: number, reason: reason, missed: missed, now: now)
            }
        }
        try settle(number, upTo: gap.last)
        try setHead(number, gap.last)
        return true
    }

    /// Says once that there is more in a conversation, from before this device came into it. Within a transaction.
    func noteBeginning(behind gap: Gap, now: Timestamp) throws {
        guard let (number, _, _) = try standing(of: gap.conversation) else { return }
        let known = try database.first(
            """
            SELECT 1 FROM gaps WHERE conversation = ?1 AND reason = ?2
            UNION ALL SELECT 1 FROM entries WHERE conversation = ?1 AND seq <= ?3 LIMIT 1
            """, number, GapNotice.Reason.beforeJoin.rawValue, gap.last
        ) { _ in true }
        guard known == nil else { return }
        // How many of the numbers were messages nobody knows here.
        try insertGap(conversation: number, reason: .beforeJoin, missed: nil, now: now)
    }

    /// Goes on behind an entry that is for nobody to read, and with which this device came into a group. Within a transaction.
    func passOver(_ seq: SequenceNumber, in conversation: ConversationID) throws {
        guard let (number, head, received) = try standing(of: conversation) else { return }
        if received > head, received.next == seq {
            // It was replayed up to here, and readers have not been given it yet.
            try database.run("UPDATE conversations SET received = ? WHERE number = ?", seq, number)
        } else if head.next == seq {
            try setHead(number, seq)
        }
    }

    /// This device comes into a conversation again by the entry `seq`: what was written since it was there was for others. Within a
    /// transaction.
    ///
    /// - Parameter isDone: the entry itself is not taken in any more.
    func noteAbsence(before seq: SequenceNumber, in conversation: ConversationID, isDone: Bool, now: Timestamp) throws {
        guard let (number, head, received) = try standing(of: conversation) else { return }
        let settled = max(head, received)
        guard settled > .beforeFirst, settled < seq.previous, settled.distance(to: seq) <= Self.longestLeap else {
            return
        }
        try insertGap(conversation: number, reason: .beforeJoin, missed: nil, now: now)
        let end = isDone ? seq : seq.previous
        if received > head {
            // Readers have not been given all that was replayed yet.
            try database.run("UPDATE conversations SET received = ? WHERE number = ?", end, number)
        } else {
            try setHead(number, end)
        }
    }

    /// This device has come back to where it had lost its way. Within a transaction.
    func insertResync(_ conversation: ConversationID, now: Timestamp) throws {
        guard let number = try number(of: conversation) else { return }
        try insertGap(conversation: number, reason: .resync, missed: nil, now: now)
    }

    /// Stores an entry of our own as soon as the server has taken it. Within a transaction.
    ///
    /// - Returns: whether readers have something new: the entry has its position only where nothing before it is
    ///   missing.
    func storeSent(_ entry: EntryPlace, _ content: Content, now: Timestamp) throws -> Bool {
        guard let (number, head, _) = try standing(of: entry.conversation) else { return false }
        try noteAsked(entry, conversation: number, now: now)
        guard entry.seq > head else { return false }
        let known = try database.first(
            "SELECT 1 FROM entries WHERE conversation = ? AND seq = ?", number, entry.seq
        ) { _ in true }
        guard known == nil else { return false }
        guard entry.seq == head.next else {
            try insert(entry, .opened(content), conversation: number, position: nil, own: entry.sender, now: now)
            return false
        }
        try insert(
            entry, .opened(content), conversation: number, position: try nextPosition(), own: entry.sender, now: now)
        try settleFollowers(number, of: entry.seq)
        return true
    }

    /// The server began a new life: what it had taken since its backup may be lost to it. Says so in every conversation
    /// of which something is here. Within a transaction.
    func storeNewGeneration(_ generation: StoreGeneration, now: Timestamp) throws {
        try setGeneration(generation)
        try noteAllWanted()
        let numbers = try database.all(
            "SELECT number FROM conversations WHERE head > 0 OR received > 0 ORDER BY number"
        ) { $0.conversation(0) }
        for number in numbers {
            try settle(number, upTo: .largest)
            try database.run("UPDATE conversations SET head = max(head, received) WHERE number = ?", number)
            try insertGap(conversation: number, reason: .restored, missed: nil, now: now)
        }
    }

    /// What the message at this place says, where it is here.
    /// Whether it is known here what stands at this place in the log: it came, or never will.
    func hasCome(_ conversation: ConversationID, to seq: SequenceNumber) throws -> Bool {
        try database.first(
            """
            SELECT c.head >= ?2 OR EXISTS (SELECT 1 FROM entries e WHERE e.conversation = c.number AND e.seq = ?2)
            FROM conversations c WHERE c.id = ?1
            """, conversation, seq
        ) { $0.bool(0) } ?? false
    }

    func content(of conversation: ConversationID, seq: SequenceNumber) throws -> Content? {
        try database.first(
            """
            SELECT e.body, e.reply_to, e.sent, e.auto FROM entries e JOIN conversations c ON c.number = e.conversation
            WHERE c.id = ? AND e.seq = ? AND e.body IS NOT NULL
            """, conversation, seq
        ) { row in
            Content(
                body: row.text(0), replyTo: try row.optionalIdentifier(1), sent: row.timestamp(2), auto: row.bool(3))
        }
    }

    // MARK: Steps

    private func standing(
        of conversation: ConversationID
    ) throws -> (number: ConversationNumber, head: SequenceNumber, received: SequenceNumber)? {
        try database.first("SELECT number, head, received FROM conversations WHERE id = ?", conversation) {
            ($0.conversation(0), $0.sequenceNumber(1), $0.sequenceNumber(2))
        }
    }

    private func setHead(_ number: ConversationNumber, _ head: SequenceNumber) throws {
        try database.run("UPDATE conversations SET head = max(head, ?) WHERE number = ?", head, number)
    }

    /// The server has no holes, and what this device acknowledged was stored before: where something is missing behind
    /// what is known, the store itself was rolled back, to a copy for example. Says so.
    ///
    /// - Parameter here: how many of the numbers between are here.
    func noteLost(
        _ number: ConversationNumber, known: SequenceNumber, here: UInt64, until next: SequenceNumber, now: Timestamp
    )
        throws
    {
        let between = next.previous.distance(behind: known)
        guard known > .beforeFirst, between > here else { return }
        try insertGap(conversation: number, reason: .restored, missed: between - here, now: now)
    }

    /// Gives those that wait up to `seq` their positions; how many they were. None waits up to the head.
    @discardableResult
    private func settle(_ number: ConversationNumber, upTo seq: SequenceNumber) throws -> UInt64 {
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

    /// Goes on over those that follow without a hole.
    private func settleFollowers(_ number: ConversationNumber, of seq: SequenceNumber) throws {
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

    /// Instead of the kind of a payload, of an entry that is not what the server says of it.
    static let mismatchedKind = 254

    func insert(
        _ place: EntryPlace, _ opening: EntryOpening, conversation: ConversationNumber, position: StorePosition?,
        own: AccountID,
        now: Timestamp
    ) throws {
        var content: Content?
        var unread: (kind: Int, payload: [UInt8])?
        switch opening {
        case .opened(let opened): content = opened
        case .unreadable(let kind, let payload): unread = (Int(kind), payload)
        case .mismatched(let payload): unread = (Self.mismatchedKind, payload)
        case .notForPeople: return
        }
        try database.run(
            """
            INSERT INTO entries(conversation, seq, position, id, sender, device, time, sent, body, reply_to, auto,
                shown, payload_kind, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            conversation, place.seq, position, place.id, place.sender, place.device, place.time,
            content?.sent ?? place.time, content?.body, content?.replyTo, content?.auto ?? false,
            place.sender == own, unread?.kind ?? Int(PayloadKind.message.rawValue), unread?.payload)
        guard let content else { return }
        if place.sender == own { try noteAsked(place, conversation: conversation, now: now) }
        try decideAnswer(place, content, conversation: conversation, own: own, now: now)
    }

    /// More than this were never counted: a restored server, or one that lies, has leapt over numbers.
    private static let mostMissed: UInt64 = 1 << 24

    func insertGap(conversation: ConversationNumber, reason: GapNotice.Reason, missed: UInt64?, now: Timestamp)
        throws
    {
        let missed = missed.flatMap { $0 <= Self.mostMissed ? $0 : nil }
        try database.run(
            "INSERT INTO gaps(position, conversation, reason, missed, time, shown) VALUES (?, ?, ?, ?, ?, 0)",
            try nextPosition(), conversation, reason.rawValue, missed, now)
    }
}

extension GapNotice.Reason {
    init(_ reason: GapReason) {
        self =
            switch reason {
            case .retention: .retention
            case .restored: .restored
            case .beforeJoin: .beforeJoin
            case .erased: .erased
            }
    }
}
