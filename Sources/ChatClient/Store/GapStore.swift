import ChatProtocol
import SQLite
import StoredValues

/// What is missing in the logs, and that people are told once: a row with a position of its own, as an entry has.
extension ClientStore {
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

    /// The server began a new life: what it had taken since its backup may be lost to it. Says so in every conversation
    /// of which something is here. Within a transaction.
    func storeNewGeneration(_ generation: StoreGeneration, now: Timestamp) throws {
        try setGeneration(generation)
        try noteAllWanted()
        let numbers = try database.all(
            "SELECT number FROM conversations WHERE head > 0 OR received > 0 ORDER BY number"
        ) { $0.conversationNumber(0) }
        for number in numbers {
            try settle(number, upTo: .largest)
            try database.run("UPDATE conversations SET head = max(head, received) WHERE number = ?", number)
            try insertGap(conversation: number, reason: .restored, missed: nil, now: now)
        }
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
