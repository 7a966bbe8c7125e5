import ChatProtocol

/// The chains of accounts, and what they make of devices.
///
/// A store orders links and renewals, and looks into none of them: whoever brings one has verified it against what was there
/// (`AccountChain`), and says where that ended. Where it ends elsewhere by now, nothing happens, and the caller is told
/// `chainMoved`.
package protocol StoredChains: Sendable {
    /// Links of an account's chain from a number on, in their order, with the renewals whose keys have signed one of them; with the last
    /// page also the newest of each device. Nil where there is no such account.
    func chain(of account: AccountID, from number: UInt32, limit: Int) async throws(StoreFailure) -> StoredChain?

    /// Adds the next link and has devices follow it, in one step. The same link again is answered as the first time.
    ///
    /// - Throws: refused by `chainMoved`; by `noSuchDevice` where a device is to be added that does not wait any more; by `tooManyDevices`;
    ///   by `rateLimited` where the account was reset a short while ago; by `loginRefused` where the password is another one by now.
    func publish(_ step: ChainStep) async throws(StoreFailure) -> ChainOutcome

    /// Keeps the grant by which a pending device is to be added; one that it left before goes.
    ///
    /// - Returns: the device as it waits.
    /// - Throws: refused by `noSuchDevice` where it does not wait.
    func leaveGrant(_ grant: [UInt8], of device: DeviceID, account: AccountID) async throws(StoreFailure)
        -> WaitingDevice

    /// What a login by an identity file is checked against, beside the chain; nil where the account has no such device.
    func enrolment(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) -> EnrolledDevice?

    /// Has a device that an identity file logs in begin with keys of its own, and keeps its renewal, in one step. The same again is
    /// answered as the first time.
    ///
    /// - Throws: refused by `chainMoved` where another renewal or link was there first; by `identityUsed` or `replaced` where this place is
    ///   taken by other keys; by `rateLimited` where the renewal before is too young; by `deviceRevoked`, `accountDisabled`.
    func enrol(_ entry: IdentityEntry) async throws(StoreFailure) -> LoggedIn

    /// Has a device refused from now on: one that waits is revoked, one of the chain is suspended.
    ///
    /// - Parameter hash: what the password was checked against.
    /// - Throws: refused by `noSuchDevice`; by `loginRefused` where the password is another one by now.
    func suspendDevice(_ device: DeviceID, of account: AccountID, ifHashIs hash: String) async throws(StoreFailure)
}

/// Where a chain stands, and a part of it.
package struct StoredChain: Sendable, Equatable {
    package var head: ChainHead
    package var from: UInt32
    package var links: [[UInt8]] = []
    package var renewals: [[UInt8]] = []

    package init(head: ChainHead, from: UInt32) {
        self.head = head
        self.from = from
    }
}

/// The next link of a chain, verified, and what it does to devices.
package struct ChainStep: Sendable, Equatable {
    package enum Effect: Sendable, Equatable {
        /// The first device; all others wait from now on.
        case create(DeviceID)
        /// One that waited is active.
        case add(DeviceID)
        case revoke(DeviceID)
        /// One device is active, and no other.
        case reset(DeviceID)
    }

    package var account: AccountID
    /// Where the chain ended when the link was verified.
    package var before: ChainHead
    package var link: [UInt8]
    /// The link's own.
    package var hash: [UInt8]
    package var signer: DeviceID
    /// The renewal with whose key it is signed: still the signer's newest. 0: it has none.
    package var instance: UInt32
    package var effect: Effect
    /// What the password of a reset was checked against.
    package var passwordHash: String?

    package init(
        account: AccountID, before: ChainHead, link: [UInt8], hash: [UInt8], signer: DeviceID, instance: UInt32,
        effect: Effect, passwordHash: String? = nil
    ) {
        self.account = account
        self.before = before
        self.link = link
        self.hash = hash
        self.signer = signer
        self.instance = instance
        self.effect = effect
        self.passwordHash = passwordHash
    }

    /// Where the chain ends with it.
    package var after: ChainHead { ChainHead(count: before.count &+ 1, hash: hash) }

    /// From one reset of an account to the next.
    package static let resetPause = Duration.seconds(24 * 3600)

    /// Why an account may not be reset now; nil where it may.
    package static func refusalOfReset(since last: Timestamp, at time: Timestamp) -> Failure? {
        guard last > .zero, time - last < resetPause else { return nil }
        let wait = max(last + resetPause - time, .milliseconds(1))
        return Failure(
            .rateLimited, sentence: "the account was reset within the last day; it can be once a day",
            retryAfter: wait)
    }
}

extension Failure {
    package static let deviceNotProven = Failure(
        .badProof,
        sentence:
            "a device that was approved is taken up by its own key as well as the password; log in as a new device")
    package static let standsInChain = Failure(
        .forbidden,
        sentence: "this device stands in the account's chain: a link revokes it, or the password suspends it")
}

/// What a link has done; where it comes again, what is so since.
package struct ChainOutcome: Sendable, Equatable {
    package var account: AccountID
    package var head: ChainHead
    package var activated: [DeviceID] = []
    /// Those that wait now.
    package var pending: [DeviceID] = []
    /// Those that may do nothing any more.
    package var revoked: [DeviceID] = []

    package init(account: AccountID, head: ChainHead) {
        self.account = account
        self.head = head
    }
}

/// A device that waits to be added to its account's chain.
package struct WaitingDevice: Sendable, Equatable {
    /// How long one waits.
    package static let patience = Duration.seconds(Limits.pendingDays * 24 * 3600)
    /// How long one waits that has left no grant, by which it could be added: what another device of the account makes is added at once or
    /// not at all, and what logs in by the password leaves one in the same breath.
    package static let patienceWithoutGrant = Duration.seconds(Limits.madeDeviceMinutes * 60)

    package var name: String
    package var since: Timestamp

    package init(name: String, since: Timestamp) {
        self.name = name
        self.since = since
    }
}

/// Where an account's chain stands as its own devices are told at the login.
package struct ChainStanding: Sendable, Equatable {
    package var head: ChainHead
    /// How many devices wait that have left their grants.
    package var waiting: UInt8

    package init(head: ChainHead = .none, waiting: UInt8 = 0) {
        self.head = head
        self.waiting = waiting
    }
}

/// A device that an identity file logs in.
package struct EnrolledDevice: Sendable, Equatable {
    package var state: DeviceState
    /// The key in the file that begins a login; nil: it has none.
    package var key: [UInt8]?

    package init(state: DeviceState, key: [UInt8]?) {
        self.state = state
        self.key = key
    }
}

/// The use of an identity file, verified.
package struct IdentityEntry: Sendable, Equatable {
    package struct Renewal: Sendable, Equatable {
        package var instance: UInt32
        package var bytes: [UInt8]
        /// Whether there can be one only.
        package var isOnce: Bool

        package init(instance: UInt32, bytes: [UInt8], isOnce: Bool) {
            self.instance = instance
            self.bytes = bytes
            self.isOnce = isOnce
        }
    }

    package var account: AccountID
    /// With the keys by which it logs in from now on.
    package var device: NewDevice
    /// Where the chain stood when it was verified.
    package var head: ChainHead
    /// Nil where the account has no chain: the device makes it.
    package var renewal: Renewal?

    package init(account: AccountID, device: NewDevice, head: ChainHead, renewal: Renewal?) {
        self.account = account
        self.device = device
        self.head = head
        self.renewal = renewal
    }

    /// From one renewal of a device to the next.
    package static let pause = Duration.seconds(60)
    /// Keys of a device that are remembered as replaced.
    package static let replacedKeys = 8

    /// Why this place cannot be taken any more: other keys are there.
    package var taken: Failure { Failure(renewal?.isOnce ?? true ? .identityUsed : .replaced) }

    /// Why a renewal has to wait; nil where it has not.
    package static func refusal(since last: Timestamp?, at time: Timestamp) -> Failure? {
        guard let last, time - last < pause else { return nil }
        let wait = max(last + pause - time, .milliseconds(1))
        return Failure(
            .rateLimited, sentence: "this identity was used within the last minute",
            retryAfter: wait)
    }

    /// The key by which it logs in.
    package var loginKey: [UInt8]? { device.loginKey }
}
