import CLISupport
import ChatClient

/// A message that is being answered, from the start of the command to the last acknowledgement. A plain value.
struct ReplyWork {
    let message: ReceivedMessage
    let handler: HandlerCommand
    /// Nil while the command runs.
    private(set) var reply: Reply?
    /// Why a part was refused.
    private(set) var failure: Problem?
    /// Parts that were sent and not acknowledged.
    private var outstanding = 0

    init(_ message: ReceivedMessage, handler: HandlerCommand) {
        self.message = message
        self.handler = handler
    }

    var isOver: Bool { reply != nil && outstanding == 0 }

    /// The command has printed something; its first part goes out.
    mutating func answer(_ reply: Reply) {
        self.reply = reply
        outstanding = 1
    }

    /// A part is decided.
    ///
    /// - Returns: whether the rest is to follow, where the first part is what the server has.
    /// - Throws: what is not about this message alone.
    mutating func decided(tag: UInt64, _ problem: Problem?) throws(Problem) -> Bool {
        if let problem {
            guard problem.isAboutRecipient else { throw problem }
            failure = failure ?? problem
        }
        outstanding -= 1
        guard let reply, failure == nil else { return false }
        return tag == reply.tag(ofPart: 0) && reply.parts.count > 1
    }

    /// The other parts go out.
    mutating func sendRest() { outstanding = max(0, (reply?.parts.count ?? 0) - 1) }
}
