/// Every limit of the protocol, with its reason, in this one place.
package enum Limits {
    /// Bytes of a frame (kind, correlation, body) before login: a login with a password, a key and its proof fits
    /// four times over; a stranger can make the server hold no more than this.
    package static let frameBeforeLogin = 4 << 10
    /// Bytes of a frame after login: a page of entries; two of the largest payloads fit ten times over.
    package static let frame = 1 << 20
    /// Bytes of an entry's payload: a text of the largest size, encrypted, with room for signature and padding.
    package static let payload = 96 << 10
    /// Bytes of a commit or a proposal: the first commit behind a mass Add has 83 KiB at 1,000 devices.
    package static let handshake = 256 << 10
    /// Bytes of a Welcome, the tree of some hundred devices in it.
    package static let groupWelcome = 512 << 10
    /// Bytes of a GroupInfo without its tree: a policy that names 64 admins has 3 KiB. The founding one carries one leaf besides.
    package static let groupInfo = 8 << 10
    /// Bytes of a key package: a certificate of the largest size, two keys, two signatures and what the device can do.
    package static let keyPackage = 3 << 10
    /// Key packages that a device may have at the server, and bring at once: three times what it keeps there.
    package static let keyPackages = 64
    /// For so long who takes key packages again for the same gets the same: longer than anybody retries.
    package static let keyPackageClaim = Duration.seconds(3_600)
    /// Claims in that time of one account on one device, each for another conversation: who founds a group anew in a loop, or
    /// wants to use others up, gets the last resort from there on.
    package static let keyPackageClaims = 5
    /// Claims in that time of one account in all: it makes two rooms of the largest size.
    package static let keyPackageClaimsInAll = 2_000
    /// Days for which a key package is good: of one that is used once, a device that is away longer gets others when it comes
    /// back; of the last resort, as long as a device may be away (`handshakeDays`).
    package static let keyPackageDays = 90
    package static let lastResortDays = 400
    /// Devices that one commit adds: what a Welcome with the tree has room for, and what a follower checks in one go.
    package static let addsPerCommit = 64
    /// Devices of a group: the tree, which each newcomer loads, then has half a MiB.
    package static let groupDevices = 1_000
    /// Devices of everyone's group at most, whatever the administrator says: the tree has a MiB, and a page of it takes half a second to
    /// check on a slow machine.
    package static let everyoneDevices = 2_000
    /// Admins of a room: their policy fits into a GroupInfo.
    package static let roomAdmins = 64
    /// Rooms of a page: with 64 admins each they have 740 KiB.
    package static let roomsPage = 64
    /// Rooms that an account has made and not founded: a name is not kept from others for nothing.
    package static let unfoundedRooms = 8
    /// Hours for which a name is kept for who has made a room and not founded it: by then whoever was interrupted has said it again.
    package static let unfoundedHours = 24
    /// Bytes of a group's tree, and of the part of it that a frame carries: half a frame, so that others are not held up long.
    package static let tree = 16 << 20
    package static let treePart = 512 << 10
    /// Entries of a page of a log, and bytes of their payloads beyond the first: a round trip for what a device misses in a day.
    package static let logPageEntries = 128
    package static let logPageBytes = 256 << 10
    /// Days for which commits and proposals are kept: whoever was away for a year goes on where they were.
    package static let handshakeDays = 400
    /// Seconds for which a device may take its time with a commit when its turn has come.
    package static let turnSeconds = 2
    /// Devices that may wait for their turn in one conversation: as many as a group has.
    package static let turnsWaiting = 1_000
    /// Seconds between two external commits of a device: each costs everybody a look at the whole tree.
    package static let externalCommitSeconds = 1
    /// Accounts that have to report a device's commits; one is enough where it is an admin's.
    package static let reports = 2
    /// Hours for which commits are then refused: whoever made one that nobody can process makes the next one, too.
    package static let blockedHours = 24
    /// The number of a log's last possible entry: ten thousand entries a second in one conversation for a year, the leaps
    /// of restored servers included. Neighbours and distances of numbers up to it can be computed without a check.
    package static let sequenceNumber = UInt64(1) << 38 - 1
    /// Bytes of a message's text: what people may paste; the shell's pipe buffer.
    package static let text = 64 << 10
    /// Bytes of a display name: forty letters in any script.
    package static let displayName = 128
    /// Bytes of a device's name, which people type.
    package static let deviceName = 64
    /// Bytes of an idempotency key that a caller gives (`--id`).
    package static let idempotencyKey = 128
    /// Bytes of a new password: bcrypt reads no more than 72.
    package static let newPassword = 8...72
    /// Bytes of a password that is only checked: an imported account keeps what the old system took.
    package static let checkedPassword = 1024
    /// Bytes of an invite.
    package static let invite = 128
    /// Bytes of a software name and version in a hello.
    package static let software = 64
    /// Bytes of the sentence in an error.
    package static let sentence = 512
    /// Devices an account may have that are not revoked.
    package static let devicesPerAccount = 32
    /// Keys a device may register: one a purpose, with room for a change of algorithm.
    package static let keysPerDevice = 8
    /// Bytes of a device's opaque certificate.
    package static let certificate = 4 << 10
    /// Bytes of a link of an account's chain, of a grant and of a renewal: the largest link is a third of it.
    package static let link = 1 << 10
    /// Devices of an account that wait to be added: what somebody sets up in an afternoon; who only knows the password can make no more.
    package static let pendingDevices = 4
    /// Days for which a device waits to be added.
    package static let pendingDays = 7
    /// Its maker adds it with the next request; one that was killed between the two leaves it to nobody.
    package static let madeDeviceMinutes = 60
    /// Users whom an account blocks at most: they fit a page, and each direct message to it is compared with them.
    package static let blockedUsers = 256
    /// Identifiers a look-up may ask for at once, and rows a page of a list holds.
    package static let page = 256
    /// Requests of one connection that may wait for their replies; beyond it the server stops reading.
    package static let requestsInFlight = 1024

    /// Entries sent on one connection and not acknowledged.
    package static let unacknowledgedEntries = 256
    /// Bytes of entries sent on one connection and not acknowledged.
    package static let unacknowledgedBytes = 1 << 20
    /// A client acknowledges at the latest after so many entries …
    package static let acknowledgeEntries = 64
    /// … or so long after the first unacknowledged one.
    package static let acknowledgeDelay = Duration.milliseconds(250)

    /// Login numbers that the server remembers for a device: more parallel logins than this cannot be in flight.
    package static let loginWindow = 1024

    /// Seconds from accept to a finished TLS handshake.
    package static let handshakeSeconds = 10
    /// Seconds from accept to a finished login.
    package static let loginSeconds = 20
    /// Seconds without a frame after which a client sends a ping, and twice that after which either side gives up.
    package static let pingSeconds = 30
    /// Seconds in which a connection with deliveries outstanding must make progress.
    package static let stalledSeconds = 60
}
