import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import System

/// Passwords and invites: from the terminal without echo, standard input, or a file; never from arguments or the
/// environment, where others could see them.
struct SecretInput: Sendable {
    /// Bytes that a file with a secret may have.
    private static let fileLimit = 64 << 10

    let terminal: Terminal
    /// Whether somebody can be asked.
    let canAsk: Bool

    /// One secret, wherever it is to come from.
    func password(file: String?, fromStandardInput: Bool, question: String) async throws(Problem) -> [UInt8] {
        if let file { return try Self.firstLine(file: file) }
        if fromStandardInput { return try await Self.lines(1)[0] }
        return try await askSecret(question)
    }

    /// A new password, asked twice so that a slip of the finger locks nobody out.
    func newPassword(question: String = "Password: ") async throws(Problem) -> [UInt8] {
        try requireSomebody()
        return try await terminal.askNew(question) { secret throws(Problem) in _ = try Self.checked(secret) }
    }

    func askSecret(_ question: String) async throws(Problem) -> [UInt8] {
        try requireSomebody()
        return try Self.checked(try await terminal.ask(question, secret: true))
    }

    private func requireSomebody() throws(Problem) {
        guard canAsk else {
            throw Problem(
                .inputNeeded, "a password is needed and nobody can be asked",
                hint: "use --password-stdin or --password-file")
        }
    }

    /// The first line of a file without its line end.
    static func firstLine(file: String) throws(Problem) -> [UInt8] {
        try checked(line(try contents(of: file).prefix { $0 != 0x0a }))
    }

    /// An invite out of a file, without what a mail or an editor has put around it.
    static func invite(file: String) throws(Problem) -> [UInt8] {
        try checked(trimmed(Array(trimmed(try contents(of: file)).prefix { $0 != 0x0a })))
    }

    /// A word without the blanks and line ends around it.
    static func trimmed(_ secret: [UInt8]) -> [UInt8] {
        let isBlank = { (byte: UInt8) in [0x20, 0x09, 0x0a, 0x0d].contains(byte) }
        guard let last = secret.lastIndex(where: { !isBlank($0) }) else { return [] }
        return Array(secret[...last].drop(while: isBlank))
    }

    private static func contents(of file: String) throws(Problem) -> [UInt8] {
        switch SmallFile.read(file, limit: fileLimit, patience: .endless) {
        case .success(let bytes): return ByteOrderMark.dropped(from: bytes)
        case .failure(let failure) where failure.number == ENOENT || failure.number == ENOTDIR:
            throw Problem(.missingFile, "\(file): no such file")
        case .failure(let failure): throw Problem(.missingFile, "\(file): \(failure.text)")
        }
    }

    /// The first lines of standard input without their line ends.
    static func lines(_ count: Int) async throws(Problem) -> [[UInt8]] {
        let reader = LineReader(limit: Limits.checkedPassword + 1)
        var lines: [[UInt8]] = []
        do throws(SystemError) {
            while lines.count < count, let next = try await reader.nextLine() {
                guard case .bytes(let bytes) = next.content else { break }
                lines.append(line((next.number == 1 ? ByteOrderMark.dropped(from: bytes) : bytes)[...]))
            }
        } catch { throw Problem(.inputOutput, "cannot read standard input: \(error.text)") }
        guard lines.count == count else {
            throw Problem(.usage, "standard input has \(lines.count) of the \(count) lines that are needed")
        }
        for line in lines { _ = try checked(line) }
        return lines
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(bytes.last == 0x0d ? bytes.dropLast() : bytes)
    }

    private static func checked(_ secret: [UInt8]) throws(Problem) -> [UInt8] {
        guard !secret.isEmpty else { throw Problem(.invalidData, "the password or invite is empty") }
        guard secret.count <= Limits.checkedPassword else {
            throw Problem(.invalidData, "the password or invite is longer than \(Limits.checkedPassword) bytes")
        }
        return secret
    }
}
