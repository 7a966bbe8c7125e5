import ChatProtocol

/// What a connection still has to be sent from the logs.
///
/// A connection starts with its device's inbox, works off one conversation after the other a page at a time, and is
/// live when nothing is left. One that falls behind later comes back here with the conversations it missed something
/// of. A plain value: it says what to read next, and is told what came of it.
package struct CatchUp {
    /// Rows of the inbox read at once.
    package static let inboxPage = Limits.page
    /// Entries, and bytes of their payloads, of one page: enough to fill some records, little enough to share a
    /// thread with others.
    package static let pageEntries = 128
    package static let pageBytes = 256 << 10

    package enum Step: Equatable {
        case readInbox(after: ConversationID?)
        case readPage(ConversationInfo)
        /// Everything was sent. `first`: for the first time on this connection.
        case live(first: Bool)
    }

    /// A conversation and the number behind which it goes on.
    package struct Begin: Equatable {
        package var conversation: ConversationInfo
        package var position: SequenceNumber

        package init(conversation: ConversationInfo, position: SequenceNumber) {
            self.conversation = conversation
            self.position = position
        }
    }

    private enum Inbox: Equatable {
        case next(after: ConversationID?)
        case reading
        case done
    }

    private var inbox = Inbox.next(after: nil)
    private var queue: [ConversationInfo] = []
    private var queued: Set<ConversationID> = []
    /// What was appended while the inbox was being read, to conversations that it has not named yet: either it names
    /// them still, with an earlier position, or the device had all that came before.
    private var late: [ConversationID: Begin] = [:]
    /// The conversation of which a page is being read.
    private var reading: ConversationInfo?
    /// Something was appended to it after that reading began.
    private var readAgain = false
    private var hasBeenLive = false
    /// The Welcomes that wait for the device are being looked up.
    private var awaitsWelcomes = false

    package private(set) var isLive = false

    package init() {}

    /// The connection has subscribed: it is live once it was told of the Welcomes that wait, too, for whoever only fetches what there is
    /// goes then, and would never come into a group in which nothing was written yet.
    package mutating func begin() { awaitsWelcomes = true }

    /// It was told of them.
    package mutating func welcomesTold() { awaitsWelcomes = false }

    /// What to do now; nil while something is being read, or the connection cannot take a page.
    package mutating func next(canSend: Bool) -> Step? {
        guard !isLive, reading == nil, inbox != .reading else { return nil }
        if queue.isEmpty, case .next(let after) = inbox {
            inbox = .reading
            return .readInbox(after: after)
        }
        guard !queue.isEmpty else {
            guard !awaitsWelcomes else { return nil }
            isLive = true
            defer { hasBeenLive = true }
            return .live(first: !hasBeenLive)
        }
        guard canSend else { return nil }
        let conversation = queue.removeFirst()
        queued.remove(conversation.id)
        reading = conversation
        readAgain = false
        return .readPage(conversation)
    }

    /// A page of the inbox was read.
    ///
    /// - Parameters:
    ///   - rows: the conversations that the device has to get something of.
    ///   - nextAfter: where the next page begins; nil when this was the last.
    /// - Returns: the conversations that begin with this on the connection.
    package mutating func inboxRead(_ rows: [Begin], nextAfter: ConversationID?) -> [Begin] {
        inbox = nextAfter.map { .next(after: $0) } ?? .done
        var begun = rows
        for row in rows { late[row.conversation.id] = nil }
        if inbox == .done {
            begun += late.values
            late = [:]
        }
        for row in begun { enqueue(row.conversation) }
        return begun
    }

    /// A page of the conversation was sent.
    ///
    /// - Parameter wasLast: nothing followed it when it was read.
    package mutating func pageSent(wasLast: Bool) {
        guard let conversation = reading else { return }
        reading = nil
        if !wasLast || readAgain { enqueue(conversation, first: true) }
    }

    /// Something of this conversation was appended, from `first` on, that the connection was not sent.
    ///
    /// - Parameter hasBegun: the conversation has a position on this connection.
    /// - Returns: where it begins, if it begins with this.
    package mutating func missed(_ conversation: ConversationInfo, first: SequenceNumber, hasBegun: Bool) -> Begin? {
        isLive = false
        let begin = Begin(conversation: conversation, position: first.previous)
        if !hasBegun && inbox != .done {
            if late[conversation.id] == nil { late[conversation.id] = begin }
            return nil
        }
        if reading?.id == conversation.id { readAgain = true } else { enqueue(conversation) }
        return hasBegun ? nil : begin
    }

    private mutating func enqueue(_ conversation: ConversationInfo, first: Bool = false) {
        guard queued.insert(conversation.id).inserted else { return }
        if first { queue.insert(conversation, at: 0) } else { queue.append(conversation) }
    }
}
