import ChatProtocol
import SQLite
import StoredValues

/// Makes items of rows of `message_rows` and `gap_rows`.
struct ItemReader: Sendable {
    var store: String
    var own: AccountID
    var ownName: UserName
    var gate: KeyGate

    /// The columns of `message_rows`; what is selected beside them comes behind them.
    private enum MessageColumn {
        static let position: Int32 = 0
        static let seq: Int32 = 4
        static let id: Int32 = 5
        static let sender: Int32 = 6
        static let senderName: Int32 = 7
        static let displayName: Int32 = 8
        static let device: Int32 = 9
        static let time: Int32 = 10
        static let sent: Int32 = 11
        static let body: Int32 = 12
        static let replyTo: Int32 = 13
        static let auto: Int32 = 14
        static let shown: Int32 = 15
        static let kind: Int32 = 18
    }
    /// How many columns `message_rows` has.
    static let messageColumns: Int32 = 19

    private enum GapColumn {
        static let position: Int32 = 0
        static let reason: Int32 = 4
        static let missed: Int32 = 5
        static let time: Int32 = 6
    }

    /// From a row of `message_rows`.
    func item(_ row: Statement, _ trust: SenderTrust) throws -> StoredItem {
        typealias Column = MessageColumn
        let cursor = row.optionalPosition(Column.position).map { Cursor(store: store, position: $0) }
        let conversation = try conversation(row)
        guard let body = row.optionalText(Column.body) else {
            return .gap(
                GapNotice(
                    conversation: conversation,
                    reason: row.int(Column.kind) == ClientStore.mismatchedKind ? .mismatch : .undecryptable,
                    time: row.timestamp(Column.time), missed: 1,
                    cursor: cursor))
        }
        let sender: AccountID = try row.identifier(Column.sender)
        let isOwn = sender == own
        let from =
            row.isNull(Column.senderName) ? try ClientStore.stranger(sender) : try row.userName(Column.senderName)
        return .message(
            ReceivedMessage(
                conversation: conversation, seq: row.sequenceNumber(Column.seq), id: try row.identifier(Column.id),
                cursor: cursor, time: row.timestamp(Column.time), sent: row.timestamp(Column.sent), from: from,
                fromDisplayName: row.text(Column.displayName), fromDevice: try row.identifier(Column.device),
                own: isOwn, to: conversation.user.map { isOwn ? $0 : ownName }, body: body,
                replyTo: try row.optionalIdentifier(Column.replyTo), auto: row.bool(Column.auto),
                shown: row.bool(Column.shown), trust: try trust(sender, isOwn: isOwn)))
    }

    /// From a row of `gap_rows`.
    func gap(_ row: Statement) throws -> StoredItem {
        typealias Column = GapColumn
        return .gap(
            GapNotice(
                conversation: try conversation(row),
                reason: GapNotice.Reason(rawValue: row.text(Column.reason)) ?? .retention,
                time: row.timestamp(Column.time), missed: row.optionalUnsigned(Column.missed),
                cursor: Cursor(store: store, position: row.position(Column.position))))
    }

    /// Both begin with the position, and then the conversation.
    private func conversation(_ row: Statement) throws -> ConversationName {
        try ClientStore.conversationName(row, type: 1, peer: 2, name: 3)
    }

    /// Two lists in the order of their positions as one.
    static func merge(_ left: [StoredItem], _ right: [StoredItem], limit: Int) -> [StoredItem] {
        guard !right.isEmpty else { return left }
        guard !left.isEmpty else { return right }
        let both = (left + right).sorted { ($0.cursor?.position ?? 0) < ($1.cursor?.position ?? 0) }
        return Array(both.prefix(limit))
    }
}
