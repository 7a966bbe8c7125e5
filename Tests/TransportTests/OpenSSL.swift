import Foundation
import TestSupport

/// The `openssl` command, a peer that shares no code with us above the library.
enum OpenSSL {
    /// Runs it, with `input` on stdin, and returns what it printed on stdout and stderr.
    static func run(_ arguments: [String], input: String = "") async throws -> String {
        let outcome = try await Program.run(
            URL(filePath: "/usr/bin/openssl"), arguments, input: Data(input.utf8))
        return outcome.output + outcome.errors
    }
}
