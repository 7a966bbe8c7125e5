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
///   its own, and `followUps` finds those that a crash has left out.
/// - **Another writer may have written since.** Heads, epochs, memberships and the store's generation are those of the
///   moment at which an operation is carried out. A caller that must know them brings a precondition.
/// - **Reads** see what was committed before the call.
package protocol Store: StoredLogs, StoredDirectory, StoredAccounts, StoredInvites, StoreUpkeep {
    /// Ends what was begun, and lets go of what the store lies in.
    func close() async
}

/// The logs of conversations.
///
/// - Operations are carried out in their order. What is refused, or was done before, changes nothing and does not
///   affect the rest of the batch. One that comes out `deferred` was not looked at, nor is any later one of its conversation
///   in the batch: the caller brings them again, in their order.
/// - An append is checked in this order: does the conversation exist, is the sender a member, is it a duplicate, has
///   the caller an objection, is the conversation closed, does the precondition hold, do the side rows have the
///   versions that it expects.
/// - A duplicate has the same sender, conversation and id as an entry that was stored, whatever else differs. It is
///   answered with what was answered the first time.
/// - Numbers of a conversation are given away one by one, in the order of the operations. Their times never fall: each
///   is the store's own, or that of the entry before it where the clock was set back.
/// - Cursors and read marks only go up, and never beyond the conversation's head. They are soft: a crash may take back
///   the last ones, which only means that something is delivered or shown as unread again.
/// - An entry that is erased keeps its number, its identifier and the digest of its payload, and is answered as before
///   where it comes again.
/// - A device that has no cursor in a conversation begins where its account's furthest device stands, but before the
///   first entry that is younger than the device; the first device of an account begins with its membership.
package protocol StoredLogs: Sendable {
    /// The queue in which a conversation's operations are committed one batch after the other.
    func lane(of conversation: ConversationID) -> StoreLane

    /// Carries out a batch of one lane and makes it durable.
    ///
    /// - Parameter tell: makes of what was committed what the caller needs, beside the loop that waits for it.
    func commit<Told: Sendable>(
        _ batch: StoreBatch, telling tell: @escaping @Sendable (Committed) -> Told
    ) async throws(StoreFailure) -> Told

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
    ) async throws(StoreFailure) -> LogPage

    /// How far the accounts of a direct conversation have come, asked by one of them.
    ///
    /// - Throws: refused by `noSuchConversation`, `notAMember`, `invalidTarget`.
    func receipts(of conversation: ConversationID, for account: AccountID) async throws(StoreFailure) -> [ReceiptState]

    /// The side rows of a kind, in the order of their indices.
    func sideRows(
        of conversation: ConversationID, kind: UInt8, after index: [UInt8]?, limit: Int
    ) async throws(StoreFailure) -> [SideRow]
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

/// Accounts and their devices. What a peer is to be told of a refusal is in `StoreFailure.refusal`.
package protocol StoredAccounts: Sendable {
    func account(named name: UserName) async throws(StoreFailure) -> StoredAccount?
    func account(_ id: AccountID) async throws(StoreFailure) -> StoredAccount?
    /// Accounts in the order of their names, deleted ones too, and how many devices each has.
    func accounts(after name: String, limit: Int) async throws(StoreFailure) -> [CountedAccount]
    /// The cost of the dearest imported hash; 0 without any.
    func dearestImportedCost() async throws(StoreFailure) -> Int

    /// Makes an account, and its first device where there is one; uses an invite once. It is not yet a member of the
    /// conversation of everyone (`StoreOperation.join`).
    ///
    /// - Throws: refused by `nameTaken`, also where the name was that of a deleted account; by `inviteInvalid`.
    func register(_ account: StoredAccount, device: NewDevice?, invite: [UInt8]?) async throws(StoreFailure)

    /// Makes those whose names nobody has; none of them where `isDryRun`.
    ///
    /// - Returns: those that were made, or would be.
    func importAccounts(_ accounts: [StoredAccount], isDryRun: Bool) async throws(StoreFailure) -> [AccountID]

    /// Makes a device of an account whose password was right a moment ago, or takes up one that it has.
    ///
    /// - Parameters:
    ///   - hash: what the password was checked against; where it is another one by now, or the account may not log in
    ///     any more, the login is refused.
    ///   - takesUp: whether the device exists already.
    func admit(
        _ device: NewDevice, takesUp: Bool, to account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) -> AccountRecord

    /// What a login by key is checked against; nil where there is no such device, or it has no such key.
    func loginRow(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) -> DeviceLoginRow?

    /// Uses up a login number. Soft, and the only change that is not tried again: a client takes a new number.
    ///
    /// - Parameter row: what the login was checked against a moment ago: where it still is what is there, it need not be
    ///   read again.
    /// - Throws: refused by `storeCopied` where it was used or lies far behind; by `deviceRevoked`, `accountDisabled`;
    ///   by `badProof` where the device has another key by now.
    func useLoginNumber(
        _ number: UInt64, of device: DeviceID, checkedAgainst row: DeviceLoginRow
    ) async throws(StoreFailure) -> LoggedIn

    /// The account's devices that are not revoked, oldest first.
    func devices(of account: AccountID) async throws(StoreFailure) -> [DeviceRecord]
    /// - Throws: refused by `tooManyDevices`.
    func addDevice(_ device: NewDevice, to account: AccountID) async throws(StoreFailure)
    /// - Throws: refused by `noSuchDevice`.
    func renameDevice(_ device: DeviceID, of account: AccountID, to name: String) async throws(StoreFailure)
    /// Revokes a device; its key stays, so that it can be told so. Of those that were revoked before, the account keeps
    /// as many as it may have devices: else making and revoking them would fill the store.
    ///
    /// - Throws: refused by `noSuchDevice`.
    func revokeDevice(_ device: DeviceID, of account: AccountID) async throws(StoreFailure)

    /// Sets a password's hash.
    ///
    /// - Parameters:
    ///   - old: only where this is the hash; nil: whatever is there.
    ///   - survivor: the device that stays where the others are revoked; nil: none is revoked.
    /// - Returns: all devices that are revoked but the survivor, also those that were before.
    /// - Throws: refused by `loginRefused` where the old hash is another one, or the account is deleted.
    func setPassword(
        _ hash: PasswordHash, of account: AccountID, replacing old: String?, revokingAllBut survivor: DeviceID?
    ) async throws(StoreFailure) -> [DeviceID]

    /// Sets and clears flags.
    func setFlags(
        _ set: AccountRecord.Flags, clearing clear: AccountRecord.Flags, of account: AccountID
    ) async throws(StoreFailure)

    func setDisplayName(_ text: String, of account: AccountID) async throws(StoreFailure)

    /// Takes away everything of an account but its identifier and its name, which nobody else shall ever have, and
    /// revokes its devices. Its messages stay as long as others', unless they are to be erased, now or later. Its direct
    /// conversations are not yet closed, nor is anything erased (`StoreOperation.close`, `.erase`).
    func deleteAccount(_ account: AccountID, erasing: Bool) async throws(StoreFailure)

    /// How many accounts are not deleted, and how many devices not revoked.
    func counts() async throws(StoreFailure) -> (accounts: Int, devices: Int)
}

package protocol StoredInvites: Sendable {
    /// The invites that can still be used, oldest first.
    func invites() async throws(StoreFailure) -> [Invite]
    func isValid(invite token: [UInt8]) async throws(StoreFailure) -> Bool
    /// Keeps an invite by its token's digest, and forgets those that cannot be used any more.
    func addInvite(_ invite: Invite, token: [UInt8]) async throws(StoreFailure)
    func removeInvite(_ id: InviteID) async throws(StoreFailure)
}

/// What is done beside the traffic.
package protocol StoreUpkeep: Sendable {
    /// Who the store is. Its generation changes when it was restored.
    func identity() async throws(StoreFailure) -> StoreIdentity
    /// Operations that follow from others and were left out, by a crash between the two: new accounts that have not
    /// joined everyone, conversations of deleted accounts that are not closed, messages that are not erased. At most
    /// `limit`; none is left when all were committed until they were done.
    func followUps(limit: Int) async throws(StoreFailure) -> [StoreOperation]
    /// Does the next step of a sweep.
    func retire(_ sweep: RetentionSweep) async throws(StoreFailure) -> RetentionStep
    /// The time up to which the clock was believed for deleting (`RetentionClock`); nil: never yet.
    func believedTime() async throws(StoreFailure) -> Timestamp?
    func setBelievedTime(_ time: Timestamp) async throws(StoreFailure)
    /// What the entries of each account take, as quotas count it.
    func usage() async throws(StoreFailure) -> [AccountID: UInt64]
    func room() async throws(StoreFailure) -> StoreRoom
    /// Gives back what it can, where room is short. Returns at once.
    func giveBackRoom(isShort: Bool)
    /// Faults of what is done beside everything else, for the log; each is told once.
    func takeFaults() -> [StoreFailure]
}

extension StoredLogs {
    package func commit(_ batch: StoreBatch) async throws(StoreFailure) -> Committed {
        try await commit(batch) { $0 }
    }

    /// Commits a batch, again as long as its end is not known.
    package func settle<Told: Sendable>(
        _ batch: StoreBatch, telling tell: @escaping @Sendable (Committed) -> Told
    ) async throws(StoreFailure) -> Told {
        var batch = batch
        return try await StoreFailure.settling { () throws(StoreFailure) in
            defer { batch.isRepeated = true }
            return try await commit(batch, telling: tell)
        }
    }

    package func commit(_ operations: [StoreOperation]) async throws(StoreFailure) -> [OperationOutcome] {
        try await commit(StoreBatch(operations)) { $0.outcomes }
    }
}
