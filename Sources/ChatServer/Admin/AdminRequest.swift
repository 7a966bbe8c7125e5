import CLISupport
import ChatProtocol
import GroupRules
import WireCodec

/// What an administrator's command asks of the data: carried out in the server where one runs, else by the command
/// itself. Passwords were hashed before; none ever comes here.
package enum AdminRequest: Equatable, Sendable {
    case addUser(NewUser)
    case listUsers
    case setPassword(UserName, PasswordHash)
    case setFlag(UserName, AccountRecord.Flags, isOn: Bool)
    case setDisplayName(UserName, String)
    /// `erasing`: what the user wrote, too.
    case deleteUser(UserName, erasing: Bool)
    /// The next step of an export; nil: the first one.
    case exportUser(UserName, from: ExportPosition?)
    /// At most `chunk` users.
    case importUsers([NewUser], isDryRun: Bool)
    /// `by`: who asks, for people.
    case createInvite(uses: Int, lifetime: Duration, by: String)
    case listInvites
    /// By the beginning of its identifier.
    case revokeInvite(String)
    case listRooms
    case removeRoom(RoomName)
    case fingerprint
    /// The certificate and private key that the server shows, for a backup.
    case identity
    case check
    case status
    /// The clock is right, though it has leapt.
    case resumeRetention
    /// The server ends its service, takes the restored store that lies ready, and begins again.
    case restart

    /// Users of one import request: a line of some hundred KiB at most, a transaction of a moment.
    package static let chunk = 500
}
