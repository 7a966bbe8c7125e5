import WireCodec

/// Reads a part of one conversation's log, without a subscription and without moving a cursor. Answered by `LogPage`.
package struct ReadLog: FrameBody {
    package static let kind = FrameKind.readLog
    package var conversation: ConversationID
    package var after: SequenceNumber

    package init(conversation: ConversationID, after: SequenceNumber) {
        self.conversation = conversation
        self.after = after
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(after)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        after = try reader.read()
    }
}

package struct LogPage: FrameBody {
    package static let kind = FrameKind.logPage
    package static let hashBytes = 32

    package var conversation: ConversationID
    /// Where the conversation stands. More follows while `through` is below its head.
    package var standing: ConversationStanding
    /// Everything up to this number is in this page or before it.
    package var through: SequenceNumber
    package var entries: [Entry]
    /// Of these the ones that have the SHA-256 of their payload in its place: messages that this device appended itself, and those of
    /// epochs in which it has no leaf.
    package var hashed: [SequenceNumber]
    package var gaps: [Gap]
    /// Of the log up to `standing.head` (M3): the server's claim. Empty where it has none.
    package var hash: [UInt8]

    package init(
        conversation: ConversationID, standing: ConversationStanding, through: SequenceNumber, entries: [Entry] = [],
        hashed: [SequenceNumber] = [], gaps: [Gap] = [], hash: [UInt8] = []
    ) {
        self.conversation = conversation
        self.standing = standing
        self.through = through
        self.entries = entries
        self.hashed = hashed
        self.gaps = gaps
        self.hash = hash
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(standing)
        writer.write(through)
        writer.write(vectorOf: entries)
        writer.write(vectorOf: hashed)
        writer.write(vectorOf: gaps)
        writer.write(vector: hash)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        standing = try reader.read()
        through = try reader.read()
        entries = try reader.readVector(count: Limits.logPageEntries, field: "entries")
        hashed = try reader.readVector(count: Limits.logPageEntries, field: "hashed")
        // One before each entry, a leap of a restore among them, and one behind the last.
        gaps = try reader.readVector(count: 3 * Limits.logPageEntries, field: "gaps")
        hash = Array(try reader.readVector(limit: Self.hashBytes, field: "hash"))
    }
}

/// Asks for the description of a conversation's group and a part of its tree. Answered by `GroupPart`.
package struct ReadGroup: FrameBody {
    package static let kind = FrameKind.readGroup
    package var conversation: ConversationID
    /// Asks for the founding GroupInfo instead, which has its tree in it.
    package var founding: Bool
    /// Of the tree, where the part begins.
    package var offset: UInt32
    /// The epoch of the parts before; where the group has moved on, the tree is another one: `preconditionFailed`.
    package var position: ConversationPosition?

    package init(
        conversation: ConversationID, founding: Bool = false, offset: UInt32 = 0, position: ConversationPosition? = nil
    ) {
        self.conversation = conversation
        self.founding = founding
        self.offset = offset
        self.position = position
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(flag: founding)
        writer.write(offset)
        writer.write(optional: position)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        founding = try reader.readFlag(field: "founding")
        offset = try reader.read()
        position = try reader.readOptional()
    }
}

package struct GroupPart: FrameBody {
    package static let kind = FrameKind.groupPart

    package var conversation: ConversationID
    package var position: ConversationPosition
    /// With the first part.
    package var groupInfo: [UInt8]
    /// Bytes of the whole tree.
    package var treeSize: UInt32
    package var offset: UInt32
    package var tree: [UInt8]

    package init(
        conversation: ConversationID, position: ConversationPosition, groupInfo: [UInt8], treeSize: UInt32,
        offset: UInt32, tree: [UInt8]
    ) {
        self.conversation = conversation
        self.position = position
        self.groupInfo = groupInfo
        self.treeSize = treeSize
        self.offset = offset
        self.tree = tree
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(position)
        writer.write(vector: groupInfo)
        writer.write(treeSize)
        writer.write(offset)
        writer.write(vector: tree)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        position = try reader.read()
        groupInfo = Array(try reader.readVector(limit: Limits.groupInfo, field: "group info"))
        treeSize = try reader.read()
        offset = try reader.read()
        guard treeSize <= Limits.tree else { throw .limitExceeded(field: "tree", limit: Limits.tree) }
        tree = Array(try reader.readVector(limit: Limits.treePart, field: "tree"))
    }
}
