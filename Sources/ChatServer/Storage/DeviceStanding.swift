import ChatProtocol

/// Where a conversation stands, and what a device has of it.
package struct DeviceStanding: Sendable, Equatable {
    package var conversation: ConversationInfo
    package var standing: ConversationStanding
    /// Nil where the device never had a leaf of the conversation's group.
    package var leaf: LeafSpan?
    /// Of the log up to its head (M3); nil where there is no group, or it is older than this is kept.
    package var logHash: [UInt8]?

    package init(
        conversation: ConversationInfo, standing: ConversationStanding, leaf: LeafSpan? = nil, logHash: [UInt8]? = nil
    ) {
        self.conversation = conversation
        self.standing = standing
        self.leaf = leaf
        self.logHash = logHash
    }

    /// Whether the device reads the messages under this number.
    package func reads(_ seq: SequenceNumber) -> Bool {
        guard standing.position.mark.isGroup else { return true }
        return leaf?.contains(seq) ?? false
    }

    /// For who is told nothing of what comes behind the end of its leaf.
    ///
    /// - Parameter after: so far it was told of the log before.
    package func ended(after: SequenceNumber) -> DeviceStanding {
        var ended = self
        if let until = leaf?.until { ended.standing.head = max(until, min(after, standing.head)) }
        ended.logHash = nil
        return ended
    }
}

/// The entries that a device reads, for it has or had a leaf.
package struct LeafSpan: Sendable, Equatable {
    /// The bundle that gave it its leaf: it reads what follows.
    package var since: SequenceNumber
    /// The one that took it; nil as long as it has it.
    package var until: SequenceNumber?

    package init(since: SequenceNumber, until: SequenceNumber? = nil) {
        self.since = since
        self.until = until
    }

    package func contains(_ seq: SequenceNumber) -> Bool { seq > since && (until.map { seq <= $0 } ?? true) }
}

/// A leaf that is to be removed.
package struct LostLeaf: Sendable, Equatable {
    package var leaf: UInt32
    package var reader: DeviceReader

    package init(leaf: UInt32, reader: DeviceReader) {
        self.leaf = leaf
        self.reader = reader
    }
}
