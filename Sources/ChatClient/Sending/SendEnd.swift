import CLISupport
import ChatProtocol

/// How a message ended.
enum SendEnd: Equatable {
    /// The server has it, and what was waited for has come.
    case confirmed(Acknowledgement.Status, seq: SequenceNumber, time: Timestamp)
    /// The server has it; what was waited for has not come in time.
    case unconfirmed(Acknowledgement.Status, seq: SequenceNumber, time: Timestamp, Problem)
    /// It was refused, or given up.
    case failed(Problem)
    /// It could not be sent, and belongs into the outbox.
    case waiting(Problem)

    /// Whether the server has it.
    var isTaken: Bool {
        switch self {
        case .confirmed, .unconfirmed: true
        case .failed, .waiting: false
        }
    }

    /// What its sender is told; `now` is the time of what did not reach the server.
    func acknowledgement(id: MessageID, conversation: ConversationName, now: Timestamp) -> Acknowledgement {
        switch self {
        case .confirmed(let status, let seq, let time):
            Acknowledgement(id: id, conversation: conversation, seq: seq, time: time, status: status)
        case .unconfirmed(let status, let seq, let time, let problem):
            Acknowledgement(id: id, conversation: conversation, seq: seq, time: time, status: status, problem: problem)
        case .failed(let problem):
            Acknowledgement(id: id, conversation: conversation, time: now, status: .failed, problem: problem)
        case .waiting(let problem):
            Acknowledgement(
                id: id, conversation: conversation, time: now, status: problem.exit == .untrusted ? .held : .queued,
                problem: problem)
        }
    }
}
