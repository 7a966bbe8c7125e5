/// What to do about a problem, where that depends on how somebody speaks to us: a command line has flags, a program
/// parameters, a prompt its own commands. Who found the problem says what; each face words it.
package enum Advice: Equatable, Sendable {
    /// The profile where it is another than the default one, which the words then name.
    case logIn(profile: String?)
    /// The device is not taken any more.
    case logInAnew(user: String, profile: String?)
    /// - Parameter profile: the one in use; nil for the default one.
    case useAnotherProfile(profile: String?)
    /// A profile belongs to another server than the one that was named.
    case leaveServerOut(known: String, wanted: String)
    case forgetServer(String)
    case trustFingerprint(String)
    case trustReplacedKey(String)
    /// Know the server by its key instead of its authority.
    case trustByKey(String)
    /// Somebody's key is another one: whoever has asked the user goes on with it.
    case acceptKey(user: String, fingerprint: String)
    case verifyKey(user: String)
    /// The list that counts as verified names another key.
    case correctKeysFile(path: String, user: String)
    case allowUnverified
    case seeEvidence
    /// What is known of somebody's key.
    case seeKey(user: String)
    /// The same, where the server may have lied.
    case doubtServer(user: String)
    /// An admin, this account or another one, removes somebody who should not be there any more.
    case removeFromRoom(String, user: String, isAdmin: Bool)
    /// What contradicted itself is forgotten, and a user met anew, or a conversation, `#ROOM` or `*`, gone on with.
    case acceptFork(String)
    case setAnotherProxy
    case makeIdentity
    case nameIdentity
    case makeAnotherIdentity
    /// All of its devices were taken just now.
    case useIdentityLater(seconds: UInt64)
    /// Another use of the identity has taken this device's place.
    case logInByIdentityAgain(profile: String? = nil)
    /// A login by an identity file has begun, and no answer came.
    case finishIdentityLogin(profile: String? = nil)
    /// A device waits; with what it is approved elsewhere.
    case approveDevice(id: String, fingerprint: String, approvers: Int, profile: String? = nil)
    /// It is done on a device that adds and revokes others.
    case useCertifyingDevice
    case forceLastDevice
    /// Lets another device, which lies in a file, approve others.
    case makeRecovery
    case resetAccount(profile: String? = nil)
    /// The server may have lost this account: then this device has nothing to revoke there.
    case forgetAccount(profile: String? = nil)

    /// A room's name has come to another one, with which somebody may go on.
    case forgetRoom(String)
    case joinRoom(String)
    /// Somebody cannot be added just now, and may come in by themselves.
    case letJoin(room: String, user: String)
    case writeToRoom(String)
    case leaveRoom(String)
    /// Its admins, by name.
    case askToBeAdded(room: String, admins: [String])
    /// Of an open room in which nobody is who could commit: whoever comes in from outside can, or its name is freed.
    case openRoomToFormer(String)
    case createRoom(String)
    /// A room that was used is not there any more: whoever made it makes it anew, and others forget it.
    case createRoomAnew(String)
    /// Another member is made an admin beside the only one.
    case makeAdmin(String)

    case seeRooms
    case seeUsers
    case seeDevices
    case seeServers
    case seeResumePoints
    case seeOutbox
    case fetchHistory

    /// A message may have gone out: only sending it with its identifier is safe.
    case sendAgainWithKey
    case giveAnotherKey
    /// A question waits again without being asked twice.
    case askAgainWithKey
}

extension Advice {
    /// For somebody who has named this profile, where another one would be meant without it.
    package func naming(_ profile: String?) -> Advice {
        switch self {
        case .logInByIdentityAgain: .logInByIdentityAgain(profile: profile)
        case .finishIdentityLogin: .finishIdentityLogin(profile: profile)
        case .approveDevice(let id, let fingerprint, let approvers, _):
            .approveDevice(id: id, fingerprint: fingerprint, approvers: approvers, profile: profile)
        case .resetAccount: .resetAccount(profile: profile)
        case .forgetAccount: .forgetAccount(profile: profile)
        default: self
        }
    }
}
