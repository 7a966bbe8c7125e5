import ChatProtocol

/// The exit statuses of `chat` and `chatd`; `meaning` says what each is. The numbers agree with sysexits(3) where one
/// fits, and never change.
package enum ExitStatus: Int32, CaseIterable, Sendable {
    case done = 0
    case negative = 1
    case usage = 64
    case badData = 65
    case missingInput = 66
    case unknownName = 67
    case unreachable = 69
    case internalFault = 70
    case cannotCreate = 73
    case inputOutput = 74
    case temporary = 75
    case protocolFault = 76
    case refused = 77
    case badConfiguration = 78
    case untrusted = 79
    case partial = 80
    case queued = 81
    case timedOut = 124
    case commandNotExecutable = 126
    case commandNotFound = 127

    /// What the status means, for people.
    package var meaning: String {
        switch self {
        case .done: "done as asked"
        case .negative: "a negative answer, such as no match or another choice than the first"
        case .usage: "the command line is wrong"
        case .badData: "the message or the data is wrong"
        case .missingInput: "an input file is missing"
        case .unknownName: "no such user, room or device"
        case .unreachable: "the server is not reachable, or did not acknowledge"
        case .internalFault: "a fault of the program"
        case .cannotCreate: "a file cannot be created"
        case .inputOutput: "reading or writing failed"
        case .temporary: "temporary: try again; nothing was kept, unless the error says sent: unknown"
        case .protocolFault: "protocol or version"
        case .refused: "not logged in, refused or revoked"
        case .badConfiguration: "bad configuration, wrong profile or store"
        case .untrusted: "a key changed or is not trusted; nothing was sent"
        case .partial: "some targets yes, some no"
        case .queued: "queued in the outbox: do not send again"
        case .timedOut: "timed out"
        case .commandNotExecutable: "of run: the command cannot be executed"
        case .commandNotFound: "of run: there is no such command"
        }
    }
}

extension ErrorCode {
    /// The exit status of a command that ends with this error.
    package var exitStatus: ExitStatus {
        switch self {
        case .malformed, .unsupportedVersion, .frameTooLarge, .unexpectedFrame, .invalidLink, .unknownPayloadKind,
            .invalidHandshake, .acknowledgedTooMuch, .alreadySubscribed:
            .protocolFault
        case .internalError: .internalFault
        case .shuttingDown, .timedOut: .unreachable
        case .tooManyRequests, .busy, .rateLimited, .storeFailed, .storeFull, .preconditionFailed,
            .chainMoved, .noGroup, .groupExists, .notInGroup, .noDevice, .turnTaken, .removalsLeftOut,
            .removalPending:
            .temporary
        case .notLoggedIn, .loginRefused, .deviceRevoked, .devicePending, .replaced, .accountDisabled, .badProof,
            .forbidden, .nameTaken,
            .registrationClosed, .inviteRequired, .inviteInvalid, .tooManyDevices, .tooLarge, .notAMember,
            .blocked:
            .refused
        case .storeCopied, .identityUsed: .badConfiguration
        case .invalidName, .unacceptablePassword, .payloadTooLarge, .invalidTarget: .badData
        case .noSuchDevice, .noSuchUser, .noSuchConversation, .noSuchRoom: .unknownName
        }
    }
}
