import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import System

/// Has a person write a message in an editor of theirs, run without a shell, on a file that nobody else can read.
struct ExternalEditor: Sendable {
    enum Outcome: Sendable {
        /// What was written, and where it still is until `discard`.
        case text([UInt8], file: String)
        case failed(Problem)
    }

    let words: [String]
    private let directory: String

    /// - Throws: 78 where VISUAL or EDITOR is no command line.
    init(environment: Environment, directory: String) throws(Problem) {
        let (name, text) = Self.choice(environment)
        guard let words = CommandWords.split(text) else {
            throw Problem(
                .badConfiguration, "\(name) is no command line: '\(text)'",
                hint: "set it to a program and its options; blanks within a word need quotes")
        }
        self.words = words
        self.directory = directory
    }

    private static func choice(_ environment: Environment) -> (String, String) {
        for name in ["VISUAL", "EDITOR"] {
            if let text = environment[name] { return (name, text) }
        }
        // What POSIX has everywhere.
        return ("EDITOR", "vi")
    }

    /// Runs it to its end on the terminal. The caller has given the terminal up.
    func run(terminal: Int32) async -> Outcome {
        let file = directory + "/message.\(getpid()).txt"
        unlink(file)
        if case .failure(let error) = SmallFile.create(file, with: []) {
            return .failed(Problem(.cannotCreate, "cannot create \(file): \(error.text)"))
        }
        return judge(await BlockingLane("editor").run { runHere(file, terminal) }, file)
    }

    static func discard(_ file: String) { unlink(file) }

    private func judge(_ status: Result<Int32, SystemError>, _ file: String) -> Outcome {
        let program = words.first ?? ""
        switch status {
        case .failure(let error):
            unlink(file)
            return .failed(
                Problem(
                    .commandFailed, "cannot start the editor '\(program)': \(error.text)",
                    hint: "set VISUAL or EDITOR to one that is installed"))
        case .success(0): break
        case .success(let status):
            // Empty: nothing is lost with it.
            let kept = unlinkIfEmpty(file) ? "nothing was sent" : "nothing was sent, and the text is kept in \(file)"
            let how = status & 0x7f == 0 ? "status \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
            return .failed(Problem(.commandFailed, "the editor ended with \(how); \(kept)"))
        }
        switch SmallFile.read(file, limit: 1 << 20) {
        case .success(let bytes): return .text(bytes, file: file)
        case .failure(let error) where error.number == EFBIG:
            return .failed(
                Problem(
                    .messageTooLong,
                    "the message is longer than \(Limits.text) bytes (\(MessageText.limitInWords)); it is kept in \(file)",
                    hint: "send it in parts", sent: .no))
        case .failure(let error):
            return .failed(Problem(.inputOutput, "cannot read \(file): \(error.text)"))
        }
    }

    /// True where the file was empty, and is gone.
    private func unlinkIfEmpty(_ file: String) -> Bool {
        var status = stat()
        guard stat(file, &status) != 0 || status.st_size == 0 else { return false }
        unlink(file)
        return true
    }

    /// Starts it in our process group, which has the terminal, and waits.
    private func runHere(_ file: String, _ terminal: Int32) -> Result<Int32, SystemError> {
        let spawn = Spawn(
            words: words + [file], environment: ProcessEnvironment.inherited,
            descriptors: (0...2).map { .init(ours: terminal, its: $0) }, hasOwnGroup: false)
        let process: pid_t
        switch spawn.start() {
        case .success(let started): process = started
        case .failure(let error): return .failure(error)
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return .success(status)
    }
}
