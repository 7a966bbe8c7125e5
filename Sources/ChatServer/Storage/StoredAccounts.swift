import ChatProtocol

/// Accounts and their devices. What a peer is to be told of a refusal is in `StoreFailure.refusal`.
///
/// A device is one account's, whatever becomes of it: whoever brings its identifier for another is refused by `noSuchDevice`.
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

    /// Makes those whose names nobody has, all of them or none; none of them where `isDryRun`. Accounts alone: they join everyone behind it,
    /// each by an operation of its own.
    ///
    /// - Returns: those that were made, or would be.
    func importAccounts(_ accounts: [StoredAccount], isDryRun: Bool) async throws(StoreFailure) -> [AccountID]

    /// Makes a device of an account whose password was right a moment ago, or takes up one that it has. Where the account has a chain, a
    /// new one waits to be added to it. A new one whose login key is that of one which waits is that one: its answer was lost.
    ///
    /// - Parameters:
    ///   - hash: what the password was checked against; where it is another one by now, or the account may not log in
    ///     any more, the login is refused.
    ///   - admission: whether the device exists already.
    func admit(
        _ device: NewDevice, _ admission: Admission, to account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) -> LoggedIn

    /// Takes a login by a device's key, and uses up its number. Soft, and the only change that is not tried again: a client
    /// takes a new number.
    ///
    /// - Parameter isSigned: whether the login is signed by a key. It computes, and is called on a thread of the store's.
    /// - Throws: refused by `badProof` where there is no such device, or it has no such key or another one by now; by
    ///   `replaced` where the login is signed by one that it had before; only then by `storeCopied` where the number was used
    ///   or lies far behind, by `deviceRevoked`, `accountDisabled`.
    func logIn(
        _ device: DeviceID, of account: AccountID, number: LoginNumber,
        ifSigned isSigned: @escaping @Sendable (_ key: [UInt8]) -> Bool
    ) async throws(StoreFailure) -> LoggedIn

    /// The account's devices that are not revoked, oldest first.
    func devices(of account: AccountID) async throws(StoreFailure) -> [DeviceRecord]
    /// Makes a further device; where the account has a chain, it waits to be added to it.
    ///
    /// - Throws: refused by `tooManyDevices`.
    func addDevice(_ device: NewDevice, to account: AccountID) async throws(StoreFailure)
    /// - Throws: refused by `noSuchDevice`.
    func renameDevice(_ device: DeviceID, of account: AccountID, to name: String) async throws(StoreFailure)
    /// Revokes a device; its key stays, so that it can be told so. Of those that were revoked before, the account keeps
    /// as many as it may have devices: else making and revoking them would fill the store.
    ///
    /// - Throws: refused by `noSuchDevice`; by `forbidden` where the device stands in the account's chain.
    func revokeDevice(_ device: DeviceID, of account: AccountID) async throws(StoreFailure)

    /// Sets a password's hash.
    ///
    /// - Parameters:
    ///   - old: only where this is the hash; nil: whatever is there.
    ///   - survivor: the device that stays where the others are revoked, or suspended if they stand in the account's chain; nil: all
    ///     stay.
    /// - Returns: all devices that may not log in but the survivor, also those that might not before.
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

    func counts() async throws(StoreFailure) -> StoreCounts
}

/// What a store holds.
package struct StoreCounts: Sendable, Equatable {
    /// Those that are not deleted.
    package var accounts: Int
    /// Those that are not revoked.
    package var devices: Int
    /// Conversations that have a group and go on.
    package var groups: Int
    package var rooms: Int

    package init(accounts: Int, devices: Int, groups: Int, rooms: Int) {
        self.accounts = accounts
        self.devices = devices
        self.groups = groups
        self.rooms = rooms
    }
}

/// How a device comes in by its account's password.
package enum Admission: Sendable, Equatable {
    case new
    /// It exists already. `proven`: where the account's chain stood, in which the key that the device has proved on its connection is its
    /// present one; an active device of an account with a chain needs that.
    case again(proven: ChainHead?)
}

package protocol StoredInvites: Sendable {
    /// The invites that can still be used, oldest first.
    func invites() async throws(StoreFailure) -> [Invite]
    func isValid(invite token: [UInt8]) async throws(StoreFailure) -> Bool
    /// Keeps an invite by its token's digest, and forgets those that cannot be used any more.
    func addInvite(_ invite: Invite, token: [UInt8]) async throws(StoreFailure)
    func removeInvite(_ id: InviteID) async throws(StoreFailure)
}
