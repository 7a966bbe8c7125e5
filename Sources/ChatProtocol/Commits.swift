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
