import ChatProtocol

/// A conversation in which a device has something to get.
package struct InboxRow: Sendable, Equatable {
    package var conversation: ConversationInfo
    package var head: SequenceNumber
    /// Where the device began.
    package var start: SequenceNumber
    package var acked: SequenceNumber
    package var toldStart: Bool
    /// Of the numbers up to `start` those that an entry ever had; only where the start is still to be told.
    package var before: [ClosedRange<SequenceNumber>]

    package init(
        conversation: ConversationInfo, head: SequenceNumber, start: SequenceNumber, acked: SequenceNumber,
        toldStart: Bool, before: [ClosedRange<SequenceNumber>] = []
    ) {
        self.conversation = conversation
        self.head = head
        self.start = start
        self.acked = acked
        self.toldStart = toldStart
        self.before = before
    }
}

/// A part of a log.
package struct LogPage: Sendable, Equatable {
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
}
