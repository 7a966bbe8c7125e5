import ArgumentParser
import CLISupport
import ChatProtocol
import Glibc
import System

/// Where a new password comes from: never from the arguments or the environment, where others could see it.
struct PasswordOptions: ParsableArguments, Sendable {
    @Flag(help: "Read the password from the first line of standard input.")
    var passwordStdin = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Read the password from the first line of a file.", valueName: "file"))
    var passwordFile: String?

    /// The hash of the new password.
    func hash(in context: CommandContext) throws(Problem) -> PasswordHash {
        let password = try password(in: context)
        guard PasswordRules.mayBeSet(password) else { throw Problem(ErrorCode.unacceptablePassword) }
        guard let hash = try? Bcrypt.hash(password) else {
            throw Problem(.internalFault, "the password cannot be hashed")
        }
        return hash
    }

    private func password(in context: CommandContext) throws(Problem) -> [UInt8] {
        guard !(passwordStdin && passwordFile != nil) else {
            throw Problem(.usage, "--password-stdin and --password-file exclude each other")
        }
        if passwordStdin { return try Self.firstLine(of: STDIN_FILENO, "standard input") }
        if let passwordFile {
            let descriptor = open(passwordFile, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw Problem(.missingFile, "cannot read \(passwordFile): \(SystemError.text(errno))")
            }
            defer { close(descriptor) }
            return try Self.firstLine(of: descriptor, passwordFile)
        }
        guard context.canAsk, FilePath.exists("/dev/tty") else {
            throw Problem(
                .inputNeeded, "a password is needed and nobody can be asked",
                hint: "use --password-stdin or --password-file")
        }
        return try SecretQuestion.askNew("Password: ") { _ in }
    }

    private static func firstLine(of descriptor: Int32, _ name: String) throws(Problem) -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw Problem(.inputOutput, "cannot read \(name): \(SystemError.text(errno))")
            }
            if count == 0 || byte == 0x0a { break }
            line.append(byte)
            guard line.count <= Limits.checkedPassword else { throw Problem(ErrorCode.unacceptablePassword) }
        }
        line = ByteOrderMark.dropped(from: line)
        if line.last == 0x0d { line.removeLast() }
        return line
    }
}
