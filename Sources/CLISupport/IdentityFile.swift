import ChatProtocol

/// Devices that were made for another machine or a container: everything that one needs to log in. A secret.
///
/// `chat device add` and `chatd user add --enrol` write it, `chat login --identity` takes it.
package struct IdentityFile: Equatable, Sendable {
    package static let version: Int64 = 2
    /// A thousand users and as many rooms.
    package static let maximumBytes = 512 << 10
    package static let maximumPins = 1_000
    package static let maximumRooms = 1_000
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

        /// It is made for programs: a person's device certifies.
        package var isForMachines: Bool { self == .once || self == .reusable || self == .login }
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

    /// Somebody whom its maker has met: the device need not believe the server who that is.
    package struct Pin: Equatable, Sendable {
        package var name: UserName
        package var account: AccountID
        /// The trusted one, `acct1:…`.
        package var root: String
        /// The last link of the chain that was seen, and its hash.
        package var number: UInt32
        package var head: [UInt8]
        /// Its maker has compared it.
        package var isVerified: Bool

        package init(
            name: UserName, account: AccountID, root: String, number: UInt32, head: [UInt8], isVerified: Bool
        ) {
            self.name = name
            self.account = account
            self.root = root
            self.number = number
            self.head = head
            self.isVerified = isVerified
        }
    }

    /// A room whose name belongs to a conversation for its maker.
    package struct Room: Equatable, Sendable {
        package var name: UserName
        package var conversation: ConversationID

        package init(name: UserName, conversation: ConversationID) {
            self.name = name
            self.conversation = conversation
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
    package var pins: [Pin] = []
    package var rooms: [Room] = []

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
