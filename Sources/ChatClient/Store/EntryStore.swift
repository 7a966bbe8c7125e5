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
            try storeLive(place, opening, number, head: head, known: max(head, received), own: own, now: now)
        }
        return true
    }

    private func storeLive(
        _ place: EntryPlace, _ opening: EntryOpening, _ number: ConversationNumber, head: SequenceNumber,
        known: SequenceNumber, own: AccountID, now: Timestamp
    ) throws {
        if head.next != place.seq || known != head {
            // What was replayed is here, also where it has no row.
            let here =
                try database.first(
                    "SELECT count(*) FROM entries WHERE conversation = ? AND seq > ? AND seq < ? AND position IS NULL",
                    number, known, place.seq
                ) { $0.unsigned(0) } ?? 0
            try settle(number, upTo: place.seq.previous)
            try noteLost(number, known: known, here: here, until: place.seq, now: now)
        }
        if try isHere(number, place.seq) {
            let position = try nextPosition()
            try database.run(
                "UPDATE entries SET position = ? WHERE conversation = ? AND seq = ?", position, number, place.seq)
        } else if opening != .notForPeople {
            try insert(place, opening, conversation: number, position: try nextPosition(), own: own, now: now)
        }
        try setHead(number, place.seq)
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

    /// Stores an entry of our own as soon as the server has taken it. Within a transaction.
    ///
    /// - Returns: whether readers have something new: the entry has its position only where nothing before it is
    ///   missing.
    func storeSent(_ entry: EntryPlace, _ content: Content, now: Timestamp) throws -> Bool {
        guard let (number, head, _) = try standing(of: entry.conversation) else { return false }
        try noteAsked(entry, conversation: number, now: now)
        guard entry.seq > head else { return false }
        guard try !isHere(number, entry.seq) else { return false }
        guard entry.seq == head.next else {
            try insert(entry, .opened(content), conversation: number, position: nil, own: entry.sender, now: now)
            return false
        }
        try insert(
            entry, .opened(content), conversation: number, position: try nextPosition(), own: entry.sender, now: now)
        try settleFollowers(number, of: entry.seq)
        return true
    }

    /// Whether it is known here what stands at this place in the log: it came, or never will.
    func hasCome(_ conversation: ConversationID, to seq: SequenceNumber) throws -> Bool {
        try database.first(
            """
            SELECT c.head >= ?2 OR EXISTS (SELECT 1 FROM entries e WHERE e.conversation = c.number AND e.seq = ?2)
            FROM conversations c WHERE c.id = ?1
            """, conversation, seq
        ) { $0.bool(0) } ?? false
    }

    /// What the message at this place says, where it is here.
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
        try countsInBlocks(database.lastInsertedRow)
        guard let content else { return }
        if place.sender == own { try noteAsked(place, conversation: conversation, now: now) }
        try decideAnswer(place, content, conversation: conversation, own: own, now: now)
    }
}
