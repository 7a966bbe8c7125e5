import CLISupport
import Dispatch
import Glibc

/// Asks a person on the terminal.
struct Terminal: Sendable {
    let endings: Endings

    /// Bytes that a person may type as one answer.
    private static let limit = 4096

    /// Asks and takes a line, without echo where it is a secret.
    ///
    /// The question goes to the terminal itself, since standard output and error may be files.
    ///
    /// - Throws: 64 where there is no terminal, 74.
    func ask(_ question: String, secret: Bool = false) async throws(Problem) -> [UInt8] {
        // A signal while the echo is off must not leave the terminal so.
        if secret { endings.intercept() }
        let outcome: Result<[UInt8], Problem> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: askHere(question, secret: secret)) }
        }
        return try outcome.get()
    }

    private func askHere(_ question: String, secret: Bool) -> Result<[UInt8], Problem> {
        let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard terminal >= 0 else {
            return .failure(Problem(.inputNeeded, "there is no terminal to ask on: \(SystemError.text(errno))"))
        }
        defer { close(terminal) }
        var before = termios()
        let isChanged = secret && tcgetattr(terminal, &before) == 0
        if isChanged {
            var silent = before
            silent.c_lflag &= ~tcflag_t(ECHO)
            let restore = before
            endings.onEnd { Self.restore(restore) }
            tcsetattr(terminal, TCSAFLUSH, &silent)
        }
        _ = Descriptor.write(Array(InertText.line(question).utf8), to: terminal)
        let answer = Self.readLine(terminal)
        if isChanged {
            tcsetattr(terminal, TCSAFLUSH, &before)
            _ = Descriptor.write([0x0a], to: terminal)
        }
        return answer
    }

    private static func readLine(_ terminal: Int32) -> Result<[UInt8], Problem> {
        var line: [UInt8] = []
        while true {
            switch Descriptor.read(terminal, limit: limit) {
            case .failure(let error):
                return .failure(Problem(.inputOutput, "cannot read the terminal: \(error.text)"))
            case .success(let bytes):
                guard !bytes.isEmpty else { return .failure(Problem(.inputNeeded, "nothing was typed")) }
                line += bytes
                if line.last == 0x0a { return .success(Array(line.dropLast())) }
                guard line.count <= limit else { return .failure(Problem(.inputNeeded, "the line is too long")) }
            }
        }
    }

    private static func restore(_ modes: termios) {
        let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard terminal >= 0 else { return }
        var modes = modes
        tcsetattr(terminal, TCSANOW, &modes)
        close(terminal)
    }

    /// Asks until the answer is yes or no.
    func confirm(_ question: String) async throws(Problem) -> Bool {
        while true {
            let answer = String(decoding: try await ask(question + " [yes/no] "), as: UTF8.self).lowercased()
            if answer == "yes" || answer == "y" { return true }
            if answer == "no" || answer == "n" { return false }
        }
    }
}
