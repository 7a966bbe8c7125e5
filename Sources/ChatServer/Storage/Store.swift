import ChatProtocol

/// Everything that a server keeps, wherever it lies: in SQLite beside the one server that there is, or in an engine
/// that several servers share.
///
/// The contract, which one suite of tests holds every implementation to, with another writer that has its hand in
/// between any two calls:
/// - **Three ends.** What changes something is done; or it has failed for certain, and nothing of it has happened; or
///   its end is unknown (`StoreFailure.isUnknown`). What is unknown is carried out again by the caller, the same as it
///   was (`StoreFailure.settling`): every change is idempotent by an identifier that it brings, and is answered the
///   second time as the first. The store itself tries nothing again.
/// - **One conversation, or one account.** Each operation changes one of them, wholly or not at all, and nothing else
///   with it. Nothing relies on two changing together: what one operation brings about elsewhere is an operation of
///   its own, and `followUps` finds those that a crash has left out. Three touch rows of several accounts, which all lie
///   in one place, the directory, however conversations are divided: `importAccounts`, an administrator's, is one change
///   there; `packagesWereUsed`, which is soft, and `expireAccounts`, a sweep, are of each device by itself, promise nothing
///   of two together, and may be carried out in parts.
/// - **Another writer may have written since.** Heads, epochs, memberships and the store's generation are those of the
///   moment at which an operation is carried out. A caller that must know them brings a precondition.
/// - **Reads** see what was committed before the call.
package protocol Store: StoredLogs, StoredRooms, StoredDirectory, StoredAccounts, StoredChains, StoredPackages,
    StoredBlocks, StoredInvites, StoreUpkeep
{
    /// Ends what was begun, and lets go of what the store lies in.
    func close() async
}

/// Who and what there is, as others may know it.
package protocol StoredDirectory: Sendable {
    /// The accounts that exist of those asked for, in the order of their names; deleted ones too, so that what they
    /// wrote still has a name.
    func profiles(_ ids: [AccountID]) async throws(StoreFailure) -> [Profile]

    /// A page of the accounts that are not deleted, in the order of their names.
    func profiles(after name: UserName?, limit: Int) async throws(StoreFailure) -> [Profile]

    /// The direct conversation of an account with a user.
    func direct(_ account: AccountID, with name: UserName) async throws(StoreFailure) -> DirectConversation

    /// The conversations of those asked for that the account is a member of.
    func conversations(
        _ ids: [ConversationID], of account: AccountID
    ) async throws(StoreFailure) -> [ConversationRecord]

    /// A page of what the account is a member of, in the order of the conversations' identifiers.
    func memberships(
        of account: AccountID, after conversation: ConversationID?, limit: Int
    ) async throws(StoreFailure) -> [Membership]
}

/// What is done beside the traffic.
package protocol StoreUpkeep: Sendable {
    /// Who the store is. Its generation changes when it was restored.
    func identity() async throws(StoreFailure) -> StoreIdentity
    /// The private half of the key with which the server proposes in groups, 32 bytes: the one that is kept, or `fresh`,
    /// which is kept from now on. A restored store has the same.
    func groupKey(orKeep fresh: [UInt8]) async throws(StoreFailure) -> [UInt8]
    /// Operations that follow from others and were left out, by a crash between the two: new accounts that have not
    /// joined everyone, conversations of deleted accounts that are not closed, leaves of keys that were replaced, Welcomes
    /// that are too many, messages that are not erased. At most `limit`; none is left when all were committed until they were done.
    func followUps(limit: Int) async throws(StoreFailure) -> [StoreOperation]
    /// What the next step of a sweep ends: a bounded part, each conversation's by operations of its own.
    func overdue(_ sweep: RetentionSweep) async throws(StoreFailure) -> RetentionStep
    /// Ends some of what is too old and lies with accounts: devices that wait, key packages, and devices that are forgotten and of which
    /// nothing lies with conversations any more. Each by itself: where only a part is ended the next sweep finds the rest.
    func expireAccounts(_ bounds: RetentionBounds) async throws(StoreFailure)
    /// The time up to which the clock was believed for deleting (`RetentionClock`); nil: never yet.
    func believedTime() async throws(StoreFailure) -> Timestamp?
    func setBelievedTime(_ time: Timestamp) async throws(StoreFailure)
    /// What the entries of each account take, as quotas count it.
    func usage() async throws(StoreFailure) -> [AccountID: UInt64]
    func room() async throws(StoreFailure) -> StoreRoom
    /// Gives back what it can, where room is short. Returns at once.
    func giveBackRoom(isShort: Bool)
    /// Has what was erased leave everything that is kept beside the rows themselves, as soon as nobody reads it. Returns
    /// at once.
    func dropErasedRemains()
    /// Faults of what is done beside everything else, for the log; each is told once.
    func takeFaults() -> [StoreFailure]
}
