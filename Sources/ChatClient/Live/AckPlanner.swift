import ChatProtocol

/// Decides when what was stored is acknowledged: direct messages at once, since their senders may wait for it, others
/// gathered, at the latest after 64 entries or 250 ms.
///
/// A plain value: what was stored and the time go in, acknowledgements come out.
struct AckPlanner {
    static let entries = Limits.acknowledgeEntries
    static let delay = Limits.acknowledgeDelay

    private var items: [Acknowledge.Item] = []
    private var count = 0
    private var isUrgent = false
    /// When what has gathered must go.
    private(set) var due: Duration?

    /// An entry is stored, or a gap is told. Numbers of a conversation come in order.
    mutating func settled(_ item: StoredBatch.Item, now: Duration) {
        count += 1
        isUrgent = isUrgent || item.isUrgent
        due = due ?? now + Self.delay
        // Cumulative: a later number of the same fate covers the earlier ones.
        if let last = items.lastIndex(where: { $0.conversation == item.conversation }),
            items[last].disposition == item.disposition
        {
            items[last].seq = max(items[last].seq, item.seq)
        } else {
            items.append(
                Acknowledge.Item(conversation: item.conversation, seq: item.seq, disposition: item.disposition))
        }
    }

    /// What is to be sent now, in frames of the size that is allowed.
    mutating func take(now: Duration, all: Bool = false) -> [Acknowledge] {
        guard let due, all || isUrgent || count >= Self.entries || due <= now else { return [] }
        let taken = items
        self = AckPlanner()
        return stride(from: 0, to: taken.count, by: Limits.page).map { start in
            Acknowledge(items: Array(taken[start..<min(start + Limits.page, taken.count)]))
        }
    }
}
