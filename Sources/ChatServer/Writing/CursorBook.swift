import ChatProtocol

/// How far devices have come and accounts have read, as long as it is not in the store. A plain value.
///
/// Both ride in a batch that is written anyway, or in one of their own after a while; what is lost only means that
/// something is delivered or shown as unread again. Several moves of one cursor become one row.
package struct CursorBook {
    /// What a batch takes with it.
    package struct Page: Equatable {
        package var cursors: [CursorMove] = []
        package var readMarks: [ReadMark] = []
    }

    private struct CursorKey: Hashable {
        var device: DeviceID
        var conversation: ConversationID
    }

    private struct ReadKey: Hashable {
        var account: AccountID
        var conversation: ConversationID
    }

    private struct Entries {
        var cursors: [CursorKey: CursorMove] = [:]
        var readMarks: [ReadKey: ReadMark] = [:]
    }

    private var waiting = Entries()
    private var writing = Entries()

    package init() {}

    package var hasWork: Bool { !waiting.cursors.isEmpty || !waiting.readMarks.isEmpty }

    package mutating func add(_ move: CursorMove) {
        waiting.cursors[CursorKey(device: move.device, conversation: move.conversation), default: move].join(move)
    }

    package mutating func add(_ mark: ReadMark) {
        let key = ReadKey(account: mark.account, conversation: mark.conversation)
        let seq = max(mark.seq, waiting.readMarks[key]?.seq ?? 0)
        waiting.readMarks[key] = ReadMark(account: mark.account, conversation: mark.conversation, seq: seq)
    }

    /// Takes everything for a batch; it is remembered until `written` or `failed`.
    package mutating func take() -> Page {
        writing = waiting
        waiting = Entries()
        return Page(cursors: Array(writing.cursors.values), readMarks: Array(writing.readMarks.values))
    }

    package mutating func written() {
        writing = Entries()
    }

    /// The batch failed: what was in it waits again.
    package mutating func failed() {
        for move in writing.cursors.values { add(move) }
        for mark in writing.readMarks.values { add(mark) }
        writing = Entries()
    }

    /// What is known beyond the store of a device in a conversation.
    package func pending(_ device: DeviceID, _ conversation: ConversationID) -> CursorMove? {
        let key = CursorKey(device: device, conversation: conversation)
        guard var move = writing.cursors[key] else { return waiting.cursors[key] }
        if let later = waiting.cursors[key] { move.join(later) }
        return move
    }
}

extension CursorMove {
    fileprivate mutating func join(_ other: CursorMove) {
        acked = max(acked, other.acked)
        delivered = max(delivered, other.delivered)
        toldStart = toldStart || other.toldStart
    }
}
