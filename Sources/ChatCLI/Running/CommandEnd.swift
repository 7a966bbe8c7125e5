import Glibc

/// How a command that was run came to its end.
enum CommandEnd: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// It could not be started, for this error number.
    case notStarted(Int32)

    var isSuccess: Bool { self == .exited(0) }

    /// How we end after it, so that who started us sees what would have been seen of the command.
    var ending: Ending {
        switch self {
        case .exited(let status): .status(status)
        // By the signal itself: a shell that runs a loop ends it at Ctrl-C only where the program died of it. Not where
        // that would leave a core file of ours; a shell sees the same number.
        case .signalled(let number): SignalName.leavesCore(number) ? .status(128 + number) : .signal(number)
        case .notStarted(let number): .status(Self.isMissing(number) ? 127 : 126)
        }
    }

    /// Whether an error number says that there is no such program: as POSIX shells tell 127 from 126.
    static func isMissing(_ number: Int32) -> Bool { [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG].contains(number) }
}

/// What waitpid(2) tells of a process.
enum ProcessChange: Equatable, Sendable {
    case stopped
    case continued
    case ended(CommandEnd)

    /// - Parameter status: as waitpid(2) gives it; the macros that read it are not there for Swift.
    init(waitStatus status: Int32) {
        let low = status & 0x7f
        if status == 0xffff {
            self = .continued
        } else if status & 0xff == 0x7f {
            self = .stopped
        } else if low == 0 {
            self = .ended(.exited(status >> 8 & 0xff))
        } else {
            self = .ended(.signalled(low))
        }
    }
}
