import ChatProtocol

/// The key packages of devices.
///
/// A store hands them out, and looks into none: whoever brings one has checked it against its account's chain, and says where that
/// stood. They are the device's as long as it is active under the keys that it had: with a revocation, a suspension, a renewal
/// and a reset they go, and the Welcomes that wait for it.
///
/// - One that is handed out once is remembered until it expires, so that it does not come again.
/// - A restored store has none that are handed out once (K2): it does not know which were, since its backup was taken.
package protocol StoredPackages: Sendable {
    /// Keeps packages of a device. Those that were kept before are known, whatever became of them.
    ///
    /// - Throws: refused by `noSuchDevice` where the device is not active; by `chainMoved` where its account's chain, or its key, is
    ///   another one than when they were checked.
    func publishPackages(_ publication: PackagePublication) async throws(StoreFailure) -> KeptPackages

    /// Hands out a package of each active device of an account but the one that asks, in the order of their identifiers (K1): what the
    /// claimer was given for this conversation a short while ago, where that stands as it did then; else one that nobody has; else, or over
    /// the claimer's share, the last resort. Expired ones never.
    func takePackages(_ claim: PackageClaim) async throws(StoreFailure) -> [TakenPackage]

    /// A Welcome was made for what a claimer was given: the devices have used it up when they come in, so that it is not handed out again
    /// (K1). Of each device by itself, for they are of several accounts; all of it or a part may be lost with a crash: then the claimer is
    /// given another one since the conversation does not stand where it stood.
    func packagesWereUsed(_ use: PackageUse) async throws(StoreFailure)
}

/// What an account has used of what it claimed for a conversation.
package struct PackageUse: Sendable, Equatable {
    package var claimer: AccountID
    package var conversation: ConversationID
    package var devices: [DeviceID]

    package init(by claimer: AccountID, in conversation: ConversationID, of devices: [DeviceID]) {
        self.claimer = claimer
        self.conversation = conversation
        self.devices = devices
    }

    /// - Parameter bundle: was carried out.
    package init?(_ bundle: Bundle) {
        guard let devices = bundle.welcome?.devices else { return nil }
        self.init(by: bundle.sender, in: bundle.conversation, of: devices)
    }
}

/// A key package that was checked.
package struct NewPackage: Sendable, Equatable {
    package var reference: [UInt8]
    /// The key that opens its Welcome: no two have the same.
    package var initKey: [UInt8]
    package var package: [UInt8]
    package var expires: Timestamp

    package init(reference: [UInt8], initKey: [UInt8], package: [UInt8], expires: Timestamp) {
        self.reference = reference
        self.initKey = initKey
        self.package = package
        self.expires = expires
    }
}

package struct PackagePublication: Sendable, Equatable {
    /// How many that were handed out are remembered of a device: a year's, of one that is asked for every hour of the working day. Who
    /// makes more has only its own packages used twice.
    package static let remembered = 2_048

    package var account: AccountID
    package var device: DeviceID
    /// Where the chain stood when they were checked, and the instance of the device's key.
    package var head: ChainHead
    package var instance: UInt32
    package var packages: [NewPackage]
    /// Nil: the one that is there stays.
    package var lastResort: NewPackage?

    package init(
        account: AccountID, device: DeviceID, head: ChainHead, instance: UInt32, packages: [NewPackage],
        lastResort: NewPackage? = nil
    ) {
        self.account = account
        self.device = device
        self.head = head
        self.instance = instance
        self.packages = packages
        self.lastResort = lastResort
    }
}

/// What there is of a device's packages when some were brought.
package struct KeptPackages: Sendable, Equatable {
    package enum Refusal: Sendable, Equatable {
        /// Its init key is another package's.
        case keyUsed
        /// There are as many as a device may have.
        case tooMany
    }

    package var standing: KeyPackageStanding
    /// By their references.
    package var refused: [[UInt8]: Refusal] = [:]

    package init(standing: KeyPackageStanding) { self.standing = standing }
}

package struct PackageClaim: Sendable, Equatable {
    package static let lifetime = Limits.keyPackageClaim

    package var claimer: AccountID
    /// The device that asks, which gets none of its own.
    package var device: DeviceID
    package var conversation: ConversationID
    package var account: AccountID
    /// Where the conversation stands; a commit may have used what was claimed before it.
    package var mark: GroupMark
    /// The claimer has claimed so much that only last resorts are handed out, but what it was given before.
    package var isOverRate: Bool

    package init(
        claimer: AccountID, device: DeviceID, conversation: ConversationID, account: AccountID,
        mark: GroupMark = .none, isOverRate: Bool = false
    ) {
        self.claimer = claimer
        self.device = device
        self.conversation = conversation
        self.account = account
        self.mark = mark
        self.isOverRate = isOverRate
    }
}

package struct TakenPackage: Sendable, Equatable {
    package var device: DeviceID
    package var package: [UInt8]
    package var isLastResort: Bool

    package init(device: DeviceID, package: [UInt8], isLastResort: Bool) {
        self.device = device
        self.package = package
        self.isLastResort = isLastResort
    }
}
