/// What can go wrong on this side of the wire: the stable name that programs compare, and its exit status.
///
/// What the server refuses has an `ErrorCode`. A name that stands in both lists means the same and exits alike.
package enum LocalCode: String, CaseIterable, Sendable {
    case usage = "usage"
    /// Something must be asked, and there is nobody to ask.
    case inputNeeded = "input_needed"

    case emptyMessage = "empty_message"
    case notUTF8 = "not_utf8"
    case nulByte = "nul_byte"
    case messageTooLong = "message_too_long"
    /// A line of the input is not what it must be.
    case invalidLine = "invalid_line"
    case invalidData = "invalid_data"
    /// Another message was sent under the identifier.
    case idReused = "id_reused"
    /// There is more than one answer may hold.
    case answerTooLarge = "answer_too_large"

    case missingFile = "missing_file"

    case noSuchUser = "no_such_user"
    case noSuchRoom = "no_such_room"
    case noSuchName = "no_such_name"

    case unreachable = "unreachable"
    /// The connection was lost, or the time passed, before the acknowledgement: `sent` says which is known.
    case noAcknowledgement = "no_ack"

    case internalFault = "internal_fault"

    case cannotCreate = "cannot_create"
    case inputOutput = "io_failed"

    case busy = "busy"
    case storeBusy = "store_busy"
    case resumePointInUse = "resume_point_in_use"
    /// This process may not have as many threads or descriptors as it needs.
    case noResources = "no_resources"
    case alreadyRunning = "already_running"
    case notRunning = "not_running"

    /// The COMMAND of a follower failed, also when it was tried again.
    case commandFailed = "command_failed"

    /// The COMMAND of `run` could not be started.
    case commandNotExecutable = "command_not_executable"
    case commandNotFound = "command_not_found"

    case protocolFault = "protocol_fault"

    case notLoggedIn = "not_logged_in"
    case refused = "refused"
    /// It would leave an account without a device.
    case lastDevice = "last_device"

    case badConfiguration = "bad_configuration"
    case wrongServer = "wrong_server"
    case wrongProfile = "wrong_profile"
    /// The store is not ours, is open to others, is a symbolic link or lies on a network file system.
    case unsafeStore = "unsafe_store"
    case damagedStore = "damaged_store"
    case newerStore = "newer_store"
    case readOnlyStore = "read_only_store"

    case serverKeyChanged = "server_key_changed"
    case serverNotTrusted = "server_not_trusted"
    /// Somebody's key is another one than the trusted one.
    case keyChanged = "key_changed"
    /// Nobody has compared somebody's fingerprint, and it is wanted.
    case unverified = "unverified"
    /// An account has two chains, or a name two accounts.
    case chainForked = "chain_forked"
    /// What is said of a conversation's past is not what this device knows of it.
    case historyForked = "history_forked"
    /// The server gives a chain that proves nothing.
    case invalidChain = "invalid_chain"
    /// A device is said to be somebody's, and that one's chain has none of it.
    case ghostDevice = "ghost_device"
    /// A restore of the server has brought back a device that had been removed from a conversation.
    case restoredMember = "restored_member"
    /// The name of a room that was used here belongs to another room now.
    case roomChanged = "room_changed"
    /// A device wrote that its own account has revoked.
    case senderRevoked = "sender_revoked"
    /// One device alone, or none, can approve others.
    case noRecovery = "no_recovery"
    /// One member alone may add, remove and change in a room.
    case oneAdmin = "one_admin"
    /// Somebody has no chain yet.
    case noKey = "no_key"
    /// A fingerprint that was given is not the one that is known.
    case fingerprintDiffers = "fingerprint_differs"

    case someTargetsFailed = "some_targets_failed"

    case queued = "queued"
    /// A queued message could not be sent before its time was up.
    case expired = "expired"

    /// Accepted, but what was waited for did not come in time.
    case notConfirmed = "not_confirmed"
    /// Nothing came within the time given.
    case nothingCame = "nothing_came"

    /// Nobody answered within the time given, or before a signal.
    case noAnswer = "no_answer"

    /// The exit status of a command that ends with this error.
    package var exitStatus: ExitStatus {
        switch self {
        case .usage, .inputNeeded: .usage
        case .emptyMessage, .notUTF8, .nulByte, .messageTooLong, .invalidLine, .invalidData, .idReused,
            .answerTooLarge:
            .badData
        case .missingFile: .missingInput
        case .noSuchUser, .noSuchRoom, .noSuchName: .unknownName
        case .unreachable, .noAcknowledgement: .unreachable
        case .internalFault: .internalFault
        case .cannotCreate: .cannotCreate
        case .inputOutput: .inputOutput
        case .noKey, .busy, .storeBusy, .noResources, .resumePointInUse, .alreadyRunning, .notRunning, .commandFailed,
            .expired:
            .temporary
        case .commandNotExecutable: .commandNotExecutable
        case .commandNotFound: .commandNotFound
        case .protocolFault: .protocolFault
        case .notLoggedIn, .refused, .lastDevice, .noRecovery, .oneAdmin: .refused
        case .badConfiguration, .wrongServer, .wrongProfile, .unsafeStore, .damagedStore, .newerStore,
            .readOnlyStore:
            .badConfiguration
        case .serverKeyChanged, .serverNotTrusted, .keyChanged, .unverified, .chainForked, .invalidChain, .ghostDevice,
            .senderRevoked, .fingerprintDiffers, .roomChanged, .historyForked, .restoredMember:
            .untrusted
        case .someTargetsFailed: .partial
        case .queued: .queued
        case .notConfirmed, .nothingCame, .noAnswer: .timedOut
        }
    }
}
