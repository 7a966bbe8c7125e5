import CLISupport
import System

/// Asks a person on the terminal, without holding up the caller's executor.
package struct Terminal: Sendable {
    private let lane = BlockingLane("terminal")

    package init() {}

    /// Asks and takes a line, without echo where it is a secret.
    ///
    /// - Parameter lines: what is to be known before it is answered. They stand with the question on the terminal: what is written to
    ///   standard error may go elsewhere, and where a prompt is edited waits behind the question.
    /// - Throws: 64 where there is no terminal, 74.
    package func ask(
        _ question: String, about lines: [String] = [], secret: Bool = false
    ) async throws(Problem) -> [UInt8] {
        try await lane.run { () throws(Problem) in try SecretQuestion.ask(question, about: lines, secret: secret) }
    }

    /// A new password, asked twice.
    package func askNew(
        _ question: String, check: @escaping @Sendable ([UInt8]) throws(Problem) -> Void
    ) async throws(Problem) -> [UInt8] {
        try await lane.run { () throws(Problem) in try SecretQuestion.askNew(question, check: check) }
    }

    /// Asks until the answer is yes or no.
    package func confirm(_ question: String, about lines: [String] = []) async throws(Problem) -> Bool {
        while true {
            let typed = try await ask(question + " [yes/no] ", about: lines)
            let answer = String(decoding: typed, as: UTF8.self).lowercased()
            if answer == "yes" || answer == "y" { return true }
            if answer == "no" || answer == "n" { return false }
        }
    }
}
