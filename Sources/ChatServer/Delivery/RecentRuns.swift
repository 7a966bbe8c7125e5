import ChatProtocol
import DequeModule

/// The last entries of all conversations, as they were sent.
///
/// A connection that falls a little behind under load is brought back from here and not from the disk. The frames are
/// the buffers that were sent, so what is kept is kept once. A plain value.
package struct RecentRuns {
    /// Bytes of frames that are kept: some seconds of a busy server.
    package static let defaultBytes = 8 << 20

    private let bound: Int
    /// The runs of each conversation, oldest first; none is empty.
    private var lines: [ConversationID: Deque<EntryRun>] = [:]
    /// The conversations of all runs, oldest first.
    private var order = Deque<ConversationID>()
    private(set) var bytes = 0

    package init(bytes: Int = defaultBytes) {
        bound = bytes
    }

    package mutating func add(_ run: EntryRun) {
        lines[run.conversation.id, default: []].append(run)
        order.append(run.conversation.id)
        bytes += run.bytes
        while bytes > bound, let oldest = order.popFirst() { dropOldest(of: oldest) }
    }

    /// The run that begins behind `seq`, and whether it is the newest of its conversation; nil where it is not kept.
    package func run(of conversation: ConversationID, after seq: SequenceNumber) -> (run: EntryRun, isNewest: Bool)? {
        guard let runs = lines[conversation] else { return nil }
        // The first run that begins behind `seq`: they are in order.
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].first <= seq { low = middle + 1 } else { high = middle }
        }
        guard low < runs.count, runs[low].first == seq.next else { return nil }
        return (runs[low], low == runs.count - 1)
    }

    /// Entries have ended: of each of these conversations the numbers below the given one are not kept any more, nor
    /// the run that holds some of them and others.
    package mutating func forget(before firsts: [ConversationID: SequenceNumber]) {
        var gone: [ConversationID: Int] = [:]
        for (conversation, first) in firsts {
            guard var runs = lines[conversation] else { continue }
            let old = runs.prefix { $0.first < first }
            guard !old.isEmpty else { continue }
            bytes -= old.reduce(0) { $0 + $1.bytes }
            gone[conversation] = old.count
            runs.removeFirst(old.count)
            lines[conversation] = runs.isEmpty ? nil : runs
        }
        guard !gone.isEmpty else { return }
        order.removeAll { conversation in
            guard let left = gone[conversation], left > 0 else { return false }
            gone[conversation] = left - 1
            return true
        }
    }

    /// What was sent may be there no more.
    package mutating func forgetAll() { self = RecentRuns(bytes: bound) }

    private mutating func dropOldest(of conversation: ConversationID) {
        guard var runs = lines.removeValue(forKey: conversation), let oldest = runs.popFirst() else { return }
        bytes -= oldest.bytes
        if !runs.isEmpty { lines[conversation] = runs }
    }
}
