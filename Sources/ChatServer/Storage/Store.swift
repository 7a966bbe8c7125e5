import ChatProtocol

/// Writes logs. Confined to one thread; what it does is on disk when a method returns.
///
/// The contract, which one suite of tests holds every implementation to:
/// - Operations are carried out in their order. Each touches one conversation; nothing relies on two conversations
///   changing together, or on what another operation of the batch answered.
/// - An append is checked in this order: does the conversation exist, is the sender a member, is it a duplicate, has
///   the caller an objection, are the accounts of a direct conversation still there, does the precondition hold. What
///   is refused or a duplicate changes nothing and does not affect the rest of the batch.
/// - A duplicate has the same sender, conversation and id as an entry that was stored, whatever else differs. It is
///   answered with what was answered the first time.
/// - Numbers of a conversation are given away one by one, in the order of the operations.
/// - Cursors and read marks only go up, and never beyond the conversation's head.
/// - When the batch cannot be made durable the method throws, and nothing of it has happened. It is never tried again
///   by the store: after a failed sync nobody knows what is on disk but what is read back from it.
package protocol LogWriter: AnyObject {
    func commit(_ batch: StoreBatch) throws(StoreFailure) -> [OperationOutcome]
}

/// Reads logs. Confined to one thread, which need not be the writer's; sees what was committed before the call.
package protocol LogReader: AnyObject {
    /// The conversations of an account in which a device has something to get or to be told, in the order of their
    /// identifiers.
    func inbox(of device: DeviceID, account: AccountID, after: ConversationID?, limit: Int) throws(StoreFailure)
        -> [InboxRow]

    /// What follows `seq` in a conversation: at most `entries` entries, and no more than `bytes` of their payloads
    /// beyond the first. Numbers that are missing are told as holes, in their place.
    func page(of conversation: ConversationID, after seq: SequenceNumber, entries: Int, bytes: Int) throws(StoreFailure)
        -> LogPage
}

/// Why the store could not do what it was asked to.
package struct StoreFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The disk, or what the store may have of it, is full.
        case full
        case failed
    }
    package var kind: Kind
    /// For the log; never contains a value that came from outside.
    package var description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// What a peer is told.
    package var failure: Failure {
        switch kind {
        case .full: Failure(.storeFull)
        case .failed: Failure(.storeFailed)
        }
    }
}

/// What never changes about a conversation.
package struct ConversationInfo: Sendable, Hashable {
    package enum Audience: Sendable, Hashable {
        case everyone
        /// Two accounts in their order, or the same one twice.
        case direct(AccountID, AccountID)
    }

    package var id: ConversationID
    package var audience: Audience

    package init(id: ConversationID, audience: Audience) {
        self.id = id
        self.audience = audience
    }

    package var type: ConversationType {
        switch audience {
        case .everyone: .everyone
        case .direct: .direct
        }
    }

    package func includes(_ account: AccountID) -> Bool {
        switch audience {
        case .everyone: true
        case .direct(let low, let high): account == low || account == high
        }
    }
}

/// An entry that somebody wants to append; its sender was authenticated.
package struct NewEntry: Sendable {
    package var conversation: ConversationID
    package var id: MessageID
    package var sender: AccountID
    package var device: DeviceID
    package var payloadKind: UInt8
    package var precondition: ConversationPosition?
    package var advance: UInt64?
    package var payload: [UInt8]
    /// What the caller has against storing it: told where it is not a duplicate. Only the store knows what is one, for
    /// the first may stand in the same batch.
    package private(set) var objection: Failure?

    package init(_ append: Append, sender: AccountID, device: DeviceID) {
        conversation = append.conversation
        id = append.id
        self.sender = sender
        self.device = device
        payloadKind = append.payloadKind
        precondition = append.precondition
        advance = append.advance
        payload = append.payload
    }

    /// It is not to be stored, so its payload is not kept either.
    package mutating func object(_ failure: Failure) {
        objection = failure
        payload = []
    }
}

/// How far a device has come in a conversation.
package struct CursorMove: Sendable, Equatable {
    package var device: DeviceID
    package var account: AccountID
    package var conversation: ConversationID
    /// Everything up to this is settled.
    package var acked: SequenceNumber
    /// The highest number that was stored.
    package var delivered: SequenceNumber
    /// The device was told where it starts.
    package var toldStart: Bool

    package init(
        device: DeviceID, account: AccountID, conversation: ConversationID, acked: SequenceNumber = 0,
        delivered: SequenceNumber = 0,
        toldStart: Bool = false
    ) {
        self.device = device
        self.account = account
        self.conversation = conversation
        self.acked = acked
        self.delivered = delivered
        self.toldStart = toldStart
    }
}

/// How far an account was shown a conversation.
package struct ReadMark: Sendable, Equatable {
    package var account: AccountID
    package var conversation: ConversationID
    package var seq: SequenceNumber

    package init(account: AccountID, conversation: ConversationID, seq: SequenceNumber) {
        self.account = account
        self.conversation = conversation
        self.seq = seq
    }
}

/// When a device, and its account where `online` was true, was last there.
package struct SeenMark: Sendable, Equatable {
    package var account: AccountID
    package var device: DeviceID
    package var online: Bool

    package init(account: AccountID, device: DeviceID, online: Bool) {
        self.account = account
        self.device = device
        self.online = online
    }
}

package enum StoreOperation: Sendable {
    case append(NewEntry)
    /// The direct conversation of two accounts, which begins to exist by this under the given identifier.
    case openDirect(AccountID, AccountID, fresh: ConversationID)
    /// How far the accounts of a direct conversation have come, asked by one of them.
    case receipts(ConversationID, for: AccountID)
}

/// What becomes durable with one sync.
package struct StoreBatch: Sendable {
    /// Unix milliseconds; what is appended bears it.
    package var time: UInt64
    package var operations: [StoreOperation]
    package var cursors: [CursorMove]
    package var readMarks: [ReadMark]
    package var seen: [SeenMark]

    package init(
        time: UInt64, operations: [StoreOperation] = [], cursors: [CursorMove] = [], readMarks: [ReadMark] = [],
        seen: [SeenMark] = []
    ) {
        self.time = time
        self.operations = operations
        self.cursors = cursors
        self.readMarks = readMarks
        self.seen = seen
    }
}

/// What became of one operation; the outcomes of a batch are in the order of its operations.
package enum OperationOutcome: Sendable {
    case appended(StoredAppend)
    case refused(Failure)
    case opened(ConversationInfo, head: SequenceNumber, epoch: UInt64)
    case receipts([ReceiptState])
}

package struct StoredAppend: Sendable, Equatable {
    package var conversation: ConversationInfo
    package var seq: SequenceNumber
    package var time: UInt64
    package var digest: [UInt8]
    package var position: ConversationPosition
    package var duplicate: Bool
}

/// A conversation in which a device has something to get.
package struct InboxRow: Sendable, Equatable {
    package var conversation: ConversationInfo
    package var head: SequenceNumber
    /// Where the device began.
    package var start: SequenceNumber
    package var acked: SequenceNumber
    package var toldStart: Bool
}

/// A part of a log.
package struct LogPage: Sendable, Equatable {
    package enum Row: Sendable, Equatable {
        case entry(Entry)
        /// Numbers that this conversation has lost, first and last.
        case hole(GapReason, first: SequenceNumber, last: SequenceNumber)
    }
    package var rows: [Row]
    /// Everything up to this number is in this page or before it.
    package var through: SequenceNumber
    /// Nothing followed when the page was read.
    package var isLast: Bool
}
