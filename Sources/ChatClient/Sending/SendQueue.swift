import CLISupport
import ChatProtocol

/// Decides what is sent when, for messages that are handed over in an order: in this order within each conversation,
/// many in flight, again after a lost connection, until each is decided.
///
/// A plain value: what happened and the time go in, what is to be done comes out of `next`.
struct SendQueue {
    /// Messages in flight on one connection; the server reads on until 1,024 requests wait.
    static let window = 256
    /// Bytes of bodies in flight on one connection.
    static let windowBytes = 512 << 10
    /// How long a conversation rests after a refusal that may pass and that does not say how long.
    static let rest = Duration.milliseconds(250)

    enum Decision: Equatable {
        /// Find the conversation's identifier; with `anew` not from memory.
        case resolve(ConversationName, anew: Bool)
        case append(tag: UInt64, Append)
        /// Ask how far the conversation has come, and for what follows.
        case watchReceipts(ConversationID)
        /// Nothing more happens with this one. `queue`: it goes to the outbox first.
        case finish(tag: UInt64, Acknowledgement, queue: Bool)
    }

    private enum Phase: Equatable {
        case waiting
        case inFlight
        /// Taken by the server; what it waits for has not come.
        case accepted(seq: UInt64, time: UInt64)
    }

    private struct Item {
        let tag: UInt64
        let conversation: ConversationName
        let id: MessageID
        let content: Content
        let deadline: Duration?
        var phase = Phase.waiting
        /// It may have reached the server.
        var wasWritten = false
        var lastProblem: Problem?
    }

    private struct Target {
        var id: ConversationID?
        var isResolving = false
        /// What was remembered was wrong: ask the server.
        var anew = false
        /// Nothing is sent before this moment.
        var restUntil = Duration.zero
        /// After a refusal that may pass: one at a time, so that none overtakes.
        var careful = 0
        var receipts = (delivered: UInt64(0), read: UInt64(0))
    }

    private let options: SendOptions
    private var items: [Item] = []
    private var targets: [ConversationName: Target] = [:]
    private var isConnected = false
    private var unwatched: Set<ConversationID> = []
    private var outcomes: [Decision] = []

    init(options: SendOptions) { self.options = options }

    /// How many are not decided.
    var count: Int { items.count }
    /// Whether a connection is wanted.
    var needsConnection: Bool { !items.isEmpty && !isConnected }
    /// When `next` should be asked although nothing has happened.
    var wakeAt: Duration? {
        let rests = isConnected ? targets.values.map(\.restUntil).filter { $0 > .zero } : []
        return (items.compactMap(\.deadline) + rests).min()
    }

    // MARK: What happens

    mutating func submit(
        tag: UInt64, conversation: ConversationName, id: MessageID, content: Content, now: Duration
    ) {
        items.append(
            Item(
                tag: tag, conversation: conversation, id: id, content: content,
                deadline: options.timeout.map { now + $0 }))
    }

    mutating func connected() {
        isConnected = true
        // Receipts are told to a connection that asked.
        unwatched = Set(items.compactMap { isAccepted($0) ? targets[$0.conversation]?.id : nil })
    }

    /// The connection is lost, or there is none.
    mutating func disconnected(_ problem: Problem) {
        isConnected = false
        for name in targets.keys { targets[name]?.isResolving = false }
        for index in items.indices where !isAccepted(items[index]) {
            items[index].phase = .waiting
            items[index].lastProblem = problem
        }
    }

    mutating func resolved(_ name: ConversationName, _ result: Result<ConversationID, Problem>, now: Duration) {
        targets[name, default: Target()].isResolving = false
        switch result {
        case .success(let id):
            targets[name]?.id = id
        case .failure(let problem) where problem.mayPassByItself:
            rest(name, problem, now: now)
        case .failure(let problem):
            for item in items where item.conversation == name { fail(item, problem) }
            items.removeAll { $0.conversation == name }
        }
    }

    /// The answer to an append, of a connection that stands.
    mutating func replied(tag: UInt64, _ result: Result<Appended, Problem>, now: Duration) {
        guard let index = items.firstIndex(where: { $0.tag == tag }), items[index].phase == .inFlight else { return }
        let name = items[index].conversation
        switch result {
        case .success(let appended):
            let careful = targets[name, default: Target()].careful
            targets[name]?.careful = max(0, careful - 1)
            items[index].phase = .accepted(seq: appended.seq, time: appended.time)
            settle(name)
        case .failure(let problem) where problem.mayPassByItself:
            items[index].phase = .waiting
            // It was refused, so it is known not to be there.
            items[index].wasWritten = false
            items[index].lastProblem = problem
            rest(name, problem, now: now)
        case .failure(let problem)
        where problem.code == ErrorCode.noSuchConversation.name && targets[name]?.anew == false:
            items[index].phase = .waiting
            targets[name]?.id = nil
            targets[name]?.anew = true
        case .failure(let problem):
            fail(items.remove(at: index), problem)
        }
    }

    /// The recipient has come further.
    mutating func receipt(_ conversation: ConversationID, delivered: UInt64, read: UInt64) {
        for (name, target) in targets where target.id == conversation {
            targets[name]?.receipts = (
                max(target.receipts.delivered, delivered), max(target.receipts.read, read)
            )
            settle(name)
        }
    }

    /// There will be no connection: what has not been accepted is queued, where that is wanted and `problem` may pass,
    /// or fails.
    mutating func giveUp(_ problem: Problem) {
        for item in items { end(item, problem) }
        items = []
    }

    // MARK: What is to be done

    mutating func next(now: Duration) -> [Decision] {
        expire(now: now)
        if isConnected { transmit(now: now) }
        defer { outcomes = [] }
        return outcomes
    }

    private mutating func transmit(now: Duration) {
        for (name, target) in targets where target.restUntil <= now { targets[name]?.restUntil = .zero }
        for conversation in unwatched { outcomes.append(.watchReceipts(conversation)) }
        unwatched = []
        var inFlight = items.count { $0.phase == .inFlight }
        var bytes = items.reduce(0) { $0 + ($1.phase == .inFlight ? $1.content.body.utf8.count : 0) }
        var inFlightByTarget: [ConversationName: Int] = [:]
        for item in items where item.phase == .inFlight { inFlightByTarget[item.conversation, default: 0] += 1 }
        var blocked: Set<ConversationName> = []
        for index in items.indices where items[index].phase == .waiting {
            let item = items[index]
            guard !blocked.contains(item.conversation) else { continue }
            let target = targets[item.conversation, default: Target()]
            let isRested = target.restUntil == .zero
            let ready = isRested && (target.careful == 0 || inFlightByTarget[item.conversation] == nil)
            guard ready, let id = target.id else {
                if target.id == nil && !target.isResolving && isRested {
                    targets[item.conversation, default: Target()].isResolving = true
                    outcomes.append(.resolve(item.conversation, anew: target.anew))
                }
                blocked.insert(item.conversation)
                continue
            }
            let size = item.content.body.utf8.count
            guard inFlight < Self.window, inFlight == 0 || bytes + size <= Self.windowBytes else { return }
            inFlight += 1
            bytes += size
            inFlightByTarget[item.conversation, default: 0] += 1
            items[index].phase = .inFlight
            items[index].wasWritten = true
            outcomes.append(
                .append(
                    tag: item.tag,
                    Append(
                        conversation: id, id: item.id, wantReceipt: options.wait > .accepted,
                        payload: item.content.wireBytes)))
        }
    }

    /// Ends those whose time is up. What follows one that was given up, in its conversation, is given up with it:
    /// it must not overtake.
    private mutating func expire(now: Duration) {
        var givenUp: [ConversationName: Problem] = [:]
        var kept: [Item] = []
        for item in items {
            let isDue = item.deadline.map { $0 <= now } ?? false
            if isAccepted(item) {
                if isDue { end(item, lapse(item)) } else { kept.append(item) }
            } else if let problem = givenUp[item.conversation] {
                end(item, problem)
            } else if isDue {
                let problem = lapse(item)
                givenUp[item.conversation] = problem
                end(item, problem)
            } else {
                kept.append(item)
            }
        }
        items = kept
    }

    /// Why an item whose time is up came to nothing.
    private func lapse(_ item: Item) -> Problem {
        if let problem = item.lastProblem, problem.exit == .temporary || !item.wasWritten { return problem }
        if item.wasWritten {
            return Problem(
                .noAcknowledgement, "no acknowledgement came in time",
                hint: "it may have been sent; send it again with the same --id and it is delivered once")
        }
        return Problem(.unreachable, "the server could not be reached in time", hint: "try again")
    }

    // MARK: Ends

    private func isAccepted(_ item: Item) -> Bool {
        if case .accepted = item.phase { true } else { false }
    }

    /// Ends what has got what it waits for.
    private mutating func settle(_ name: ConversationName) {
        let receipts = targets[name, default: Target()].receipts
        items.removeAll { item in
            guard item.conversation == name, case .accepted(let seq, let time) = item.phase else { return false }
            let status: Acknowledgement.Status
            switch options.wait {
            case .accepted: status = .accepted
            case .delivered where receipts.delivered >= seq: status = .delivered
            case .read where receipts.read >= seq: status = .read
            case .delivered, .read: return false
            }
            outcomes.append(
                .finish(
                    tag: item.tag,
                    Acknowledgement(id: item.id, conversation: name, seq: seq, time: time, status: status),
                    queue: false))
            return true
        }
    }

    private mutating func rest(_ name: ConversationName, _ problem: Problem, now: Duration) {
        let wanted = problem.retryAfter.map { Duration.milliseconds(Int64(clamping: $0)) } ?? Self.rest
        targets[name, default: Target()].restUntil = now + max(wanted, .milliseconds(10))
        targets[name]?.careful = 16
        for index in items.indices where items[index].conversation == name && items[index].phase == .waiting {
            items[index].lastProblem = problem
        }
    }

    /// Ends an item that was refused for good.
    private mutating func fail(_ item: Item, _ problem: Problem) {
        outcomes.append(.finish(tag: item.tag, acknowledgement(item, problem, sent: .no), queue: false))
    }

    /// Ends an item that was given up.
    private mutating func end(_ item: Item, _ problem: Problem) {
        if case .accepted(let seq, let time) = item.phase {
            let unconfirmed = Problem(
                .notConfirmed, "accepted, but not confirmed as \(options.wait.rawValue) in time", id: item.id.uuid,
                conversation: item.conversation.text)
            let status: Acknowledgement.Status =
                options.wait == .read && (targets[item.conversation]?.receipts.delivered ?? 0) >= seq
                ? .delivered : .accepted
            outcomes.append(
                .finish(
                    tag: item.tag,
                    Acknowledgement(
                        id: item.id, conversation: item.conversation, seq: seq, time: time, status: status,
                        problem: unconfirmed), queue: false))
            return
        }
        let queues = options.queue && problem.exit == .unreachable
        outcomes.append(
            .finish(
                tag: item.tag, acknowledgement(item, problem, sent: item.wasWritten ? .unknown : .no), queue: queues))
    }

    /// Of a failure; whoever carries it out sets the time.
    private func acknowledgement(_ item: Item, _ problem: Problem, sent: Problem.Sent) -> Acknowledgement {
        var problem = problem
        problem.id = item.id.uuid
        problem.conversation = item.conversation.text
        problem.sent = sent
        return Acknowledgement(
            id: item.id, conversation: item.conversation, time: 0, status: .failed, problem: problem)
    }
}
