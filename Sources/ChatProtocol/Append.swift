import WireCodec

/// What an entry's payload is: a message of MLS, as it travels.
package enum PayloadKind: UInt8, Sendable {
    /// A PrivateMessage.
    case message = 2
    /// A PublicMessage that ends an epoch.
    case commit = 3
    /// A PublicMessage that waits for a commit: the server's.
    case proposal = 4

    /// What everybody who follows a group needs, also who joins later.
    package var isHandshake: Bool { self == .commit || self == .proposal }

    /// Bytes that a payload of this kind may have.
    package var limit: Int { isHandshake ? Limits.handshake : Limits.payload }

    /// Bytes that a payload of any kind may have.
    package static func limit(of kind: UInt8) -> Int { PayloadKind(rawValue: kind)?.limit ?? Limits.payload }
}

/// Which incarnation of a conversation's group, and which of its epochs. Without a group both are 0; a group begins with epoch 1, by the
/// commit with which it is founded.
package struct GroupMark: Hashable, Sendable, Comparable {
    package static let none = GroupMark(incarnation: 0, epoch: 0)

    package var incarnation: UInt32
    package var epoch: Epoch

    package init(incarnation: UInt32 = 0, epoch: Epoch) {
        self.incarnation = incarnation
        self.epoch = epoch
    }

    /// Whether there is a group.
    package var isGroup: Bool { epoch > .first }

    package static func < (left: Self, right: Self) -> Bool {
        (left.incarnation, left.epoch) < (right.incarnation, right.epoch)
    }
}

/// Where a conversation stands: the life of the store, the incarnation of its group, and the epoch within it.
package struct ConversationPosition: WireCodable, Equatable, Sendable {
    package var generation: StoreGeneration
    package var incarnation: UInt32
    package var epoch: Epoch

    package init(generation: StoreGeneration, incarnation: UInt32 = 0, epoch: Epoch) {
        self.generation = generation
        self.incarnation = incarnation
        self.epoch = epoch
    }

    package init(generation: StoreGeneration, _ mark: GroupMark) {
        self.init(generation: generation, incarnation: mark.incarnation, epoch: mark.epoch)
    }

    package var mark: GroupMark { GroupMark(incarnation: incarnation, epoch: epoch) }

    package func encode(into writer: inout WireWriter) {
        writer.write(generation)
        writer.write(incarnation)
        writer.write(epoch)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        generation = try reader.read()
        incarnation = try reader.read()
        epoch = try reader.read()
    }
}

/// Where a conversation stands, and how long its log is: what whoever was refused has to read first.
package struct ConversationStanding: WireCodable, Equatable, Sendable {
    package var position: ConversationPosition
    package var head: SequenceNumber

    package init(position: ConversationPosition, head: SequenceNumber) {
        self.position = position
        self.head = head
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(position)
        writer.write(head)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        position = try reader.read()
        head = try reader.read()
    }
}

/// Adds an entry to a conversation's log. Answered by `Appended` once it is on disk, or by `Failure`.
///
/// Order of checks: duplicate, then rights and limits, then precondition, then store. The same `id` again from the same
/// account in the same conversation changes nothing and is answered as the first time.
package struct Append: FrameBody {
    package static let kind = FrameKind.append

    package var conversation: ConversationID
    package var id: MessageID
    package var payloadKind: UInt8
    /// Where the conversation must stand for the entry to be taken. A message of a group says so always.
    package var precondition: ConversationPosition?
    /// Ask for `Receipt` events of this conversation on this connection, subscribed or not.
    package var wantReceipt: Bool
    package var payload: [UInt8]

    package init(
        conversation: ConversationID, id: MessageID, payloadKind: UInt8 = PayloadKind.message.rawValue,
        precondition: ConversationPosition? = nil, wantReceipt: Bool = false, payload: [UInt8]
    ) {
        self.conversation = conversation
        self.id = id
        self.payloadKind = payloadKind
        self.precondition = precondition
        self.wantReceipt = wantReceipt
        self.payload = payload
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(id)
        writer.write(payloadKind)
        writer.write(optional: precondition)
        writer.write(flag: wantReceipt)
        writer.write(vector: payload)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        id = try reader.read()
        payloadKind = try reader.read()
        precondition = try reader.readOptional()
        wantReceipt = try reader.readFlag(field: "want receipt")
        payload = Array(try reader.readVector(field: "payload"))
    }
}

/// The acknowledgement of an append: the entry is on the server's disk.
package struct Appended: FrameBody {
    package static let kind = FrameKind.appended

    package var conversation: ConversationID
    package var id: MessageID
    package var seq: SequenceNumber
    /// When the server took it.
    package var time: Timestamp
    /// SHA-256 of the payload that is stored: of the first one, where this is a duplicate.
    package var digest: [UInt8]
    package var position: ConversationPosition
    package var duplicate: Bool

    package init(
        conversation: ConversationID, id: MessageID, seq: SequenceNumber, time: Timestamp, digest: [UInt8],
        position: ConversationPosition, duplicate: Bool
    ) {
        self.conversation = conversation
        self.id = id
        self.seq = seq
        self.time = time
        self.digest = digest
        self.position = position
        self.duplicate = duplicate
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(id)
        writer.write(seq)
        writer.write(time)
        writer.write(fixed: digest)
        writer.write(position)
        writer.write(flag: duplicate)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        id = try reader.read()
        seq = try reader.read()
        time = try reader.read()
        digest = Array(try reader.read(fixed: 32))
        position = try reader.read()
        duplicate = try reader.readFlag(field: "duplicate")
    }
}

/// A refusal: the reply to a request, or, with correlation 0, the reason why the server closes the connection.
package struct Failure: FrameBody, Error {
    package static let kind = FrameKind.failure

    /// The number of an `ErrorCode`; a newer server may send one that is not known here.
    package var code: UInt16
    /// For people.
    package var sentence: String
    /// As the wire has it: milliseconds; 0: nothing is known.
    private var retryAfter: UInt32
    /// Where the conversation stands, with a refused precondition.
    package var current: ConversationStanding?

    package init(
        _ code: ErrorCode, sentence: String? = nil, retryAfter: Duration? = nil, current: ConversationStanding? = nil
    ) {
        self.code = code.rawValue
        self.sentence = sentence ?? code.sentence
        self.retryAfter = UInt32(clamping: ((retryAfter ?? .zero) + .nanoseconds(999_999)).wholeMilliseconds)
        self.current = current
    }

    /// When trying again may help, from now; nil where nothing is known.
    package var wait: Duration? { retryAfter == 0 ? nil : .milliseconds(retryAfter) }

    /// The code, nil where this version does not know it.
    package var errorCode: ErrorCode? { ErrorCode(rawValue: code) }

    package func encode(into writer: inout WireWriter) {
        writer.write(code)
        writer.write(text: sentence)
        writer.write(retryAfter)
        writer.write(optional: current)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        code = try reader.read()
        sentence = try reader.readText(limit: Limits.sentence, field: "sentence")
        retryAfter = try reader.read()
        current = try reader.readOptional()
    }
}
