import ChatProtocol
import NIOCore

/// The last entries of all conversations, as they were sent.
///
/// A connection that falls a little behind under load is brought back from here and not from the disk. The frames are
/// the buffers that were sent, so what is kept is kept once. A plain value.
package struct RecentRuns {
    /// Bytes of frames that are kept: some seconds of a busy server.
    package static let defaultBytes = 8 << 20

    private struct Line {
        var runs: [EntryRun] = []
        var oldest = 0
    }

    private let bound: Int
    private var lines: [ConversationID: Line] = [:]
    /// The conversations of all runs, oldest first.
    private var order: [ConversationID] = []
    private var oldest = 0
    private(set) var bytes = 0

    package init(bytes: Int = defaultBytes) {
        bound = bytes
    }

    package mutating func add(_ run: EntryRun) {
        lines[run.conversation.id, default: Line()].runs.append(run)
        order.append(run.conversation.id)
        bytes += run.bytes
        while bytes > bound, oldest < order.count { dropOldest() }
    }

    /// The run that begins behind `seq`, and whether it is the newest of its conversation; nil where it is not kept.
    package func run(of conversation: ConversationID, after seq: SequenceNumber) -> (run: EntryRun, isNewest: Bool)? {
        guard let line = lines[conversation] else { return nil }
        // The first run that begins behind `seq`: they are in order.
        var low = line.oldest
        var high = line.runs.count
        while low < high {
            let middle = (low + high) / 2
            if line.runs[middle].first <= seq { low = middle + 1 } else { high = middle }
        }
        guard low < line.runs.count, line.runs[low].first == seq.next else { return nil }
        return (line.runs[low], low == line.runs.count - 1)
    }

    /// Entries have ended: of each of these conversations the numbers below the given one are not kept any more, nor
    /// the run that holds some of them and others.
    package mutating func forget(before firsts: [ConversationID: SequenceNumber]) {
        var gone: [ConversationID: Int] = [:]
        for (conversation, first) in firsts {
            guard let line = lines[conversation] else { continue }
            let runs = line.runs[line.oldest...]
            let old = runs.prefix { $0.first < first }
            guard !old.isEmpty else { continue }
            bytes -= old.reduce(0) { $0 + $1.bytes }
            gone[conversation] = old.count
            lines[conversation] = old.count == runs.count ? nil : Line(runs: Array(runs.dropFirst(old.count)))
        }
        guard !gone.isEmpty else { return }
        order = order[oldest...].filter { conversation in
            guard let left = gone[conversation], left > 0 else { return true }
            gone[conversation] = left - 1
            return false
        }
        oldest = 0
    }

    /// What was sent may be there no more.
    package mutating func forgetAll() { self = RecentRuns(bytes: bound) }

    private mutating func dropOldest() {
        let conversation = order[oldest]
        oldest += 1
        if oldest > 1024, oldest * 2 > order.count {
            order.removeFirst(oldest)
            oldest = 0
        }
        guard var line = lines.removeValue(forKey: conversation) else { return }
        bytes -= line.runs[line.oldest].bytes
        line.runs[line.oldest].frames = ByteBuffer()
        line.oldest += 1
        guard line.oldest < line.runs.count else { return }
        if line.oldest > 64, line.oldest * 2 > line.runs.count {
            line.runs.removeFirst(line.oldest)
            line.oldest = 0
        }
        lines[conversation] = line
    }
}
