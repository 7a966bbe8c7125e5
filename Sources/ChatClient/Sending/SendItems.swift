import CLISupport
import ChatProtocol
import DequeModule

/// A message that is handed over and not decided.
struct SendItem {
    enum Phase: Equatable {
        case waiting
        /// Its payload is being made.
        case sealing
        case inFlight
        /// Taken by the server; what it waits for has not come.
        case accepted(seq: SequenceNumber, time: Timestamp)
    }

    let tag: UInt64
    let conversation: ConversationName
    let id: MessageID
    /// Bytes of its body.
    let size: Int
    /// By its own time; while it is not accepted its conversation's last progress counts, too.
    fileprivate(set) var deadline: Duration?
    fileprivate(set) var phase = Phase.waiting
    /// It may have reached the server: on an earlier connection, or it did, and the server does not know whether it is kept.
    fileprivate(set) var wasWritten = false

    /// It has its place in the window.
    var isUnderWay: Bool { phase == .sealing || phase == .inFlight }

    var mayBeThere: Bool { wasWritten || phase == .inFlight }

    var isAccepted: Bool {
        if case .accepted = phase { true } else { false }
    }

    init(tag: UInt64, conversation: ConversationName, id: MessageID, size: Int, deadline: Duration?) {
        self.tag = tag
        self.conversation = conversation
        self.id = id
        self.size = size
        self.deadline = deadline
    }
}

/// Messages in the order in which they were handed over. The first, any named one and the next that waits are found at
/// once, however many there are: with many in flight every answer asks for one of them.
struct SendItems {
    private var byTag: [UInt64: SendItem] = [:]
    /// Why some still wait. Apart, since few do, and items are moved at every step.
    private var problems: [UInt64: Problem] = [:]
    /// Tags in order, also of some that are gone.
    private var order = Deque<UInt64>()
    /// How many were taken off before the first of `order`.
    private var passed = 0
    /// Of all that ever were, how many stand before the first that may wait.
    private var waitingFrom = 0
    private(set) var underWay = 0
    private(set) var bytesUnderWay = 0
    private var underWayByTarget: [ConversationName: Int] = [:]

    var count: Int { byTag.count }
    var isEmpty: Bool { byTag.isEmpty }
    /// All of them, in order.
    var all: [SendItem] { order.compactMap { byTag[$0] } }
    var first: SendItem? { order.first.flatMap { byTag[$0] } }
    subscript(tag: UInt64) -> SendItem? { byTag[tag] }

    func underWay(to name: ConversationName) -> Int { underWayByTarget[name] ?? 0 }

    mutating func append(_ item: SendItem) {
        order.append(item.tag)
        byTag[item.tag] = item
    }

    @discardableResult
    mutating func remove(_ tag: UInt64) -> SendItem? {
        guard let item = byTag.removeValue(forKey: tag) else { return nil }
        if !problems.isEmpty { problems[tag] = nil }
        if item.isUnderWay { count(item, by: -1) }
        while let first = order.first, byTag[first] == nil {
            order.removeFirst()
            passed += 1
        }
        return item
    }

    mutating func removeAll() {
        self = SendItems()
    }

    mutating func setPhase(_ tag: UInt64, _ phase: SendItem.Phase) {
        guard let item = byTag[tag], item.phase != phase else { return }
        if item.isUnderWay { count(item, by: -1) }
        byTag[tag]?.phase = phase
        switch phase {
        case .waiting: waitingFrom = passed
        case .sealing, .inFlight: count(item, by: 1)
        case .accepted: break
        }
    }

    mutating func setDeadline(_ tag: UInt64, _ deadline: Duration?) { byTag[tag]?.deadline = deadline }

    /// Why it still waits.
    mutating func note(_ problem: Problem, of tag: UInt64) {
        if byTag[tag] != nil { problems[tag] = problem }
    }

    func lastProblem(of tag: UInt64) -> Problem? { problems[tag] }

    /// The connection is lost on which it was in flight.
    mutating func noteWritten(_ tag: UInt64) { byTag[tag]?.wasWritten = true }

    /// It was refused, so it is known not to be there.
    mutating func noteNotThere(_ tag: UInt64) { byTag[tag]?.wasWritten = false }

    private mutating func count(_ item: SendItem, by step: Int) {
        underWay += step
        bytesUnderWay += step * item.size
        underWayByTarget[item.conversation, default: 0] += step
        if underWayByTarget[item.conversation] == 0 { underWayByTarget[item.conversation] = nil }
    }

    // MARK: those that wait

    /// What becomes of one that waits.
    enum Passing {
        /// It goes out now.
        case sent
        /// It still waits; perhaps one behind it need not.
        case passed
        /// It still waits, and so do all behind it.
        case stopped
    }

    /// Goes through those that wait, in order.
    mutating func passWaiting(_ body: (inout SendItems, SendItem) -> Passing) {
        var index = max(waitingFrom, passed)
        var isFirst = true
        while index < passed + order.count {
            let tag = order[index - passed]
            if let item = byTag[tag], item.phase == .waiting {
                switch body(&self, item) {
                case .sent: break
                case .passed: isFirst = false
                case .stopped: return
                }
            }
            index += 1
            if isFirst { waitingFrom = index }
        }
    }
}
