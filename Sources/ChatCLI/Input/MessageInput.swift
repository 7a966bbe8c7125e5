import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import System

/// Where a message's body comes from.
enum MessageInput {
    /// All of standard input: exact bytes less one final newline.
    ///
    /// - Throws: 65 for what no message may be; what is too long is not read to its end. 74 where reading fails.
    static func standardInput() async throws(Problem) -> String {
        switch await BlockingLane("input").run({ readAll(limit: Limits.text + 2) }) {
        case .failure(let error): throw Problem(.inputOutput, "cannot read standard input: \(error.text)", sent: .no)
        case .success(var bytes):
            if bytes.last == 0x0a { bytes.removeLast() }
            guard bytes.count <= Limits.text else { throw tooLong() }
            return try MessageText.check(bytes)
        }
    }

    static func tooLong() -> Problem {
        Problem(
            .messageTooLong, "the message has more than \(Limits.text) bytes (\(MessageText.limitInWords))",
            hint: "send it in parts, or send where it can be read", sent: .no)
    }

    private static func readAll(limit: Int) -> Result<[UInt8], SystemError> {
        var all: [UInt8] = []
        while all.count < limit {
            switch Descriptor.read(STDIN_FILENO, limit: limit - all.count) {
            case .failure(let error): return .failure(error)
            case .success(let bytes):
                if bytes.isEmpty { return .success(all) }
                all += bytes
            }
        }
        return .success(all)
    }
}
