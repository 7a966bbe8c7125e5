import ChatProtocol

/// Devices that were made for another machine or a container: everything that one needs to log in. A secret.
///
/// `chat device add` and `chatd user add --enrol` write it, `chat login --identity` takes it.
package struct IdentityFile: Equatable, Sendable {
    package static let version: Int64 = 2
    package static let maximumBytes = 32 << 10
    /// The length of a private key.
    package static let keyBytes = 32

    /// What its devices may do, and how often.
    package enum Use: String, CaseIterable, Sendable {
        /// A login key and nothing more, as 0.1 made it: the device waits to be approved.
        case login
        /// One device that adds and revokes others, whose keys are in the file: it is used at one place only.
        case certify
        /// Each device is good for one use, which makes keys of its own.
        case once
        /// Each device is good for any number of uses, of which the newest counts.
        case reusable
        /// The first device of an account that has none.
        case first
    }

    package struct Device: Equatable, Sendable {
        package var id: DeviceID
        package var name: String
        /// The private key by which it logs in, or, where a use makes keys of its own, by which that begins.
        package var loginKey: [UInt8]
        /// The private key that the account's chain grants; nil where the chain does not know the device yet.
        package var grantKey: [UInt8]?

        package init(id: DeviceID, name: String, loginKey: [UInt8], grantKey: [UInt8]? = nil) {
            self.id = id
            self.name = name
            self.loginKey = loginKey
            self.grantKey = grantKey
        }
    }

    package var use: Use
    package var user: UserName
    package var displayName: String
    package var account: AccountID
    /// `HOST:PORT`.
    package var address: String
    package var server: ServerID
    package var generation: StoreGeneration
    package var everyone: ConversationID
    /// The server's key, where it is known by that: `SHA256:…`.
    package var pin: String?
    /// Whose account it is, `acct1:…`; nil where that has no chain yet.
    package var root: String?
    package var devices: [Device]

    package init(
        use: Use, user: UserName, displayName: String, account: AccountID, address: String, server: ServerID,
        generation: StoreGeneration, everyone: ConversationID, pin: String? = nil, root: String? = nil,
        devices: [Device]
    ) {
        self.use = use
        self.user = user
        self.displayName = displayName
        self.account = account
        self.address = address
        self.server = server
        self.generation = generation
        self.everyone = everyone
        self.pin = pin
        self.root = root
        self.devices = devices
    }
}
