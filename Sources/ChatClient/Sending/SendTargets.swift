import ChatProtocol

/// How things stand with each conversation that is sent to: a plain value.
struct SendTargets {
    /// A group that others change all the time is found anew so often before it rests (E5).
    static let rounds = 8

    enum Opening: Equatable {
        case open
        /// Nothing can be sent there now.
        case closed
        /// Its identifier has to be found; with `anew` not from memory.
        case unknown(anew: Bool)
    }

    private struct Target {
        var id: ConversationID?
        var isResolving = false
        /// Something has to be done before more is sent there.
        var isClosed = false
        /// What was remembered was wrong: ask the server.
        var anew = false
        /// How often it was found anew, since others were quicker, and nothing has gone out since.
        var rounds = 0
        /// Nothing is sent before this moment.
        var restUntil = Duration.zero
        /// After a refusal that may pass: one at a time, so that none overtakes.
        var careful = 0
        /// When the server last took a message.
        var progress = Duration.zero
        var receipts = (delivered: SequenceNumber.beforeFirst, read: SequenceNumber.beforeFirst)
    }

    private var targets: [ConversationName: Target] = [:]
    /// Those to which nothing is sent for a while.
    private var resting: Set<ConversationName> = []

    /// When the first rest is over.
    var restEnd: Duration? { resting.compactMap { targets[$0]?.restUntil }.min() }

    func id(of name: ConversationName) -> ConversationID? { targets[name]?.id }

    /// When the server last took a message; nil where it has taken none.
    func progress(of name: ConversationName) -> Duration? {
        guard let progress = targets[name]?.progress, progress > .zero else { return nil }
        return progress
    }

    func receipts(of name: ConversationName) -> (delivered: SequenceNumber, read: SequenceNumber) {
        targets[name]?.receipts ?? (.beforeFirst, .beforeFirst)
    }

    // MARK: Finding

    /// Whether something may be sent there now. Where that has to be found, the next answer is `closed` until it is.
    mutating func open(_ name: ConversationName, underWay: Int) -> Opening {
        let target = targets[name, default: Target()]
        guard target.restUntil == .zero else { return .closed }
        if target.id != nil, !target.isClosed { return target.careful == 0 || underWay == 0 ? .open : .closed }
        // What is under way is answered first.
        guard !target.isResolving, underWay == 0 else { return .closed }
        targets[name, default: Target()].isResolving = true
        return .unknown(anew: target.anew)
    }

    mutating func found(_ name: ConversationName, _ id: ConversationID?) {
        targets[name, default: Target()].isResolving = false
        guard let id else { return }
        targets[name]?.id = id
        targets[name]?.isClosed = false
    }

    /// The server does not know it by this identifier.
    ///
    /// - Returns: whether it is asked for another one: once.
    mutating func forget(_ name: ConversationName) -> Bool {
        guard let target = targets[name], !target.anew else { return false }
        targets[name]?.id = nil
        targets[name]?.anew = true
        return true
    }

    /// It is found anew before something is sent there.
    ///
    /// - Returns: whether that has been done too often in vain.
    mutating func close(_ name: ConversationName) -> Bool {
        guard var target = targets[name], target.id != nil, !target.isClosed else { return false }
        target.isClosed = true
        target.rounds += 1
        let isTooOften = target.rounds >= Self.rounds
        if isTooOften { target.rounds = 0 }
        targets[name] = target
        return isTooOften
    }

    /// The connection is lost on which something was being found.
    mutating func stopFinding() {
        for name in targets.keys { targets[name]?.isResolving = false }
    }

    // MARK: Pace

    mutating func rest(_ name: ConversationName, until moment: Duration) {
        targets[name, default: Target()].restUntil = moment
        targets[name]?.careful = 16
        resting.insert(name)
    }

    mutating func endRests(now: Duration) {
        for name in resting where targets[name, default: Target()].restUntil <= now {
            targets[name]?.restUntil = .zero
            resting.remove(name)
        }
    }

    /// The server has taken a message.
    mutating func progressed(_ name: ConversationName, now: Duration) {
        let careful = targets[name, default: Target()].careful
        targets[name]?.careful = max(0, careful - 1)
        targets[name]?.rounds = 0
        targets[name]?.progress = now
    }

    // MARK: Receipts

    /// The recipient has come further.
    ///
    /// - Returns: the names of the conversation.
    mutating func receipt(
        _ conversation: ConversationID, delivered: SequenceNumber, read: SequenceNumber
    ) -> [ConversationName] {
        let names = targets.filter { $0.value.id == conversation }.map(\.key)
        for name in names {
            let known = receipts(of: name)
            targets[name]?.receipts = (max(known.delivered, delivered), max(known.read, read))
        }
        return names
    }
}
