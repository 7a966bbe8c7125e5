import ChatProtocol
import SQLite
import StoredValues

/// Looks for what is too old.
struct OverdueStore {
    let database: Database
    let bounds: RetentionBounds
    private(set) var step: RetentionStep

    static func step(of sweep: RetentionSweep, in database: Database) throws -> RetentionStep {
        var store = OverdueStore(database: database, bounds: sweep.bounds, step: RetentionStep(sweep: sweep))
        switch sweep.phase {
        case .entries(let after): store.step.sweep.phase = try store.entries(after: after)
        case .leaves:
            try store.leaves()
            try store.unfounded()
            store.step.sweep.phase = .beside
        case .beside: store.step.sweep.phase = try store.beside() ? .beside : .identifiers(after: [])
        case .identifiers(let after): store.step.sweep.phase = try store.identifiers(after: after)
        case .done: break
        }
        return store.step
    }

    private mutating func end(_ part: RetentionPart, of conversation: ConversationID) {
        step.operations.append(.retire(conversation, part))
    }

    /// Each conversation's in one operation.
    private mutating func end<Item>(
        _ items: [(conversation: ConversationID, item: Item)], _ part: ([Item]) -> RetentionPart
    ) {
        for (conversation, items) in Dictionary(grouping: items, by: \.conversation) {
            end(part(items.map(\.item)), of: conversation)
        }
    }

    // MARK: Entries

    /// Looks at some conversations, or at one that has much to end.
    private mutating func entries(after position: [UInt8]) throws -> RetentionSweep.Phase {
        var number = Self.number(position[...])
        var left = RetentionSweep.stepRows
        while left > 0 {
            let log = try database.first(
                "SELECT number, first, message_first, id FROM conversations WHERE number > ? ORDER BY number LIMIT 1",
                number, read: RetentionStore.Log.init)
            guard let log else { return .leaves }
            left -= max(1, try entries(of: log, rows: left))
            // One with more to end is looked at again in the next step.
            if left > 0 { number = log.number }
        }
        return .entries(after: Self.bytes(number))
    }

    /// The oldest entries of a conversation, up to the first that is young. One behind it that bears an earlier time waits
    /// for those before it: a log ends in the order of its numbers. Handshakes end later, in their own order.
    ///
    /// - Returns: how many were looked at.
    private mutating func entries(of log: RetentionStore.Log, rows: Int) throws -> Int {
        let old = try old(
            from: EntryKey.of(log.messageFirst, in: log.number), through: EntryKey.last(in: log.number),
            before: bounds.entriesBefore, rows: rows)
        note(old.filter { !$0.isHandshake })
        let last = old.last.map { EntryKey.seq(of: $0.key) }
        if let last { step.firsts[log.id] = last.advanced(by: 1) }
        let kept = last?.advanced(by: 1) ?? log.messageFirst
        var handshakes: [Row] = []
        if log.first < kept {
            handshakes = try self.old(
                from: EntryKey.of(log.first, in: log.number), through: EntryKey.of(kept, in: log.number) - 1,
                before: bounds.handshakesBefore, rows: rows, handshakes: true)
            note(handshakes)
        }
        let lastHandshake = handshakes.last.map { EntryKey.seq(of: $0.key) }
        if last != nil || lastHandshake != nil {
            end(.entries(through: last, handshakes: lastHandshake), of: log.id)
        }
        return old.count + handshakes.count
    }

    private struct Row {
        var key: UInt64
        var sender: AccountID
        var bytes: Int
        var isHandshake: Bool
    }

    /// - Parameter handshakes: whether they alone are looked at.
    private func old(
        from begin: UInt64, through end: UInt64, before cutoff: Timestamp, rows: Int, handshakes: Bool = false
    ) throws -> [Row] {
        let statement = try database.statement(
            """
            SELECT key, sender, length(payload), kind IN (3, 4), time FROM entries WHERE key >= ? AND key <= ?
            AND (kind IN (3, 4) OR NOT ?) ORDER BY key LIMIT ?
            """)
        defer { statement.reset() }
        try statement.bind(all: begin, end, handshakes, rows)
        var old: [Row] = []
        while try statement.step(), statement.timestamp(4) < cutoff {
            old.append(
                Row(
                    key: statement.unsigned(0), sender: try statement.identifier(1), bytes: statement.int(2),
                    isHandshake: statement.bool(3)))
        }
        return old
    }

    private mutating func note(_ old: [Row]) {
        for row in old { step.free(row.bytes, of: row.sender) }
        step.entries += old.count
    }

    // MARK: What lies beside the logs

    /// Some leaves of devices that were not seen for long: what they miss they could not follow any more.
    private mutating func leaves() throws {
        let unseen: [(conversation: ConversationID, item: DeviceID)] = try database.all(
            """
            SELECT c.id, l.device FROM leaves l JOIN devices d ON d.id = l.device
            JOIN conversations c ON c.number = l.conversation
            WHERE l.until IS NULL AND max(d.last_seen, d.created, d.activated) < ? LIMIT ?
            """, bounds.unseenSince, RetentionSweep.stepRows
        ) { (try $0.identifier(0), try $0.identifier(1)) }
        step.leaves = unseen.count
        end(unseen) { [bounds] in .leaves($0, unseenSince: bounds.unseenSince) }
    }

    /// Some rooms that nobody has founded.
    private mutating func unfounded() throws {
        let rooms: [ConversationID] = try database.all(
            """
            SELECT c.id FROM rooms r JOIN conversations c ON c.id = r.conversation
            WHERE c.epoch = 0 AND c.created < ? LIMIT ?
            """, bounds.unfoundedBefore, RetentionSweep.stepRows
        ) { try $0.identifier(0) }
        for room in rooms { end(.unfounded, of: room) }
    }

    /// - Returns: whether there may be more.
    private mutating func beside() throws -> Bool {
        let limit = RetentionSweep.stepRows
        let welcomes = try WelcomeStore.old(bounds, limit: limit, in: database)
        for welcome in welcomes { step.free(welcome.bytes, of: welcome.sender) }
        end(welcomes.map { (conversation: $0.conversation, item: $0.id) }) { .welcomes($0) }
        let reported = try CommitReportStore.conversations(before: bounds.handshakesBefore, limit: limit, in: database)
        for conversation in reported { end(.reports(before: bounds.handshakesBefore), of: conversation) }
        let surplus: [(conversation: ConversationID, item: DeviceID)] = try database.all(
            """
            SELECT k.conversation, d.id FROM devices d JOIN cursors k ON k.device = d.id WHERE d.is_surplus = 1
            UNION SELECT c.id, d.id FROM devices d JOIN welcome_devices w ON w.device = d.id
                JOIN conversations c ON c.number = w.conversation WHERE d.is_surplus = 1 LIMIT ?
            """, limit
        ) { (try $0.identifier(0), try $0.identifier(1)) }
        end(surplus) { .surplus($0) }
        return [welcomes.count, reported.count, surplus.count].contains(limit)
    }

    // MARK: Identifiers

    private mutating func identifiers(after position: [UInt8]) throws -> RetentionSweep.Phase {
        typealias Found = (
            number: ConversationNumber, conversation: ConversationID, item: RetentionPart.Identifier, time: Timestamp
        )
        let found: [Found] = try database.all(
            """
            SELECT m.conversation, c.id, m.sender, m.id, m.time FROM message_ids m
            JOIN conversations c ON c.number = m.conversation WHERE (m.sender, m.conversation, m.id) > (?, ?, ?)
            ORDER BY m.sender, m.conversation, m.id LIMIT ?
            """, Array(position.prefix(16)), Self.number(position.dropFirst(16).prefix(8)),
            Array(position.dropFirst(24)), RetentionSweep.stepRows
        ) { row in
            let identifier = RetentionPart.Identifier(sender: try row.identifier(2), id: try row.identifier(3))
            return (row.conversationNumber(0), try row.identifier(1), identifier, row.timestamp(4))
        }
        let old = found.filter { $0.time < bounds.identifiersBefore }
        end(old.map { (conversation: $0.conversation, item: $0.item) }) { .identifiers($0) }
        guard found.count == RetentionSweep.stepRows, let last = found.last else { return .done }
        return .identifiers(after: last.item.sender.bytes + Self.bytes(last.number) + last.item.id.bytes)
    }

    // MARK: Positions

    private static func number(_ bytes: ArraySlice<UInt8>) -> ConversationNumber {
        ConversationNumber(bytes.reduce(0) { $0 << 8 | Int64($1) })
    }

    private static func bytes(_ number: ConversationNumber) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number.value >> Int64($0)) }
    }
}
