import ChatProtocol
import GroupRules

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
    case bundle(Bundle)
    /// The direct conversation of two accounts, which begins to exist by this: under the identifier that follows from
    /// them (`ConversationID.direct`), unless it was made before under another. Refused by `noSuchUser` where one of
    /// them is deleted.
    case openDirect(AccountID, AccountID, as: ConversationID)
    /// A room of this name, which begins to exist by this with one member. Comes out `opened` with the one that there is where the account
    /// has made it and not founded it yet, or is a member of this very one, or is an admin of one that nobody is left in, of which it is a
    /// member from now on. Refused by `nameTaken`; by `rateLimited` where the account has made too many that are not founded.
    case openRoom(ConversationID, RoomName, by: AccountID)
    /// Drops what is kept for an account's devices of a room that it is not in any more: cursors, ended leaves, Welcomes. Refused by
    /// `noSuchRoom`; by `forbidden` for a member.
    case forgetRoom(ConversationID, by: AccountID)
    /// Ends a room for everybody: nobody is in it or writes to it any more (`noSuchRoom`), its name is free, and its
    /// conversation is nobody's ever again. What was written before is still delivered to who was in it. Refused by `noSuchRoom`.
    case removeRoom(ConversationID)
    /// Gives a device the oldest Welcome that waits for it in a conversation, once: whoever brings the same request
    /// again gets the same one again, and nobody else gets it.
    case takeWelcome(ConversationID, DeviceID, request: MessageID)
    /// Remembers that a device reports a commit; where two accounts have within a day, or an admin, commits of the one that made it are refused
    /// for a day (`blocked`). An account's report of one that is not newer than what it has reported of that device changes nothing.
    /// Refused by `notAMember`, `invalidTarget`; by `notInGroup` where the device was not in the group.
    case report(CommitReport)
    /// Makes an account a member, which reads the conversation from now on. One that is a member stays as it is.
    case join(ConversationID, AccountID)
    /// Nothing is appended any more: an account of a direct conversation was deleted.
    case close(ConversationID)
    /// Takes the payloads out of what an account has written in a conversation (`ErasedEntry`). It does a bounded part
    /// of it, and comes out `unfinished` as long as there is more: the caller brings it again.
    case erase(ConversationID, of: AccountID)
    /// Ends the leaf of a device whose keys were replaced since it got it, where its account has another one (`replacedLeaves`): what is at
    /// the head is the last that it reads. Any other leaf stays as it is.
    case endLeaf(ConversationID, DeviceID)
    /// What a bundle has brought to welcome a device is not kept for it any more: its sender has brought so many since (`surplusWelcomes`).
    case dropWelcome(ConversationID, DeviceID, of: MessageID)
    /// Ends a part of what is too old (`overdue`).
    case retire(ConversationID, RetentionPart)

    /// The conversation that it changes.
    package var conversation: ConversationID {
        switch self {
        case .bundle(let bundle): bundle.conversation
        case .report(let report): report.conversation
        case .openDirect(_, _, let id), .openRoom(let id, _, _), .forgetRoom(let id, _), .removeRoom(let id),
            .join(let id, _), .close(let id), .erase(let id, _), .endLeaf(let id, _), .takeWelcome(let id, _, _),
            .dropWelcome(let id, _, _), .retire(let id, _):
            id
        }
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
    /// A bundle without an entry was carried out, now or before; where the conversation stood then.
    case changed(ConversationPosition, duplicate: Bool)
    /// Nil: none waits.
    case welcome(TakenWelcome?)
    case refused(Failure)
    case opened(ConversationInfo, head: SequenceNumber, epoch: Epoch)
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
