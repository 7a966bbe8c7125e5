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
            retryAfter: UInt32(clamping: wait.wholeMilliseconds))
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
    package var head: ChainHead
    package var activated: [DeviceID] = []
    /// Those that wait now.
    package var pending: [DeviceID] = []
    /// Those that may do nothing any more.
    package var revoked: [DeviceID] = []

    package init(head: ChainHead) { self.head = head }
}

/// A device that waits to be added to its account's chain.
package struct WaitingDevice: Sendable, Equatable {
    /// How long one waits.
    package static let patience = Duration.seconds(Limits.pendingDays * 24 * 3600)

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
