import ChatProtocol

/// A conversation in which a device has something to get.
package struct InboxRow: Sendable, Equatable {
    package var conversation: ConversationInfo
    package var head: SequenceNumber
    /// Where the device began.
    package var start: SequenceNumber
    package var acked: SequenceNumber
    package var toldStart: Bool
    /// The device has lost its leaf: `head` is the last entry that it gets.
    package var isEnded: Bool
    /// Of the numbers up to `start` those that an entry ever had; only where the start is still to be told.
    package var before: [ClosedRange<SequenceNumber>]

    package init(
        conversation: ConversationInfo, head: SequenceNumber, start: SequenceNumber, acked: SequenceNumber,
        toldStart: Bool, isEnded: Bool = false, before: [ClosedRange<SequenceNumber>] = []
    ) {
        self.conversation = conversation
        self.head = head
        self.start = start
        self.acked = acked
        self.toldStart = toldStart
        self.isEnded = isEnded
        self.before = before
    }
}

/// A part of a log.
package struct StoredPage: Sendable, Equatable {
    package enum Row: Sendable, Equatable {
        case entry(Entry)
        case erased(ErasedEntry)
        /// Numbers that this conversation has lost, first and last.
        case hole(GapReason, first: SequenceNumber, last: SequenceNumber)
    }
    package var rows: [Row]
    /// Everything up to this number is in this page or before it.
    package var through: SequenceNumber
    /// Nothing followed when the page was read.
    package var isLast: Bool

    package init(rows: [Row], through: SequenceNumber, isLast: Bool) {
        self.rows = rows
        self.through = through
        self.isLast = isLast
    }

    /// The page for whoever gets nothing behind this number.
    package func ending(at last: SequenceNumber) -> StoredPage {
        guard through >= last else { return self }
        let rows = rows.compactMap { row -> Row? in
            switch row {
            case .entry(let entry): entry.seq <= last ? row : nil
            case .erased(let entry): entry.seq <= last ? row : nil
            case .hole(let reason, let first, let end):
                first <= last ? .hole(reason, first: first, last: min(end, last)) : nil
            }
        }
        return StoredPage(rows: rows, through: last, isLast: true)
    }
}
