import ChatProtocol
import SQLite

/// An entry of a log, opened as far as it can be.
struct IncomingEntry: Equatable, Sendable {
    var conversation: ConversationID
    var seq: UInt64
    var id: MessageID
    var sender: AccountID
    var device: DeviceID
    var time: UInt64
    var payloadKind: UInt8
    /// Nil where the payload is of a kind, or has a form, that this version does not know.
    var content: Content?
    /// Kept only where `content` is nil.
    var payload: [UInt8]

    init(_ entry: Entry) {
        conversation = entry.conversation
        seq = entry.seq
        id = entry.id
        sender = entry.sender
        device = entry.device
        time = entry.time
        payloadKind = entry.payloadKind
        content =
            entry.payloadKind == PayloadKind.plainContent.rawValue ? try? Content(wireBytes: entry.payload) : nil
        payload = content == nil ? entry.payload : []
    }

    /// One that this device has sent and the server has taken.
    init(_ appended: Appended, content: Content, sender: AccountID, device: DeviceID) {
        self.init(
            conversation: appended.conversation, seq: appended.seq, id: appended.id, sender: sender, device: device,
            time: appended.time, content: content)
    }

    /// One that stands in the store and could be read.
    init(
        conversation: ConversationID, seq: UInt64, id: MessageID, sender: AccountID, device: DeviceID, time: UInt64,
        content: Content
    ) {
        self.conversation = conversation
        self.seq = seq
        self.id = id
        self.sender = sender
        self.device = device
        self.time = time
        payloadKind = PayloadKind.plainContent.rawValue
        self.content = content
        payload = []
    }

    var disposition: Disposition { content == nil ? .undecryptable : .stored }
}

/// What arrives on a subscribed connection and is kept.
enum Incoming: Equatable, Sendable {
    case entry(IncomingEntry)
    case gap(Gap)

    var conversation: ConversationID {
        switch self {
        case .entry(let entry): entry.conversation
        case .gap(let gap): gap.conversation
        }
    }
}

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
    /// Stores what arrived, in order. Within a transaction that is synced before anything of it is acknowledged.
    ///
    /// - Parameter isReplay: the device catches up.
    /// - Returns: whether readers have something new.
    func store(_ batch: [Incoming], own: AccountID, isReplay: Bool = false, now: UInt64) throws -> Bool {
        let before = try lastPosition()
        for item in batch {
            switch item {
            case .entry(let entry) where isReplay: try storeReplayed(entry, own: own, now: now)
            case .entry(let entry): try store(entry, own: own, now: now)
            case .gap(let gap): try store(gap, now: now)
            }
        }
        return try lastPosition() != before
    }

    private func store(_ entry: IncomingEntry, own: AccountID, now: UInt64) throws {
        guard let (number, head) = try head(of: entry.conversation), entry.seq > head else { return }
        let here = try settle(number, below: entry.seq)
        try noteLost(number, known: head, here: here, next: entry.seq, now: now)
        try database.run(
            "UPDATE entries SET position = ? WHERE conversation = ? AND seq = ?", try nextPosition(), number, entry.seq)
        if database.changes == 0 {
            try insert(entry, conversation: number, position: try lastPosition(), own: own, now: now)
        }
        try setHead(number, entry.seq)
    }

    private func store(_ gap: Gap, now: UInt64) throws {
        let conversation = try database.first(
            "SELECT number, max(head, received) FROM conversations WHERE id = ?", gap.conversation.bytes
        ) { (number: $0.integer(0), settled: $0.unsigned(1)) }
        guard let (number, settled) = conversation, gap.last > settled else { return }
        try settle(number, below: gap.first)
        // Numbers that a restored server leaps over say nothing of what is lost; that was told with its new life.
        if gap.reason != .restored {
            let first = max(gap.first, settled + 1)
            try insertGap(
                conversation: number, reason: GapNotice.Reason(gap.reason), missed: gap.last - first + 1, now: now)
        }
        try settle(number, below: gap.last + 1)
        try setHead(number, gap.last)
    }

    /// Stores an entry of our own as soon as the server has taken it. Within a transaction.
    ///
    /// - Returns: whether readers have something new: the entry has its position only where nothing before it is
    ///   missing.
    func storeSent(_ entry: IncomingEntry, now: UInt64) throws -> Bool {
        guard let (number, head) = try head(of: entry.conversation) else { return false }
        try noteAsked(entry, conversation: number, now: now)
        guard entry.seq > head else { return false }
        let known = try database.first(
            "SELECT 1 FROM entries WHERE conversation = ? AND seq = ?", number, entry.seq
        ) { _ in true }
        guard known == nil else { return false }
        guard entry.seq == head + 1 else {
            try insert(entry, conversation: number, position: nil, own: entry.sender, now: now)
            return false
        }
        try insert(entry, conversation: number, position: try nextPosition(), own: entry.sender, now: now)
        try settleFollowers(number, of: entry.seq)
        return true
    }

    /// The server began a new life: what it had taken since its backup may be lost to it. Says so in every conversation
    /// of which something is here. Within a transaction.
    func storeNewGeneration(_ generation: StoreGeneration, now: UInt64) throws {
        try setGeneration(generation)
        let numbers = try database.all(
            "SELECT number FROM conversations WHERE head > 0 OR received > 0 ORDER BY number"
        ) { $0.integer(0) }
        for number in numbers {
            try settle(number, below: UInt64(Int64.max))
            try database.run("UPDATE conversations SET head = max(head, received) WHERE number = ?", number)
            try insertGap(conversation: number, reason: .restored, missed: nil, now: now)
        }
    }

    // MARK: Steps

    private func head(of conversation: ConversationID) throws -> (number: Int64, head: UInt64)? {
        try database.first("SELECT number, head FROM conversations WHERE id = ?", conversation.bytes) {
            ($0.integer(0), $0.unsigned(1))
        }
    }

    private func setHead(_ number: Int64, _ head: UInt64) throws {
        try database.run("UPDATE conversations SET head = max(head, ?) WHERE number = ?", head, number)
    }

    /// The server has no holes, and what this device acknowledged was stored before: where something is missing behind
    /// what is known, the store itself was rolled back, to a copy for example. Says so.
    ///
    /// - Parameter here: how many of the numbers between are here.
    func noteLost(_ number: Int64, known: UInt64, here: UInt64, next: UInt64, now: UInt64) throws {
        guard known > 0, next > known + 1 + here else { return }
        try insertGap(conversation: number, reason: .restored, missed: next - known - 1 - here, now: now)
    }

    /// Gives those that wait before `seq` their positions; how many they were.
    @discardableResult
    private func settle(_ number: Int64, below seq: UInt64) throws -> UInt64 {
        let waiting = try database.all(
            "SELECT seq FROM entries WHERE conversation = ? AND position IS NULL AND seq < ? ORDER BY seq", number, seq
        ) { $0.unsigned(0) }
        for seq in waiting {
            try database.run(
                "UPDATE entries SET position = ? WHERE conversation = ? AND seq = ?", try nextPosition(), number, seq)
        }
        return UInt64(waiting.count)
    }

    /// Goes on over those that follow without a hole.
    private func settleFollowers(_ number: Int64, of seq: UInt64) throws {
        var head = seq
        while true {
            try database.run(
                """
                UPDATE entries SET position = (SELECT position + 1 FROM state)
                WHERE conversation = ? AND seq = ? AND position IS NULL
                """, number, head + 1)
            guard database.changes > 0 else { break }
            _ = try nextPosition()
            head += 1
        }
        try setHead(number, head)
    }

    func insert(_ entry: IncomingEntry, conversation: Int64, position: Int64?, own: AccountID, now: UInt64) throws {
        let content = entry.content
        try database.run(
            """
            INSERT INTO entries(conversation, seq, position, id, sender, device, time, sent, body, reply_to, auto,
                shown, payload_kind, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            conversation, entry.seq, position, entry.id.bytes, entry.sender.bytes, entry.device.bytes, entry.time,
            content?.sent ?? entry.time, content?.body, content?.replyTo?.bytes, content?.auto ?? false,
            entry.sender == own, Int(entry.payloadKind), content == nil ? entry.payload : nil)
        if entry.sender == own { try noteAsked(entry, conversation: conversation, now: now) }
        try decideAnswer(entry, conversation: conversation, own: own, now: now)
    }

    private func insertGap(conversation: Int64, reason: GapNotice.Reason, missed: UInt64?, now: UInt64) throws {
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
            }
    }
}
