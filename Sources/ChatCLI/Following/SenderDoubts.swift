import CLISupport
import ChatClient
import ChatProtocol
import Synchronization

/// Keeps programs from acting on what may not be from whom it seems to be, and says so on standard error, once for a sender and a
/// reason.
final class SenderDoubts: Sendable {
    /// Senders who are remembered: beyond them it is said again.
    private static let remembered = 1024

    private let diagnostics: Diagnostics
    private let told = Mutex<Set<[String]>>([])

    init(_ diagnostics: Diagnostics) { self.diagnostics = diagnostics }

    /// Whether a command may be run for the message.
    func isClear(_ message: ReceivedMessage, _ client: Client) async throws(Problem) -> Bool {
        guard !message.own, let problem = try await client.doubt(about: message) else { return true }
        let isNews = told.withLock { told in
            if told.count >= Self.remembered { told = [] }
            return told.insert([message.from.text, problem.code]).inserted
        }
        if isNews { diagnostics.report(problem.notActing(on: message)) }
        return false
    }
}

extension Problem {
    /// As the reason why nothing was done because of a message.
    func notActing(on message: ReceivedMessage) -> Problem {
        var problem = self
        problem.text = "nothing is done for a message of \(message.from): \(text)"
        (problem.id, problem.conversation, problem.sent) = (message.id.uuid, message.conversation.text, nil)
        return problem
    }
}
