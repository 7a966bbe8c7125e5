import CLISupport
import ChatProtocol
import Secrets

/// Passwords and invites as a command has them: from the terminal without echo, standard input, or a file.
struct SecretInput: Sendable {
    let terminal: Terminal
    /// Whether somebody can be asked.
    let canAsk: Bool

    /// One secret, wherever it is to come from.
    func password(file: String?, fromStandardInput: Bool, question: String) async throws(Problem) -> [UInt8] {
        if let file { return try await Self.firstLine(file: file) }
        if fromStandardInput { return try await Self.lines(1)[0] }
        return try await askSecret(question)
    }

    /// A new password, asked twice so that a slip of the finger locks nobody out.
    func newPassword(question: String = "Password: ") async throws(Problem) -> [UInt8] {
        guard canAsk else { throw SecretLines.nobodyToAsk }
        return try await terminal.askNew(question) { secret throws(Problem) in _ = try Self.checked(secret) }
    }

    func askSecret(_ question: String) async throws(Problem) -> [UInt8] {
        guard canAsk else { throw SecretLines.nobodyToAsk }
        return try Self.checked(try await terminal.ask(question, secret: true))
    }

    /// The first line of a file without its line end.
    static func firstLine(file: String) async throws(Problem) -> [UInt8] {
        try checked(try await SecretLines.first(of: file))
    }

    /// An invite out of a file.
    static func invite(file: String) async throws(Problem) -> [UInt8] {
        try checked(try await SecretLines.firstWord(of: file))
    }

    /// The first lines of standard input without their line ends.
    static func lines(_ count: Int) async throws(Problem) -> [[UInt8]] {
        let lines = try await SecretLines.ofStandardInput(count)
        for line in lines { _ = try checked(line) }
        return lines
    }

    private static func checked(_ secret: [UInt8]) throws(Problem) -> [UInt8] {
        guard !secret.isEmpty else { throw Problem(.invalidData, "the password or invite is empty") }
        guard secret.count <= Limits.checkedPassword else {
            throw Problem(.invalidData, "the password or invite is longer than \(Limits.checkedPassword) bytes")
        }
        return secret
    }
}
