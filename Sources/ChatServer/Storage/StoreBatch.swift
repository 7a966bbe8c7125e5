import ChatProtocol

/// A queue of batches: operations of one conversation are all of one lane, and one batch of a lane is committed after
/// the other. An engine that is divided has one for each part.
package struct StoreLane: Hashable, Sendable {
    package var number: Int

    package init(_ number: Int) { self.number = number }
}

/// What becomes durable together; each operation by itself.
package struct StoreBatch: Sendable {
    package var operations: [StoreOperation]
    /// It is committed again since its end was not known: what it had stored then is news now.
    package var isRepeated: Bool

    package init(_ operations: [StoreOperation], isRepeated: Bool = false) {
        self.operations = operations
        self.isRepeated = isRepeated
    }
}

package enum StoreOperation: Sendable, Equatable {
    case append(NewEntry)
    /// The direct conversation of two accounts, which begins to exist by this: under the identifier that follows from
    /// them (`ConversationID.direct`), unless it was made before under another. Refused by `noSuchUser` where one of
    /// them is deleted.
    case openDirect(AccountID, AccountID, as: ConversationID)
    /// Makes an account a member, which reads the conversation from now on. One that is a member stays as it is.
    case join(ConversationID, AccountID)
    /// Nothing is appended any more: an account of a direct conversation was deleted.
    case close(ConversationID)
    /// Takes the payloads out of what an account has written in a conversation (`ErasedEntry`). It does a bounded part
    /// of it, and comes out `unfinished` as long as there is more: the caller brings it again.
    case erase(ConversationID, of: AccountID)

    /// The conversation that it changes.
    package var conversation: ConversationID {
        switch self {
        case .append(let entry): entry.conversation
        case .openDirect(_, _, let id), .join(let id, _), .close(let id), .erase(let id, _): id
        }
    }
}

/// An entry that somebody wants to append, and what changes in the conversation with it; its sender was authenticated.
package struct NewEntry: Sendable, Equatable {
    /// Side rows that one entry may change, and bytes of their values.
    package static let mostRows = 4_096
    package static let mostRowBytes = 1 << 20

    package var conversation: ConversationID
    package var id: MessageID
    package var sender: AccountID
    package var device: DeviceID
    package var payloadKind: UInt8
    package var precondition: ConversationPosition?
    package var advance: UInt64?
    package var payload: [UInt8]
    package var rows: [SideRowChange] = []
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
        rows = []
    }

    /// Whether the precondition holds, and the new epoch, where there is one, lies ahead.
    package func fits(_ position: ConversationPosition) -> Bool {
        (precondition == nil || precondition == position) && (advance.map { $0 > position.epoch } ?? true)
    }

    /// Whether it changes no more side rows than an entry may.
    package var isBounded: Bool {
        rows.count <= Self.mostRows && rows.reduce(0) { $0 + ($1.value?.count ?? 0) } <= Self.mostRowBytes
    }
}

/// A piece of what a conversation has beside its log: a node of a group's tree, a welcome that waits for a device.
package struct SideRow: Sendable, Equatable {
    package var index: [UInt8]
    /// 1 when it was first written, and one more with each change.
    package var version: UInt64
    package var value: [UInt8]

    package init(index: [UInt8], version: UInt64, value: [UInt8]) {
        self.index = index
        self.version = version
        self.value = value
    }
}

package struct SideRowChange: Sendable, Equatable {
    package var kind: UInt8
    package var index: [UInt8]
    /// The version that it must have for the entry to be stored; 0: it must not be there; nil: whatever is there.
    package var expected: UInt64?
    /// Nil: the row goes.
    package var value: [UInt8]?

    package init(kind: UInt8, index: [UInt8], expected: UInt64? = nil, value: [UInt8]?) {
        self.kind = kind
        self.index = index
        self.expected = expected
        self.value = value
    }
}

/// What came of a batch.
package struct Committed: Sendable {
    /// In the order of the operations.
    package var outcomes: [OperationOutcome]
    /// What is to be told to those who are online, in the order of the entries that came first.
    package var news: [News]

    package init(outcomes: [OperationOutcome], news: [News] = []) {
        self.outcomes = outcomes
        self.news = news
    }
}

/// What became of one operation.
package enum OperationOutcome: Sendable, Equatable {
    case appended(StoredAppend)
    case refused(Failure)
    case opened(ConversationInfo, head: SequenceNumber, epoch: UInt64)
    /// A membership began, a conversation was closed, everything was erased, now or before.
    case done
    /// A part of it was done, and something is left.
    case unfinished
    /// It was not looked at, for somebody else is at work on the conversation.
    case deferred
}

package struct StoredAppend: Sendable, Equatable {
    package var conversation: ConversationInfo
    package var seq: SequenceNumber
    package var time: Timestamp
    package var digest: [UInt8]
    package var position: ConversationPosition
    package var duplicate: Bool

    package init(
        conversation: ConversationInfo, seq: SequenceNumber, time: Timestamp, digest: [UInt8],
        position: ConversationPosition, duplicate: Bool
    ) {
        self.conversation = conversation
        self.seq = seq
        self.time = time
        self.digest = digest
        self.position = position
        self.duplicate = duplicate
    }
}

/// Entries of one conversation that were committed, in their order; where another writer has stored some between them,
/// those are its news.
package struct News: Sendable, Equatable {
    package enum Readers: Sendable, Equatable {
        case everyone
        case accounts([AccountID])
    }

    package var conversation: ConversationInfo
    package var readers: Readers
    package var epoch: UInt64
    package var entries: [Entry]

    package init(conversation: ConversationInfo, readers: Readers, epoch: UInt64, entries: [Entry]) {
        self.conversation = conversation
        self.readers = readers
        self.epoch = epoch
        self.entries = entries
    }
}

extension ConversationInfo {
    /// Who reads it.
    ///
    /// - Parameter members: of a room.
    package func readers(members: @autoclosure () throws -> [AccountID]) rethrows -> News.Readers {
        switch audience {
        case .everyone: .everyone
        case .direct(let low, let high): .accounts(low == high ? [low] : [low, high])
        case .room: .accounts(try members())
        }
    }
}

extension Entry {
    package init(_ entry: NewEntry, seq: SequenceNumber, time: Timestamp) {
        self.init(
            conversation: entry.conversation, seq: seq, id: entry.id, sender: entry.sender, device: entry.device,
            payloadKind: entry.payloadKind, time: time, payload: entry.payload)
    }
}
