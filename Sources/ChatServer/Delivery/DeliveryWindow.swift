import ChatProtocol
import NIOCore

/// What one connection was sent and has acknowledged, conversation by conversation.
///
/// It bounds what is under way (`Limits.unacknowledgedEntries`, `.unacknowledgedBytes`) and keeps every conversation's
/// entries in their order and without holes. A plain value.
package struct DeliveryWindow {
    /// Entries that follow each other, as they were sent.
    private struct Run {
        var last: SequenceNumber
        var count: Int
        var bytes: Int
    }

    /// One conversation on this connection.
    private struct Lane {
        let conversation: ConversationInfo
        /// Everything up to here was sent, or told as a gap.
        var sent: SequenceNumber
        var acked: SequenceNumber
        var delivered: SequenceNumber = 0
        var runs: [Run] = []
        /// The first run that is not wholly acknowledged.
        var oldest = 0

        /// Single entries grow together to runs that an acknowledgement settles at once.
        mutating func append(_ run: Run) {
            let end = runs.count - 1
            if end >= oldest, runs[end].count + run.count <= Limits.acknowledgeEntries / 4 {
                runs[end].last = run.last
                runs[end].count += run.count
                runs[end].bytes += run.bytes
            } else {
                runs.append(run)
            }
        }
    }

    /// What is to be done with entries that have just been appended.
    package enum Offer: Equatable {
        case send
        /// They were sent already.
        case skip
        /// There is no room, or something before them was not sent: they have to be read from the log.
        case fallBehind
    }

    package enum Acknowledgement: Equatable {
        /// More than was sent: the peer is broken or lies.
        case beyond
        /// Nothing new.
        case stale
        case moved(ConversationInfo, delivered: SequenceNumber)
    }

    private var lanes: [Lane] = []
    private var slots: [ConversationID: Int] = [:]
    /// The lane used last: most connections have one that is busy.
    private var recent = 0

    package private(set) var entries = 0
    package private(set) var bytes = 0
    /// Since when something is under way without progress; nil when nothing is.
    package private(set) var waitingSince: NIODeadline?

    package init() {}

    /// How many entries may be sent now.
    package var entryRoom: Int { max(0, Limits.unacknowledgedEntries - entries) }
    package var byteRoom: Int { max(0, Limits.unacknowledgedBytes - bytes) }

    /// Whether reading a page of the log is worth it: at least a quarter of the window is open.
    package var hasRoomForPage: Bool {
        entries == 0 || (entryRoom >= Limits.unacknowledgedEntries / 4 && byteRoom >= Limits.unacknowledgedBytes / 4)
    }

    /// Where the conversation stands on this connection; nil where nothing of it was sent.
    package func position(of conversation: ConversationID) -> SequenceNumber? {
        slots[conversation].map { lanes[$0].sent }
    }

    /// Begins a conversation behind `seq`, unless it has begun already.
    package mutating func begin(_ conversation: ConversationInfo, at seq: SequenceNumber) {
        guard slots[conversation.id] == nil else { return }
        slots[conversation.id] = lanes.count
        lanes.append(Lane(conversation: conversation, sent: seq, acked: seq))
    }

    /// Begins it behind `seq`, also where it stood before that: what lies between is not for this connection.
    package mutating func goOn(_ conversation: ConversationInfo, behind seq: SequenceNumber) {
        begin(conversation, at: seq)
        guard let slot = slots[conversation.id] else { return }
        lanes[slot].sent = max(lanes[slot].sent, seq)
    }

    /// Decides about entries `first` to `last` of a conversation, `count` of them, and counts them where they are to
    /// be sent. A conversation that was not heard of begins here: the connection had all of it.
    package mutating func offer(
        _ conversation: ConversationInfo, first: SequenceNumber, last: SequenceNumber, count: Int, bytes: Int,
        now: NIODeadline
    ) -> Offer {
        let slot = slot(of: conversation, beginningAt: first.previous)
        let sent = lanes[slot].sent
        if last <= sent { return .skip }
        guard first == sent.next, count <= entryRoom, bytes <= byteRoom || entries == 0 else { return .fallBehind }
        record(slot, last: last, count: count, bytes: bytes, now: now)
        return .send
    }

    /// Counts a page of the log that is sent.
    package mutating func sendPage(
        of conversation: ConversationInfo, through: SequenceNumber, count: Int, bytes: Int, now: NIODeadline
    ) {
        let slot = slot(of: conversation, beginningAt: through)
        guard through > lanes[slot].sent else { return }
        if count > 0 {
            record(slot, last: through, count: count, bytes: bytes, now: now)
        } else {
            lanes[slot].sent = through
        }
    }

    /// Takes the peer's word that it has everything up to `seq`.
    ///
    /// - Parameter stored: it has kept the entry `seq`, and not skipped it.
    package mutating func acknowledge(
        _ conversation: ConversationID, seq: SequenceNumber, stored: Bool, now: NIODeadline
    ) -> Acknowledgement {
        guard let slot = slots[conversation], seq <= lanes[slot].sent else { return seq == 0 ? .stale : .beyond }
        let isNews = seq > lanes[slot].acked || (stored && seq > lanes[slot].delivered)
        guard isNews else { return .stale }
        if stored { lanes[slot].delivered = max(lanes[slot].delivered, seq) }
        if seq > lanes[slot].acked {
            lanes[slot].acked = seq
            release(slot, through: seq)
            waitingSince = entries > 0 ? now : nil
        }
        return .moved(lanes[slot].conversation, delivered: lanes[slot].delivered)
    }

    // MARK: Lanes

    private mutating func slot(of conversation: ConversationInfo, beginningAt seq: SequenceNumber) -> Int {
        if recent < lanes.count, lanes[recent].conversation.id == conversation.id { return recent }
        begin(conversation, at: seq)
        recent = slots[conversation.id] ?? 0
        return recent
    }

    private mutating func record(_ slot: Int, last: SequenceNumber, count: Int, bytes: Int, now: NIODeadline) {
        lanes[slot].sent = last
        lanes[slot].append(Run(last: last, count: count, bytes: bytes))
        if entries == 0 { waitingSince = now }
        entries += count
        self.bytes += bytes
    }

    private mutating func release(_ slot: Int, through seq: SequenceNumber) {
        var oldest = lanes[slot].oldest
        while oldest < lanes[slot].runs.count {
            let run = lanes[slot].runs[oldest]
            guard run.last > seq else {
                entries -= run.count
                bytes -= run.bytes
                oldest += 1
                continue
            }
            // A part of a run: its bytes are let go in proportion, since entries of one run are alike enough.
            let left = Int(clamping: run.last.distance(behind: seq))
            if left < run.count {
                let leftBytes = run.bytes * left / run.count
                entries -= run.count - left
                bytes -= run.bytes - leftBytes
                lanes[slot].runs[oldest] = Run(last: run.last, count: left, bytes: leftBytes)
            }
            break
        }
        if oldest == lanes[slot].runs.count {
            lanes[slot].runs.removeAll(keepingCapacity: lanes[slot].runs.capacity <= Limits.acknowledgeEntries)
            oldest = 0
        } else if oldest > Limits.unacknowledgedEntries {
            lanes[slot].runs.removeFirst(oldest)
            oldest = 0
        }
        lanes[slot].oldest = oldest
    }
}
