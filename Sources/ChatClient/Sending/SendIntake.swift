import NIOCore

/// What was handed over and is not with the queue yet, and who waits until more may be. Confined to its sender.
struct SendIntake {
    private var backlog = CircularBuffer<SendSubmission>()
    private var submitters: [CheckedContinuation<Void, Never>] = []

    var isEmpty: Bool { backlog.isEmpty }
    var count: Int { backlog.count }

    mutating func add(_ submission: SendSubmission) { backlog.append(submission) }

    mutating func next() -> SendSubmission? { backlog.popFirst() }

    /// Somebody wants to hand over more.
    mutating func wait(_ submitter: CheckedContinuation<Void, Never>) { submitters.append(submitter) }

    /// There is room; whoever waited looks again.
    mutating func open() {
        let waiting = submitters
        submitters = []
        for submitter in waiting { submitter.resume() }
    }
}
