import ChatProtocol

/// The exit statuses of `chat` and `chatd`. The numbers agree with sysexits(3) where one fits, and never change.
package enum ExitStatus: Int32, CaseIterable, Sendable {
    /// Done as asked.
    case done = 0
    /// A negative answer: no match, or another answer than the first one.
    case negative = 1
    /// The command line is wrong.
    case usage = 64
    /// The message or the data is wrong.
    case badData = 65
    /// An input file is missing.
    case missingInput = 66
    /// There is no such user, room or device.
    case unknownName = 67
    /// The server is not reachable, or it did not acknowledge.
    case unreachable = 69
    /// A fault of ours.
    case internalFault = 70
    /// A file cannot be created.
    case cannotCreate = 73
    /// Reading or writing failed.
    case inputOutput = 74
    /// Nothing was kept; trying again later may help.
    case temporary = 75
    /// The other side does not speak our protocol, or not our version of it.
    case protocolFault = 76
    /// Not logged in, refused, or revoked.
    case refused = 77
    /// The configuration, the profile or the store is wrong.
    case badConfiguration = 78
    /// A key changed or is not trusted; nothing was sent.
    case untrusted = 79
    /// Some targets yes, some no.
    case partial = 80
    /// The message lies in the outbox: do not send it again.
    case queued = 81
    /// The time given has passed.
    case timedOut = 124
    /// The command that was to be run cannot be run.
    case commandNotExecutable = 126
    /// There is no such command to run.
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
        case .malformed, .unsupportedVersion, .frameTooLarge, .unexpectedFrame, .unknownPayloadKind,
            .acknowledgedTooMuch, .alreadySubscribed:
            .protocolFault
        case .internalError: .internalFault
        case .shuttingDown, .timedOut: .unreachable
        case .tooManyRequests, .busy, .rateLimited, .storeFailed, .storeFull, .preconditionFailed: .temporary
        case .notLoggedIn, .loginRefused, .deviceRevoked, .accountDisabled, .badProof, .forbidden, .nameTaken,
            .registrationClosed, .inviteRequired, .inviteInvalid, .tooManyDevices, .notAMember:
            .refused
        case .storeCopied: .badConfiguration
        case .invalidName, .unacceptablePassword, .payloadTooLarge, .invalidTarget: .badData
        case .noSuchDevice, .noSuchUser, .noSuchConversation: .unknownName
        }
    }
}
