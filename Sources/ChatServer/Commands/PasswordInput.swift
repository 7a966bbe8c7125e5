import ArgumentParser
import CLISupport
import ChatProtocol
import Secrets
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
    func hashOfNone() async throws(Problem) -> PasswordHash {
        try await Self.hash(of: Array(Hexadecimal.text(SecureRandom.bytes(32)).utf8))
    }

    /// The hash of the new password.
    func hash(in context: CommandContext) async throws(Problem) -> PasswordHash {
        let password = try await password(in: context)
        guard PasswordRules.mayBeSet(password) else { throw Problem(ErrorCode.unacceptablePassword) }
        return try await Self.hash(of: password)
    }

    /// Computed for a good part of a second, by its nature.
    private static func hash(of password: [UInt8]) async throws(Problem) -> PasswordHash {
        let hash = await BlockingLane("password").run { try? Bcrypt.hash(password) }
        guard let hash else { throw Problem(.internalFault, "the password cannot be hashed") }
        return hash
    }

    private func password(in context: CommandContext) async throws(Problem) -> [UInt8] {
        guard !(passwordStdin && passwordFile != nil) else {
            throw Problem(.usage, "--password-stdin and --password-file exclude each other")
        }
        if passwordStdin { return try await SecretLines.ofStandardInput(1)[0] }
        if let passwordFile { return try await SecretLines.first(of: passwordFile) }
        guard context.canAsk, FilePath.exists("/dev/tty") else { throw SecretLines.nobodyToAsk }
        return try await Terminal().askNew("Password: ") { _ in }
    }
}
