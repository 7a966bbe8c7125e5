import ChatProtocol

/// An account as it is kept.
package struct StoredAccount: Sendable, Equatable {
    package enum HashOrigin: Int, Sendable {
        case own = 0
        /// From the old system: verified as it did, made anew at the first success.
        case imported = 1
    }

    package var record: AccountRecord
    /// Empty: nobody can log in by password.
    package var passwordHash: String
    package var hashOrigin: HashOrigin
    package var created: Timestamp
    /// `zero`: never.
    package var lastSeen: Timestamp

    package init(
        record: AccountRecord, passwordHash: String, hashOrigin: HashOrigin = .own, created: Timestamp,
        lastSeen: Timestamp = 0
    ) {
        self.record = record
        self.passwordHash = passwordHash
        self.hashOrigin = hashOrigin
        self.created = created
        self.lastSeen = lastSeen
    }

    package var isDeleted: Bool { record.flags.contains(.deleted) }
    package var isDisabled: Bool { record.flags.contains(.disabled) }
}

/// An account, and how many devices it has that are not revoked.
package struct CountedAccount: Sendable, Equatable {
    package var account: StoredAccount
    package var devices: Int

    package init(account: StoredAccount, devices: Int) {
        self.account = account
        self.devices = devices
    }
}
