import DequeModule
import System

/// What was handed over and is not with the queue yet, and whether more may be. Confined to its sender.
struct SendIntake {
    private var backlog = Deque<SendSubmission>()
    /// Open while more may be handed over; whoever went through looks again.
    let room = Gate()

    var isEmpty: Bool { backlog.isEmpty }
    var count: Int { backlog.count }

    mutating func add(_ submission: SendSubmission) { backlog.append(submission) }

    mutating func next() -> SendSubmission? { backlog.popFirst() }
}
