import WireCodec

/// Begins delivery on this connection. Answered by `Done`; then come presence (where asked for), what the device
/// missed, `Live`, and what is appended from then on.
package struct Subscribe: FrameBody {
    package static let kind = FrameKind.subscribe

    package struct Options: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The library's own for sets is generic, and its first call looks at every conformance in the program: `[]` would
        /// cost each command 300,000 instructions.
        package init(arrayLiteral elements: Options...) { rawValue = elements.reduce(0) { $0 | $1.rawValue } }
        /// Does not count as online: a catch-up that ends by itself.
        package static let unseen = Options(rawValue: 1)
        /// Wants `Presence` events: the full list, then what changes.
        package static let presence = Options(rawValue: 2)
        /// Wants `Receipt` events of all direct conversations.
        package static let receipts = Options(rawValue: 4)
    }

    package var options: Options
    package init(options: Options = []) { self.options = options }
    package func encode(into writer: inout WireWriter) { writer.write(options.rawValue) }
    package init(from reader: inout WireReader) throws(WireError) { options = Options(rawValue: try reader.read()) }
}

/// One row of a conversation's log, as every device of every member gets it, the sender's too.
package struct Entry: FrameBody {
    package static let kind = FrameKind.entry

    package var conversation: ConversationID
    /// Numbers of a conversation have no holes on the server, but entries that are not for people take numbers too.
    package var seq: SequenceNumber
    package var id: MessageID
    /// Who was logged in when it was appended; nothing in the payload can change that. Zero: the server itself.
    package var sender: AccountID
    package var device: DeviceID
    package var payloadKind: UInt8
    /// When the server took it.
    package var time: Timestamp
    package var payload: [UInt8]

    package init(
        conversation: ConversationID, seq: SequenceNumber, id: MessageID, sender: AccountID, device: DeviceID,
        payloadKind: UInt8, time: Timestamp, payload: [UInt8]
    ) {
        self.conversation = conversation
        self.seq = seq
        self.id = id
        self.sender = sender
        self.device = device
        self.payloadKind = payloadKind
        self.time = time
        self.payload = payload
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(seq)
        writer.write(id)
        writer.write(sender)
        writer.write(device)
        writer.write(payloadKind)
        writer.write(time)
        writer.write(vector: payload)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        seq = try reader.read()
        id = try reader.read()
        sender = try reader.read()
        device = try reader.read()
        payloadKind = try reader.read()
        time = try reader.read()
        payload = Array(try reader.readVector(limit: PayloadKind.limit(of: payloadKind), field: "payload"))
    }
}

/// What became of an entry on a device.
package enum Disposition: UInt8, Sendable {
    case stored = 1
    case undecryptable = 2
    case skipped = 3
}

/// Says how far this device has come: everything of the conversation up to `seq`. There is no reply; one beyond what
/// was sent ends the connection with `acknowledgedTooMuch`.
package struct Acknowledge: FrameBody {
    package static let kind = FrameKind.acknowledge

    package struct Item: WireCodable, Equatable, Sendable {
        package var conversation: ConversationID
        package var seq: SequenceNumber
        package var disposition: Disposition

        package init(conversation: ConversationID, seq: SequenceNumber, disposition: Disposition) {
            self.conversation = conversation
            self.seq = seq
            self.disposition = disposition
        }

        package func encode(into writer: inout WireWriter) {
            writer.write(conversation)
            writer.write(seq)
            writer.write(disposition.rawValue)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            conversation = try reader.read()
            seq = try reader.read()
            disposition = try reader.readCase(field: "disposition")
        }
    }

    package var items: [Item]
    package init(items: [Item]) { self.items = items }
    package func encode(into writer: inout WireWriter) { writer.write(vectorOf: items) }
    package init(from reader: inout WireReader) throws(WireError) {
        items = try reader.readVector(count: Limits.page, field: "acknowledgements")
    }
}

/// Says how far a person of this account has been shown a conversation. There is no reply.
package struct MarkRead: FrameBody {
    package static let kind = FrameKind.markRead
    package var conversation: ConversationID
    package var seq: SequenceNumber

    package init(conversation: ConversationID, seq: SequenceNumber) {
        self.conversation = conversation
        self.seq = seq
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(seq)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        seq = try reader.read()
    }
}

package enum GapReason: UInt8, Sendable {
    /// Older than the server keeps entries.
    case retention = 1
    /// The server was restored from a backup and what it had taken since is lost to it.
    case restored = 2
    /// Older than this device, or than this account's membership.
    case beforeJoin = 3
    /// Their author was deleted, and what he wrote erased with him.
    case erased = 4
}

/// Entries that this device will not get. Its cursor moves past them.
package struct Gap: FrameBody {
    package static let kind = FrameKind.gap
    package var conversation: ConversationID
    package var reason: GapReason
    /// The first and the last number that are missed.
    package var first: SequenceNumber
    package var last: SequenceNumber

    package init(conversation: ConversationID, reason: GapReason, first: SequenceNumber, last: SequenceNumber) {
        self.conversation = conversation
        self.reason = reason
        self.first = first
        self.last = last
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(reason.rawValue)
        writer.write(first)
        writer.write(last)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        reason = try reader.readCase(field: "gap reason")
        first = try reader.read()
        last = try reader.read()
        guard first > 0, first <= last else { throw .invalidValue(field: "gap") }
    }
}

/// What the device missed has been sent; what follows is new.
package struct Live: FrameBody {
    package static let kind = FrameKind.live
    package var time: Timestamp
    package init(time: Timestamp) { self.time = time }
    package func encode(into writer: inout WireWriter) { writer.write(time) }
    package init(from reader: inout WireReader) throws(WireError) { time = try reader.read() }
}

package struct Presence: FrameBody {
    package static let kind = FrameKind.presence

    package enum Change: UInt8, Sendable {
        /// A part of the full list; `more` says whether another follows.
        case full = 1
        case online = 2
        case offline = 3
    }

    package var change: Change
    package var more: Bool
    package var accounts: [AccountRecord]

    package init(change: Change, more: Bool = false, accounts: [AccountRecord]) {
        self.change = change
        self.more = more
        self.accounts = accounts
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(change.rawValue)
        writer.write(flag: more)
        writer.write(vectorOf: accounts)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        change = try reader.readCase(field: "presence change")
        more = try reader.readFlag(field: "more")
        accounts = try reader.readVector(count: Limits.page, field: "accounts")
    }
}

/// How far an account has come in a direct conversation: derived from cursors, not kept a message.
package struct ReceiptState: WireCodable, Equatable, Sendable {
    package var account: AccountID
    /// The highest number that a device of the account has stored.
    package var delivered: SequenceNumber
    /// The highest number that a person of the account was shown.
    package var read: SequenceNumber

    package init(account: AccountID, delivered: SequenceNumber, read: SequenceNumber) {
        self.account = account
        self.delivered = delivered
        self.read = read
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(delivered)
        writer.write(read)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        delivered = try reader.read()
        read = try reader.read()
    }
}

/// Asks for the receipts of a direct conversation, and for the events that follow. Answered by `Receipts`.
package struct QueryReceipts: FrameBody {
    package static let kind = FrameKind.queryReceipts
    package var conversation: ConversationID
    package var watch: Bool

    package init(conversation: ConversationID, watch: Bool = false) {
        self.conversation = conversation
        self.watch = watch
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(flag: watch)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        watch = try reader.readFlag(field: "watch")
    }
}

package struct Receipts: FrameBody {
    package static let kind = FrameKind.receipts
    package var conversation: ConversationID
    package var states: [ReceiptState]

    package init(conversation: ConversationID, states: [ReceiptState]) {
        self.conversation = conversation
        self.states = states
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(vectorOf: states)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        states = try reader.readVector(count: Limits.page, field: "receipts")
    }
}

/// An account came further in a conversation.
package struct Receipt: FrameBody {
    package static let kind = FrameKind.receipt
    package var conversation: ConversationID
    package var state: ReceiptState

    package init(conversation: ConversationID, state: ReceiptState) {
        self.conversation = conversation
        self.state = state
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(state)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        state = try reader.read()
    }
}
