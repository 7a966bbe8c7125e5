import ChatProtocol

/// How far devices have come, as long as it is not in the store. A plain value.
///
/// Cursors ride in a batch that is written anyway, or in one of their own after a while; one that is lost only means
/// that something is delivered again. Several moves of one cursor become one row.
package struct CursorBook {
    private struct Key: Hashable {
        var device: DeviceID
        var conversation: ConversationID
    }

    private var waiting: [Key: CursorMove] = [:]
    private var writing: [Key: CursorMove] = [:]

    package init() {}

    package var hasWork: Bool { !waiting.isEmpty }

    package mutating func add(_ move: CursorMove) {
        waiting[Key(device: move.device, conversation: move.conversation), default: move].join(move)
    }

    /// Takes all moves for a batch; they are remembered until `written` or `failed`.
    package mutating func take() -> [CursorMove] {
        writing = waiting
        waiting = [:]
        return Array(writing.values)
    }

    package mutating func written() {
        writing = [:]
    }

    /// The batch failed: what was in it waits again.
    package mutating func failed() {
        for move in writing.values { add(move) }
        writing = [:]
    }

    /// What is known beyond the store of a device in a conversation.
    package func pending(_ device: DeviceID, _ conversation: ConversationID) -> CursorMove? {
        let key = Key(device: device, conversation: conversation)
        guard var move = writing[key] else { return waiting[key] }
        if let later = waiting[key] { move.join(later) }
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
