import ChatProtocol
import NIOCore
import WireCodec

/// Entries of one conversation that follow each other, encoded once for everybody who gets them.
package struct EntryRun: Sendable {
    /// The most entries of a run, so that a window can take it.
    package static let maximumEntries = 64
    /// Bytes beyond which no further entry joins a run.
    package static let fullBytes = 128 << 10

    package var conversation: ConversationInfo
    package var first: SequenceNumber
    package var last: SequenceNumber
    package var count: Int
    /// The frames, one behind the other.
    package var frames: ByteBuffer

    package var bytes: Int { frames.readableBytes }

    /// The runs that a committed batch has made, in the order of their first entries.
    package static func runs(of batch: StoreBatch, outcomes: [OperationOutcome]) -> [EntryRun] {
        var runs: [EntryRun] = []
        var open: [ConversationID: Int] = [:]
        for (operation, outcome) in zip(batch.operations, outcomes) {
            guard case .append(let entry) = operation, case .appended(let stored) = outcome, !stored.duplicate else {
                continue
            }
            let frame = Entry(entry, seq: stored.seq, time: stored.time)
            if let last = open[entry.conversation], runs[last].hasRoom {
                runs[last].append(frame)
            } else {
                open[entry.conversation] = runs.count
                runs.append(EntryRun(stored.conversation, frame))
            }
        }
        return runs
    }

    private init(_ conversation: ConversationInfo, _ entry: Entry) {
        self.conversation = conversation
        first = entry.seq
        last = entry.seq
        count = 1
        frames = FrameEncoder.buffer(entry)
    }

    private var hasRoom: Bool { count < Self.maximumEntries && bytes < Self.fullBytes }

    private mutating func append(_ entry: Entry) {
        last = entry.seq
        count += 1
        FrameEncoder.write(entry, into: &frames)
    }
}

extension Entry {
    init(_ entry: NewEntry, seq: SequenceNumber, time: UInt64) {
        self.init(
            conversation: entry.conversation, seq: seq, id: entry.id, sender: entry.sender, device: entry.device,
            payloadKind: entry.payloadKind, time: time, payload: entry.payload)
    }
}

/// A page of a log, encoded for one connection.
package struct EncodedPage: Sendable {
    package var frames: ByteBuffer
    /// Entries in it, and their bytes on the wire.
    package var count: Int
    package var through: SequenceNumber
    package var isLast: Bool

    package init(_ page: LogPage, of conversation: ConversationID) {
        frames = ByteBuffer()
        count = 0
        through = page.through
        isLast = page.isLast
        for row in page.rows {
            switch row {
            case .entry(let entry):
                FrameEncoder.write(entry, into: &frames)
                count += 1
            case .hole(let reason, let first, let last):
                FrameEncoder.write(
                    Gap(conversation: conversation, reason: reason, first: first, last: last), into: &frames)
            }
        }
    }
}
