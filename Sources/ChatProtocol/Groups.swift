import WireCodec

/// Founds the group of a conversation, or its next incarnation, and commits to it for the first time: one transaction. Answered by
/// `Appended`; refused by `groupExists` where somebody was first.
///
/// The commit is the entry; with it the conversation's epoch becomes 1.
package struct FoundGroup: FrameBody {
    package static let kind = FrameKind.foundGroup

    package var conversation: ConversationID
    package var id: MessageID
    /// The GroupInfo of epoch 0, with its tree: the founder's leaf alone. It is kept as long as the incarnation lives.
    package var founding: [UInt8]
    package var handshake: [UInt8]
    /// The GroupInfo of epoch 1, without its tree.
    package var groupInfo: [UInt8]
    /// For all whom the commit adds; empty where it adds nobody.
    package var welcome: [UInt8]

    package init(
        conversation: ConversationID, id: MessageID, founding: [UInt8], handshake: [UInt8], groupInfo: [UInt8],
        welcome: [UInt8] = []
    ) {
        self.conversation = conversation
        self.id = id
        self.founding = founding
        self.handshake = handshake
        self.groupInfo = groupInfo
        self.welcome = welcome
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(id)
        writer.write(vector: founding)
        writer.write(vector: handshake)
        writer.write(vector: groupInfo)
        writer.write(vector: welcome)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        id = try reader.read()
        founding = Array(try reader.readVector(limit: Limits.groupInfo, field: "founding"))
        handshake = Array(try reader.readVector(limit: Limits.handshake, field: "handshake"))
        groupInfo = Array(try reader.readVector(limit: Limits.groupInfo, field: "group info"))
        welcome = Array(try reader.readVector(limit: Limits.groupWelcome, field: "welcome"))
    }
}

/// Ends an epoch of a group and begins the next one: the commit, the description of what it makes, and the Welcome for those whom it
/// adds are one transaction. Answered by `Appended`; refused by `preconditionFailed` where the conversation stands elsewhere.
package struct Commit: FrameBody {
    package static let kind = FrameKind.commit

    package var conversation: ConversationID
    package var id: MessageID
    /// The epoch that it ends.
    package var position: ConversationPosition
    package var handshake: [UInt8]
    /// The GroupInfo of the epoch that it begins, without its tree.
    package var groupInfo: [UInt8]
    /// Empty where it adds nobody.
    package var welcome: [UInt8]

    package init(
        conversation: ConversationID, id: MessageID, position: ConversationPosition, handshake: [UInt8],
        groupInfo: [UInt8], welcome: [UInt8] = []
    ) {
        self.conversation = conversation
        self.id = id
        self.position = position
        self.handshake = handshake
        self.groupInfo = groupInfo
        self.welcome = welcome
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(id)
        writer.write(position)
        writer.write(vector: handshake)
        writer.write(vector: groupInfo)
        writer.write(vector: welcome)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        id = try reader.read()
        position = try reader.read()
        handshake = Array(try reader.readVector(limit: Limits.handshake, field: "handshake"))
        groupInfo = Array(try reader.readVector(limit: Limits.groupInfo, field: "group info"))
        welcome = Array(try reader.readVector(limit: Limits.groupWelcome, field: "welcome"))
    }
}

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
    /// Of these the ones that have the SHA-256 of their payload in its place: what this device appended itself, and messages of
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

/// Takes the oldest Welcome that waits for this device in a conversation. Answered by `WelcomePart`.
///
/// The same request again gets the same Welcome again, and no other request gets it.
package struct ReadWelcome: FrameBody {
    package static let kind = FrameKind.readWelcome
    package var conversation: ConversationID
    package var request: MessageID

    package init(conversation: ConversationID, request: MessageID) {
        self.conversation = conversation
        self.request = request
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(request)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        request = try reader.read()
    }
}

package struct WelcomePart: FrameBody {
    package static let kind = FrameKind.welcomePart

    package var conversation: ConversationID
    /// The commit that brought it; zero where none waits.
    package var id: MessageID
    /// The commit's number: the device reads what follows it.
    package var seq: SequenceNumber
    /// Empty where none waits.
    package var welcome: [UInt8]

    package init(conversation: ConversationID, id: MessageID, seq: SequenceNumber, welcome: [UInt8]) {
        self.conversation = conversation
        self.id = id
        self.seq = seq
        self.welcome = welcome
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(id)
        writer.write(seq)
        writer.write(vector: welcome)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        id = try reader.read()
        seq = try reader.read()
        welcome = Array(try reader.readVector(limit: Limits.groupWelcome, field: "welcome"))
    }
}

/// Asks to be the next to commit. Answered by `Turn` when nobody else who has asked is at it.
///
/// A turn binds nobody: it keeps those who come in numbers from making commits of which all but one are for nothing.
package struct TakeTurn: FrameBody {
    package static let kind = FrameKind.takeTurn
    package var conversation: ConversationID
    package init(conversation: ConversationID) { self.conversation = conversation }
    package func encode(into writer: inout WireWriter) { writer.write(conversation) }
    package init(from reader: inout WireReader) throws(WireError) { conversation = try reader.read() }
}

package struct Turn: FrameBody {
    package static let kind = FrameKind.turn
    package var conversation: ConversationID
    package var position: ConversationPosition
    /// For how long, milliseconds. It ends with the device's commit.
    package var lease: UInt32

    package init(conversation: ConversationID, position: ConversationPosition, lease: UInt32) {
        self.conversation = conversation
        self.position = position
        self.lease = lease
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(position)
        writer.write(lease)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        position = try reader.read()
        lease = try reader.read()
    }
}

/// Reports a commit that the server has taken and this device cannot process. Answered by `Done`; refused by `invalidTarget` where the
/// server has no such commit, or another one.
///
/// Its author is the device that committed, which is the one that has published it, or the server has changed it for some. Where two
/// accounts report a device, or an admin, its commits to this group are refused for a day (`blocked`).
package struct ReportCommit: FrameBody {
    package static let digestBytes = 32
    package static let kind = FrameKind.reportCommit
    package var conversation: ConversationID
    package var seq: SequenceNumber
    /// SHA-256 of the commit as it came here.
    package var digest: [UInt8]

    package init(conversation: ConversationID, seq: SequenceNumber, digest: [UInt8]) {
        self.conversation = conversation
        self.seq = seq
        self.digest = digest
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(seq)
        writer.write(fixed: digest)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        seq = try reader.read()
        digest = Array(try reader.read(fixed: Self.digestBytes))
    }
}

/// A Welcome waits for this device. Told once it has subscribed: first of those that wait already, then when one comes.
package struct GroupWelcome: FrameBody {
    package static let kind = FrameKind.groupWelcome
    package var conversation: ConversationID
    package init(conversation: ConversationID) { self.conversation = conversation }
    package func encode(into writer: inout WireWriter) { writer.write(conversation) }
    package init(from reader: inout WireReader) throws(WireError) { conversation = try reader.read() }
}

/// Devices are to be removed from a group, and this device is asked to commit that. Told to one device that is connected, and to
/// another one some seconds later.
package struct CommitWanted: FrameBody {
    package static let kind = FrameKind.commitWanted
    package var conversation: ConversationID
    package var position: ConversationPosition

    package init(conversation: ConversationID, position: ConversationPosition) {
        self.conversation = conversation
        self.position = position
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(position)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        position = try reader.read()
    }
}
