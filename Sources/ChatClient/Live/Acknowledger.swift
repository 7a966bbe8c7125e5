import CLISupport
import ChatProtocol
import NIOCore

/// Sends acknowledgements when they are due, also while nothing else comes in.
final class Acknowledger {
    var planner = AckPlanner()
    private let link: Link
    /// Conversations of which the server leaves entries out: what comes behind these is not acknowledged.
    private var withheld: [ConversationID: Problem] = [:]
    private var timer: Scheduled<Void>?

    init(_ link: Link) { self.link = link }

    /// Why not everything that came was taken in.
    var obstacle: Problem? { withheld.values.first }

    /// - Returns: whether it was not known yet.
    func withhold(_ conversation: ConversationID, _ problem: Problem) -> Bool {
        withheld.updateValue(problem, forKey: conversation) == nil
    }

    /// What was left out of it came.
    func goOn(in conversation: ConversationID) { withheld[conversation] = nil }

    /// Sends what is due, or all, and has the rest sent when it is.
    func send(all: Bool = false) {
        cancel()
        for frame in planner.take(now: Monotonic.now, all: all) { link.post(frame) }
        guard let due = planner.due else { return }
        var rest = planner
        let frames = rest.take(now: due, all: true)
        let link = link
        // Sent again with a later batch it does no harm: acknowledgements are cumulative.
        timer = ClientLoop.eventLoop.scheduleTask(in: TimeAmount(due - Monotonic.now)) {
            for frame in frames { link.post(frame) }
        }
    }

    func cancel() {
        timer?.cancel()
        timer = nil
    }
}
