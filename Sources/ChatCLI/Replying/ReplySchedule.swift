import ChatProtocol

/// Which message may be worked on now, and up to where everything is done. A plain value.
///
/// What comes is numbered in its order. Messages of one sender are worked on one after the other, in this order; those
/// of several senders beside each other. Done is only what has nothing undone before it.
struct ReplySchedule {
    /// What may be worked on at once.
    static let jobsRange = 1...64
    /// What is held at the least: so that one sender's queue does not hide what others wrote, or that the connection is
    /// lost.
    static let leastHeld = 64

    private enum State { case waiting, running, done }

    private struct Item {
        let number: UInt64
        /// Nil where there was nothing to do.
        let sender: UserName?
        var state: State
    }

    private let jobs: Int
    private let held: Int
    /// How many messages may still come in; nil: any number.
    private var open: Int?
    private var items: [Item] = []
    private var numbers: UInt64 = 0
    private var isClosed = false

    /// - Parameters:
    ///   - jobs: messages that are worked on at once at the most.
    ///   - count: messages that are worked on at all; nil: any number.
    init(jobs: Int, count: Int?) {
        self.jobs = jobs
        held = max(Self.leastHeld, 2 * jobs)
        open = count
    }

    /// Whether another event should be read.
    var wantsMore: Bool { !isClosed && open != 0 && items.count < held }

    var running: Int { items.count { $0.state == .running } }

    /// Whether nothing is being done or about to be.
    var isIdle: Bool { isClosed ? running == 0 : items.allSatisfy { $0.state == .done } }

    /// Nothing more will be started: all that was wanted has been, or `close` was called.
    var isComplete: Bool { isIdle && (isClosed || open == 0) }

    // MARK: What happens

    /// A message came that is to be worked on; its number.
    mutating func arrived(from sender: UserName) -> UInt64 {
        if let count = open { open = max(0, count - 1) }
        return add(sender, .waiting)
    }

    /// Something came with which nothing is to be done; its number.
    mutating func passed() -> UInt64 { add(nil, .done) }

    private mutating func add(_ sender: UserName?, _ state: State) -> UInt64 {
        numbers += 1
        items.append(Item(number: numbers, sender: sender, state: state))
        return numbers
    }

    /// The work on a message has come to its end, whatever that was.
    mutating func finished(_ number: UInt64) {
        guard let index = items.firstIndex(where: { $0.number == number }) else { return }
        items[index].state = .done
    }

    /// What waits is not started any more.
    mutating func close() { isClosed = true }

    // MARK: What is to be done

    /// The next message to work on; it counts as running from then on.
    mutating func start() -> UInt64? {
        guard !isClosed, running < jobs else { return nil }
        var busy: Set<UserName> = []
        for index in items.indices {
            guard let sender = items[index].sender, items[index].state != .done else { continue }
            if items[index].state == .waiting, !busy.contains(sender) {
                items[index].state = .running
                return items[index].number
            }
            busy.insert(sender)
        }
        return nil
    }

    /// The number up to which, and with which, everything is done; nil where that is no further than before.
    mutating func settle() -> UInt64? {
        let last = items.prefix { $0.state == .done }.last?.number
        items.removeAll { item in last.map { item.number <= $0 } ?? false }
        return last
    }
}
