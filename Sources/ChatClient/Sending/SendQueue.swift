import CLISupport
import ChatProtocol

/// Decides what is sent when, for messages that are handed over in an order: in this order within each conversation,
/// many in flight, again after a lost connection, until each is decided.
///
/// A plain value: what happened and the time go in, what is to be done comes out of `next`. It is the one place that
/// knows whether a message may have been sent; `SendVerdict` says it.
struct SendQueue {
    /// Messages in flight on one connection; the server reads on until 1,024 requests wait.
    static let window = 256
    /// So much of the window is free before many that wait are sent on.
    static let refill = 64
    /// Bytes of bodies in flight on one connection.
    static let windowBytes = 512 << 10
    /// How long a conversation rests after a refusal that may pass and that does not say how long.
    static let rest = Duration.milliseconds(250)

    enum Decision: Equatable {
        /// Find the conversation's identifier; with `anew` not from memory.
        case resolve(ConversationName, anew: Bool)
        /// Make the payloads of these, in this order, as far as they are not made, and tell `sealed`.
        case seal([UInt64])
        case append(tag: UInt64)
        /// Ask how far the conversation has come, and for what follows.
        case watchReceipts(ConversationID)
        /// Nothing more happens with this one.
        case finish(tag: UInt64, SendEnd)
    }

    private let options: SendOptions
    private let triesOnce: Bool
    private let verdict: SendVerdict
    private var items = SendItems()
    private var targets = SendTargets()
    private var isConnected = false
    private var unwatched: Set<ConversationID> = []
    private var outcomes: [Decision] = []
    /// No deadline comes before this moment.
    private var expiryAt: Duration?

    /// - Parameter triesOnce: they lie in the outbox, and stay there where something that may pass stands in the way.
    init(options: SendOptions, triesOnce: Bool = false) {
        self.options = options
        self.triesOnce = triesOnce
        verdict = SendVerdict(options: options, staysQueued: triesOnce)
    }

    /// How many are not decided.
    var count: Int { items.count }
    /// Whether a connection is wanted.
    var needsConnection: Bool { !items.isEmpty && !isConnected }
    /// When `next` should be asked although nothing has happened.
    var wakeAt: Duration? {
        let expiry = items.isEmpty ? nil : expiryAt
        return [expiry, isConnected ? targets.restEnd : nil].compactMap(\.self).min()
    }

    // MARK: What happens

    /// - Parameter size: bytes of its body.
    mutating func submit(tag: UInt64, conversation: ConversationName, id: MessageID, size: Int, now: Duration) {
        items.append(
            SendItem(
                tag: tag, conversation: conversation, id: id, size: size, deadline: options.timeout.map { now + $0 }))
        if let timeout = options.timeout { expiryAt = min(expiryAt ?? now + timeout, now + timeout) }
    }

    mutating func connected() {
        isConnected = true
        // Receipts are told to a connection that asked.
        unwatched = Set(items.all.compactMap { $0.isAccepted ? targets.id(of: $0.conversation) : nil })
    }

    /// The connection is lost, or there is none.
    ///
    /// - Parameter tookNothing: what was in flight on it is known not to have been acted on.
    mutating func disconnected(_ problem: Problem, tookNothing: Bool = false) {
        isConnected = false
        targets.stopFinding()
        for item in items.all where !item.isAccepted {
            if item.phase == .inFlight && !tookNothing { items.noteWritten(item.tag) }
            items.setPhase(item.tag, .waiting)
            items.note(problem, of: item.tag)
        }
    }

    mutating func resolved(_ name: ConversationName, _ result: Result<ConversationID, Problem>, now: Duration) {
        targets.found(name, try? result.get())
        switch result {
        case .success: break
        case .failure(let problem) where problem.mayPassByItself:
            hold(name, problem, now: now)
        case .failure(let problem) where problem.exit == .untrusted: shut(name, problem)
        case .failure(let problem):
            for item in items.all where item.conversation == name {
                items.remove(item.tag)
                fail(item, problem)
            }
        }
    }

    /// Its people may not be written to: what has not gone out does not.
    private mutating func shut(_ name: ConversationName, _ problem: Problem) {
        for item in items.all where item.conversation == name && (item.phase == .waiting || item.phase == .sealing) {
            items.remove(item.tag)
            outcomes.append(.finish(tag: item.tag, verdict.shut(item, problem)))
        }
    }

    /// Something has to be done before more goes there: it is found anew.
    mutating func reopen(_ name: ConversationName, now: Duration) {
        let isTooOften = targets.close(name)
        for item in items.all where item.conversation == name && item.phase == .sealing {
            items.setPhase(item.tag, .waiting)
        }
        if isTooOften { hold(name, .groupIsBusy, now: now) }
    }

    /// It was never sealed, and never will be.
    mutating func refused(_ tag: UInt64, _ problem: Problem) {
        guard let item = items.remove(tag) else { return }
        fail(item, problem)
    }

    /// The server has it already, by an earlier attempt of this device.
    mutating func known(_ tag: UInt64, seq: SequenceNumber, time: Timestamp, now: Duration) {
        guard let item = items[tag], item.phase == .sealing else { return }
        items.setDeadline(tag, deadline(of: item))
        items.setPhase(tag, .accepted(seq: seq, time: time))
        targets.progressed(item.conversation, now: now)
        if options.wait > .accepted, let id = targets.id(of: item.conversation) { unwatched.insert(id) }
        settle(tag)
    }

    func isSealing(_ tag: UInt64) -> Bool { items[tag]?.phase == .sealing }

    func id(of name: ConversationName) -> ConversationID? { targets.id(of: name) }

    /// The payloads of these are made. They go out, unless the connection was lost meanwhile.
    mutating func sealed(_ tags: [UInt64]) {
        for tag in tags {
            guard let item = items[tag], item.phase == .sealing else { continue }
            guard targets.id(of: item.conversation) != nil else {
                items.setPhase(tag, .waiting)
                continue
            }
            items.setPhase(tag, .inFlight)
            outcomes.append(.append(tag: tag))
        }
    }

    /// The answer to an append, of a connection that stands.
    mutating func replied(tag: UInt64, _ result: Result<Appended, Problem>, now: Duration) {
        guard let item = items[tag], item.phase == .inFlight else { return }
        let name = item.conversation
        switch result {
        case .success(let appended):
            items.setDeadline(tag, deadline(of: item))
            items.setPhase(tag, .accepted(seq: appended.seq, time: appended.time))
            targets.progressed(name, now: now)
            settle(tag)
        case .failure(let problem) where problem.staleness != nil:
            items.setPhase(tag, .waiting)
            items.noteNotThere(tag)
            items.note(problem, of: tag)
            reopen(name, now: now)
        case .failure(let problem) where problem.mayPassByItself:
            items.setPhase(tag, .waiting)
            // A server that is busy with it does not know itself yet whether it is there.
            if problem.code == ErrorCode.busy.name { items.noteWritten(tag) } else { items.noteNotThere(tag) }
            items.note(problem, of: tag)
            hold(name, problem, now: now)
        case .failure(let problem) where problem.isOfPlace && targets.forget(name):
            // What was remembered may be wrong; else whoever finds it anew says more of it.
            items.setPhase(tag, .waiting)
            items.note(problem, of: tag)
        case .failure(let problem):
            items.remove(tag)
            fail(item, problem)
        }
    }

    /// The recipient has come further.
    mutating func receipt(_ conversation: ConversationID, delivered: SequenceNumber, read: SequenceNumber) {
        for name in targets.receipt(conversation, delivered: delivered, read: read) {
            for item in items.all where item.conversation == name { settle(item.tag) }
        }
    }

    /// There will be no connection: what has not been accepted is queued, where that is wanted and `problem` may pass,
    /// or fails.
    mutating func giveUp(_ problem: Problem) {
        for item in items.all { end(item, problem) }
        items.removeAll()
    }

    // MARK: What is to be done

    mutating func next(now: Duration) -> [Decision] {
        expire(now: now)
        if isConnected { transmit(now: now) }
        defer { outcomes = [] }
        return outcomes
    }

    private mutating func transmit(now: Duration) {
        targets.endRests(now: now)
        defer { unwatched = [] }
        for conversation in unwatched { outcomes.append(.watchReceipts(conversation)) }
        // Each sealing is synced: where many wait, it is done for many.
        let room = Self.window - items.underWay
        guard room >= Self.refill || items.count - items.underWay <= room else { return }
        var blocked: Set<ConversationName> = []
        var unsealed: [UInt64] = []
        // Taken out meanwhile, so that the rest of this value can be used.
        var items = SendItems()
        swap(&items, &self.items)
        items.passWaiting { items, item in
            guard !blocked.contains(item.conversation) else { return .passed }
            guard openTarget(item.conversation, underWay: items.underWay(to: item.conversation)) else {
                blocked.insert(item.conversation)
                return .passed
            }
            let fits = items.underWay == 0 || items.bytesUnderWay + item.size <= Self.windowBytes
            guard items.underWay < Self.window, fits else { return .stopped }
            items.setPhase(item.tag, .sealing)
            unsealed.append(item.tag)
            return .sent
        }
        swap(&items, &self.items)
        if !unsealed.isEmpty { outcomes.append(.seal(unsealed)) }
    }

    /// Whether something may be sent to the conversation now; where it is not known, finding it begins.
    private mutating func openTarget(_ name: ConversationName, underWay: Int) -> Bool {
        switch targets.open(name, underWay: underWay) {
        case .open: return true
        case .closed: return false
        case .unknown(let anew):
            outcomes.append(.resolve(name, anew: anew))
            return false
        }
    }

    /// Ends those whose time is up. What follows one that was given up, in its conversation, is given up with it:
    /// it must not overtake.
    private mutating func expire(now: Duration) {
        guard let expiryAt, expiryAt <= now else { return }
        var givenUp: [ConversationName: Problem] = [:]
        for item in items.all {
            let isDue = deadline(of: item).map { $0 <= now } ?? false
            if item.isAccepted {
                if isDue { finish(item, verdict.lapse(of: item, last: items.lastProblem(of: item.tag))) }
            } else if let problem = givenUp[item.conversation] {
                finish(item, problem)
            } else if isDue {
                let problem = verdict.lapse(of: item, last: items.lastProblem(of: item.tag))
                givenUp[item.conversation] = problem
                finish(item, problem)
            }
        }
        self.expiryAt = items.all.compactMap { deadline(of: $0) }.min()
    }

    /// When an item's time is up. While the server takes what stands before it in its conversation, it could not go:
    /// where many are handed over together, a slow server would run out the time of the last.
    private func deadline(of item: SendItem) -> Duration? {
        guard let deadline = item.deadline, let timeout = options.timeout, options.isRenewedByProgress,
            !item.isAccepted,
            let progress = targets.progress(of: item.conversation)
        else { return item.deadline }
        return max(deadline, progress + timeout)
    }

    private mutating func finish(_ item: SendItem, _ problem: Problem) {
        items.remove(item.tag)
        end(item, problem)
    }

    // MARK: Ends

    /// Ends an item that has got what it waits for.
    private mutating func settle(_ tag: UInt64) {
        guard let item = items[tag], case .accepted(let seq, let time) = item.phase else { return }
        let receipts = targets.receipts(of: item.conversation)
        let status: Acknowledgement.Status
        switch options.wait {
        case .accepted: status = .accepted
        case .delivered where receipts.delivered >= seq: status = .delivered
        case .read where receipts.read >= seq: status = .read
        case .delivered, .read: return
        }
        items.remove(tag)
        outcomes.append(.finish(tag: tag, .confirmed(status, seq: seq, time: time)))
    }

    /// Something that may pass stands in the way of a conversation.
    private mutating func hold(_ name: ConversationName, _ problem: Problem, now: Duration) {
        let waiting = items.all.filter { $0.conversation == name && $0.phase == .waiting }
        guard !triesOnce else {
            for item in waiting { finish(item, problem) }
            return
        }
        let wanted = problem.retryAfter ?? Self.rest
        targets.rest(name, until: now + max(wanted, .milliseconds(10)))
        for item in waiting { items.note(problem, of: item.tag) }
    }

    /// Ends an item that was refused for good.
    private mutating func fail(_ item: SendItem, _ problem: Problem) {
        outcomes.append(.finish(tag: item.tag, verdict.refused(item, problem)))
    }

    /// Ends an item that was given up.
    private mutating func end(_ item: SendItem, _ problem: Problem) {
        let delivered = targets.receipts(of: item.conversation).delivered
        outcomes.append(.finish(tag: item.tag, verdict.givenUp(item, problem, delivered: delivered)))
    }
}

extension Problem {
    /// Others were quicker each time.
    fileprivate static var groupIsBusy: Problem {
        Problem(.busy, "others change the conversation's group all the time", hint: "try again", sent: .no)
    }
}

extension Problem {
    /// There is no such conversation, or this account is not in it.
    var isOfPlace: Bool {
        [ErrorCode.noSuchConversation, .noSuchRoom, .notAMember].contains { $0.name == code }
    }
}
