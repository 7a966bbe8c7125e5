import Glibc
import System

/// How another program is started, without a shell in between.
struct Spawn {
    /// One of our descriptors, and which one it becomes for the program.
    struct Redirection {
        var ours: Int32
        var its: Int32
    }

    /// The program, looked for along PATH, and its arguments.
    var words: [String]
    /// `NAME=value`, each as its bytes: what we got is handed on as it is.
    var environment: [[UInt8]]
    /// Others of the three standard descriptors are inherited, as are all that our caller gave us; none of ours is.
    var descriptors: [Redirection]
    /// A process group of its own, so that its whole family can be ended; else it is in ours, and hears what the
    /// terminal says to us.
    var hasOwnGroup: Bool
    /// Signals that are ignored now and stay so for the program; all others are as by default.
    var ignored: [Int32] = []

    func start() -> Result<pid_t, SystemError> {
        guard let program = words.first else { return .failure(SystemError(number: ENOENT)) }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for redirection in descriptors {
            posix_spawn_file_actions_adddup2(&actions, redirection.ours, redirection.its)
        }
        CallersDescriptors.closeOurs(in: &actions)
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        for number in ignored { sigdelset(&all, number) }
        posix_spawnattr_setsigmask(&attributes, &none)
        // We ignore some signals for ourselves; the program must not inherit that.
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let group = hasOwnGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(group | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        let path = getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin"
        var started = Self.start(program, words, environment, &actions, &attributes)
        if case .failure(let error) = started, error.number == ENOEXEC, let file = Self.file(of: program, path: path) {
            // A script without a first line that names its interpreter is one for sh(1): as in a shell, and by execvp(3).
            started = Self.start("/bin/sh", ["/bin/sh", file] + words.dropFirst(), environment, &actions, &attributes)
        }
        return started
    }

    /// Goes on as another program, with all that this one was given; returns only where that fails.
    static func replaceThisProcess(by words: [String]) -> SystemError {
        let arguments = copies(of: words)
        defer { for pointer in arguments { free(pointer) } }
        execvp(words.first ?? "", arguments)
        return .last
    }

    private static func start(
        _ program: String, _ words: [String], _ environment: [[UInt8]], _ actions: inout posix_spawn_file_actions_t,
        _ attributes: inout posix_spawnattr_t
    ) -> Result<pid_t, SystemError> {
        let arguments = copies(of: words)
        let variables: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup($0.map(CChar.init(bitPattern:)) + [0]) } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process: pid_t = 0
        let number = posix_spawnp(&process, program, &actions, &attributes, arguments, variables)
        return number == 0 ? .success(process) : .failure(SystemError(number: number))
    }

    /// As C has a list of words: each is to be freed.
    private static func copies(of words: [String]) -> [UnsafeMutablePointer<CChar>?] {
        words.map { strdup($0) } + [nil]
    }

    /// The file that a program is: itself where its name has a slash, else the first along a path that can be run.
    static func file(of program: String, path: String) -> String? {
        let folders = path.split(separator: ":", omittingEmptySubsequences: false)
        // An empty part is the working directory.
        let candidates = program.contains("/") ? [program] : folders.map { "\($0.isEmpty ? "." : $0)/\(program)" }
        return candidates.first { access($0, X_OK) == 0 }
    }
}
