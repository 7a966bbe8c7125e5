import CLISupport
import ChatClient

/// Whether the server has what was sent, or the beginning of another answer.
struct ReplyComparison: Sendable {
    let client: Client

    /// Whether the first part is what the server has. What it took from another process, device or life of this one may
    /// be the beginning of another answer; where this device has that it can be compared.
    func stands(_ reply: Reply, _ result: SendResult) async throws(Problem) -> Bool {
        guard result.isFromBefore else { return true }
        guard let id = result.acknowledgement.id, let first = try await client.message(id: id)?.message else {
            return false
        }
        return first.own && first.conversation == reply.message.conversation && first.body == reply.parts[0]
    }
}

extension Diagnostics {
    /// Two answers must not become one that nobody gave.
    func noteAnswered(_ reply: Reply) {
        note(
            "answered_before",
            "message \(reply.message.id.uuid) was answered before; the other \(reply.parts.count - 1) parts of this "
                + "answer were not sent")
    }
}
