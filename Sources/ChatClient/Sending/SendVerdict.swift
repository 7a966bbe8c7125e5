import CLISupport
import ChatProtocol

/// How a message that comes to nothing, or not as far as was wanted, ends: the one place that says whether it may have
/// been sent (`Problem.sent`). A plain value.
struct SendVerdict {
    let options: SendOptions
    /// It lies in the outbox, and stays there where something that may pass stands in the way.
    let staysQueued: Bool

    /// Why an item whose time is up came to nothing.
    ///
    /// - Parameter problem: why it still waited.
    func lapse(of item: SendItem, last problem: Problem?) -> Problem {
        if let problem, problem.exit == .temporary || !item.mayBeThere { return problem }
        if item.mayBeThere {
            return Problem(.noAcknowledgement, "no acknowledgement came in time", advice: .sendAgainWithKey)
        }
        return Problem(.unreachable, "the server could not be reached in time", hint: "try again")
    }

    /// The end of one that was refused for good.
    func refused(_ item: SendItem, _ problem: Problem) -> SendEnd {
        let told = told(problem, of: item, sent: .no)
        let mayWait = problem.code == ErrorCode.noDevice.name && (staysQueued || options.queue)
        return mayWait ? .waiting(told) : .failed(told)
    }

    /// The end of one whose people may not be written to. One in the outbox is held there until they may.
    func shut(_ item: SendItem, _ problem: Problem) -> SendEnd {
        let told = told(problem, of: item, sent: item.mayBeThere ? .unknown : .no)
        return staysQueued ? .waiting(told) : .failed(told)
    }

    /// The end of one that was given up.
    ///
    /// - Parameter delivered: how far the recipient is known to have come.
    func givenUp(_ item: SendItem, _ problem: Problem, delivered: SequenceNumber) -> SendEnd {
        if case .accepted(let seq, let time) = item.phase {
            let unconfirmed = Problem(
                .notConfirmed, "accepted, but not confirmed as \(options.wait.rawValue) in time", id: item.id.uuid,
                conversation: item.conversation.text)
            let isDelivered = options.wait == .read && delivered >= seq
            return .unconfirmed(isDelivered ? .delivered : .accepted, seq: seq, time: time, unconfirmed)
        }
        let told = told(problem, of: item, sent: item.mayBeThere ? .unknown : .no)
        let mayWait = options.queue && (problem.isServerMissing || problem.isBehindOutbox)
        return staysQueued || mayWait ? .waiting(told) : .failed(told)
    }

    private func told(_ problem: Problem, of item: SendItem, sent: Problem.Sent) -> Problem {
        var problem = problem
        if problem.code == ErrorCode.blocked.name, case .user(let user) = item.conversation {
            problem.text = "\(user) takes nothing of this account"
        }
        problem.id = item.id.uuid
        problem.conversation = item.conversation.text
        problem.sent = sent
        // Whoever only tries again sends it twice.
        if sent == .unknown, problem.exit == .unreachable { problem.hint = nil }
        if sent == .unknown, problem.hint == nil, problem.advice == nil { problem.advice = .sendAgainWithKey }
        return problem
    }
}

extension Problem {
    /// Nobody answers where the server should be, or something that is no chatd does.
    fileprivate var isServerMissing: Bool { exit == .unreachable || exit == .protocolFault }

    /// What was queued before for the same conversation goes first, and could not yet.
    fileprivate var isBehindOutbox: Bool { code == LocalCode.busy.rawValue && advice == .seeOutbox }
}
