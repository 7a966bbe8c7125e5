import ChatProtocol

/// Gathers what arrives, so that what was missed in several conversations is stored in the order in which it was said.
///
/// The server sends what was missed one conversation after the other. Until it says `Live` a batch is held back, and
/// then put in order of time; within a conversation the order of numbers stays. A plain value.
struct Arrivals {
    /// A server stops sending when three quarters of what may be unacknowledged are under way
    /// (`Limits.unacknowledgedEntries`, `.unacknowledgedBytes`), so no more than that is ever held back.
    static let heldEntries = Limits.unacknowledgedEntries * 3 / 4
    static let heldBytes = Limits.unacknowledgedBytes / 2

    private var items: [Incoming] = []
    private var bytes = 0
    private var isLive = false

    mutating func add(_ item: Incoming, bytes: Int) {
        items.append(item)
        self.bytes += bytes
    }

    /// What follows is new, and is not held back.
    mutating func becameLive() { isLive = true }

    /// What is to be stored now.
    ///
    /// - Parameter all: hold nothing back.
    mutating func take(all: Bool = false) -> [Incoming] {
        guard all || isLive || items.count >= Self.heldEntries || bytes >= Self.heldBytes else { return [] }
        defer {
            items = []
            bytes = 0
        }
        return isLive ? items : Self.inOrderOfTime(items)
    }

    /// A gap has no time of its own and stays behind what it follows.
    private static func inOrderOfTime(_ items: [Incoming]) -> [Incoming] {
        var latest: [ConversationID: UInt64] = [:]
        let keyed = items.enumerated().map { index, item in
            var time = latest[item.conversation] ?? 0
            if case .entry(let entry) = item { time = max(time, entry.time) }
            latest[item.conversation] = time
            return (time: time, index: index, item: item)
        }
        return keyed.sorted { ($0.time, $0.index) < ($1.time, $1.index) }.map(\.item)
    }
}
