import ChatProtocol

/// The logs of conversations.
///
/// - Operations are carried out in their order. What is refused, or was done before, changes nothing and does not
///   affect the rest of the batch. One that comes out `deferred` was not looked at, nor is any later one of its conversation
///   in the batch: the caller brings them again, in their order.
/// - A bundle is checked in this order: does the conversation exist, is the sender a member, is it a duplicate, has
///   the caller an objection, is the conversation closed, does the precondition hold, does its entry belong there
///   (`Bundle.refusal`), is it bounded, may its members come and go, do the side rows have the versions that it expects.
/// - A conversation has a group from the first bundle on that advances it. From then on its devices read it and write
///   to it, each behind the bundle by which it has got its leaf, and no others: inbox and news go by leaves.
/// - A duplicate has the same sender, conversation and id as a bundle that was carried out, whatever else differs. It is
///   answered with what was answered the first time.
/// - With a bundle everything of it changes or nothing: entry, epoch, side rows, memberships, leaves, Welcome. Without an entry
///   no number is given away.
/// - A Welcome lies with its conversation, once for all its devices, and each of them takes it once, as long as it is the device's
///   (`StoredPackages`): which it is follows from the device, not from what is written here.
/// - Numbers of a conversation are given away one by one, in the order of the operations. Their times never fall: each
///   is the store's own, or that of the entry before it where the clock was set back.
/// - Cursors and read marks only go up, and never beyond the conversation's head. They are soft: a crash may take back
///   the last ones, which only means that something is delivered or shown as unread again.
/// - An entry that is erased keeps its number, its identifier and the digest of its payload, and is answered as before
///   where it comes again.
/// - A device that has no cursor in a conversation begins where its account's furthest device stands, but before the
///   first entry that is younger than the device, as an active one; the first device of an account begins with its membership.
package protocol StoredLogs: Sendable {
    /// The queue in which a conversation's operations are committed one batch after the other.
    func lane(of conversation: ConversationID) -> StoreLane

    /// Carries out a batch of one lane and makes it durable.
    ///
    /// - Parameter tell: makes of what was committed what the caller needs, beside the loop that waits for it.
    func commit<Told: Sendable>(
        _ batch: StoreBatch, telling tell: @escaping @Sendable (Committed) -> Told
    ) async throws(StoreFailure) -> Told

    /// As `commit`, for who does not wait: `end` is called once, where the store was written, beside the loop.
    ///
    /// - Returns: false where this store can only be waited for. Nothing was begun then.
    func commit(_ batch: StoreBatch, then end: @escaping @Sendable (Result<Committed, StoreFailure>) -> Void) -> Bool

    /// Writes what may be lost.
    func note(_ marks: SoftMarks) async throws(StoreFailure)

    /// The conversations of an account in which a device has something to get or to be told, in the order of their
    /// identifiers.
    func inbox(
        of device: DeviceID, account: AccountID, after: ConversationID?, limit: Int
    ) async throws(StoreFailure) -> [InboxRow]

    /// What follows `seq` in a conversation: at most `entries` entries, and no more than `bytes` of their payloads
    /// beyond the first. Numbers that are missing are told as holes, in their place.
    func page(
        of conversation: ConversationID, after seq: SequenceNumber, entries: Int, bytes: Int
    ) async throws(StoreFailure) -> StoredPage

    /// Where a conversation stands, and what a device of one of its members, or the server, has of it.
    ///
    /// - Throws: refused by `noSuchConversation`, `notAMember`.
    func standing(
        of conversation: ConversationID, for reader: DeviceReader
    ) async throws(StoreFailure) -> DeviceStanding

    /// Where a conversation stands for a device whose leaf has ended: it still reads what came before. Also of a room that its account is in no
    /// more, or that has ended. Nil for any other device.
    func formerStanding(
        of conversation: ConversationID, for reader: DeviceReader
    ) async throws(StoreFailure) -> DeviceStanding?

    /// The leaves of a conversation's group that are nobody's any more: their device is not active, or was not seen for very long, or has
    /// other keys while another one of its account is there, or its account is not a member or has left in between, or is disabled or
    /// deleted.
    func lostLeaves(of conversation: ConversationID) async throws(StoreFailure) -> [LostLeaf]

    /// What there is to be done about leaves of an account's devices, or of all, whose keys were replaced (`endLeaf`); they are lost until
    /// then. At most `limit`.
    func replacedLeaves(of account: AccountID?, limit: Int) async throws(StoreFailure) -> [StoreOperation]

    /// The Welcomes that are too many of one account's for one of these devices, or for any (`NewWelcome.kept`), and have to go: the oldest.
    /// At most `limit`.
    func surplusWelcomes(of devices: [DeviceID]?, limit: Int) async throws(StoreFailure) -> [StoreOperation]

    /// Whether the store was restored from a backup, and nobody has committed in the conversation since.
    func isRestored(_ conversation: ConversationID) async throws(StoreFailure) -> Bool

    /// The conversations with such leaves, of an account or of all.
    func lostGroups(of account: AccountID?) async throws(StoreFailure) -> [ConversationID]

    /// How far the accounts of a direct conversation have come, asked by one of them.
    ///
    /// - Throws: refused by `noSuchConversation`, `notAMember`, `invalidTarget`.
    func receipts(of conversation: ConversationID, for account: AccountID) async throws(StoreFailure) -> [ReceiptState]

    /// The conversations in which a Welcome waits for a device, in the order of their identifiers.
    func welcomes(for device: DeviceID, limit: Int) async throws(StoreFailure) -> [ConversationID]

    /// The side rows of a kind, in the order of their indices.
    func sideRows(
        of conversation: ConversationID, kind: UInt8, after index: [UInt8]?, limit: Int
    ) async throws(StoreFailure) -> [SideRow]
}

extension StoredLogs {
    package func commit(
        _ batch: StoreBatch, then end: @escaping @Sendable (Result<Committed, StoreFailure>) -> Void
    ) -> Bool {
        false
    }

    package func commit(_ batch: StoreBatch) async throws(StoreFailure) -> Committed {
        try await commit(batch) { $0 }
    }

    /// Commits a batch, again as long as its end is not known.
    ///
    /// - Parameter first: what became of it when it was committed for the first time; nil: it was not yet.
    package func settle<Told: Sendable>(
        _ batch: StoreBatch, after first: StoreFailure? = nil, telling tell: @escaping @Sendable (Committed) -> Told
    ) async throws(StoreFailure) -> Told {
        var batch = batch
        var first = first
        return try await StoreFailure.settling { () throws(StoreFailure) in
            defer { batch.isRepeated = true }
            if let failure = first.take() { throw failure }
            return try await commit(batch, telling: tell)
        }
    }

    package func commit(_ operations: [StoreOperation]) async throws(StoreFailure) -> [OperationOutcome] {
        try await commit(StoreBatch(operations)) { $0.outcomes }
    }
}
