import ArgumentParser
import CLISupport
import ChatProtocol
import Glibc
import System
import Transport
import WireCodec

/// Where a new password comes from: never from the arguments or the environment, where others could see it.
struct PasswordOptions: ParsableArguments, Sendable {
    @Flag(help: "Read the password from the first line of standard input.")
    var passwordStdin = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Read the password from the first line of a file.", valueName: "file"))
    var passwordFile: String?

    var isGiven: Bool { passwordStdin || passwordFile != nil }

    /// The hash of a password that nobody knows.
    func hashOfNone() throws(Problem) -> PasswordHash {
        guard let hash = try? Bcrypt.hash(Array(Hexadecimal.text(SecureRandom.bytes(32)).utf8)) else {
            throw Problem(.internalFault, "no password can be made")
        }
        return hash
    }

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
        while true {
            let next: [UInt8]
            // Byte by byte: what stands behind the line is not ours.
            do throws(SystemError) { next = try Descriptor.read(descriptor, limit: 1).get() } catch {
                throw Problem(.inputOutput, "cannot read \(name): \(error.text)")
            }
            guard let byte = next.first, byte != 0x0a else { break }
            line.append(byte)
            guard line.count <= Limits.checkedPassword else { throw Problem(ErrorCode.unacceptablePassword) }
        }
        line = ByteOrderMark.dropped(from: line)
        if line.last == 0x0d { line.removeLast() }
        return line
    }
}
