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
    package var readers: News.Readers
    package var first: SequenceNumber
    package var last: SequenceNumber
    package var count: Int
    /// The frames, one behind the other.
    package var frames: ByteBuffer

    package var bytes: Int { frames.readableBytes }

    /// The frames of what was committed, in runs.
    package static func runs(of news: [News]) -> [EntryRun] {
        var runs: [EntryRun] = []
        for part in news {
            var open: Int?
            for entry in part.entries {
                if let open, runs[open].hasRoom, runs[open].last.next == entry.seq {
                    runs[open].append(entry)
                } else {
                    open = runs.count
                    runs.append(EntryRun(part, entry))
                }
            }
        }
        return runs
    }

    private init(_ news: News, _ entry: Entry) {
        conversation = news.conversation
        readers = news.readers
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

/// A page of a log, encoded for one connection.
package struct EncodedPage: Sendable {
    package var frames: ByteBuffer
    /// Entries in it, and their bytes on the wire.
    package var count: Int
    package var through: SequenceNumber
    package var isLast: Bool

    package init(_ page: StoredPage, of conversation: ConversationID) {
        frames = ByteBuffer()
        count = 0
        through = page.through
        isLast = page.isLast
        var erased: ClosedRange<SequenceNumber>?
        for row in page.rows {
            if case .erased(let entry) = row {
                erased = (erased?.lowerBound ?? entry.seq)...entry.seq
                continue
            }
            write(erased: &erased, of: conversation)
            switch row {
            case .entry(let entry):
                FrameEncoder.write(entry, into: &frames)
                count += 1
            case .hole(let reason, let first, let last):
                FrameEncoder.write(
                    Gap(conversation: conversation, reason: reason, first: first, last: last), into: &frames)
            case .erased: break
            }
        }
        write(erased: &erased, of: conversation)
    }

    /// Erased entries that follow each other are one gap.
    private mutating func write(erased: inout ClosedRange<SequenceNumber>?, of conversation: ConversationID) {
        guard let numbers = erased else { return }
        FrameEncoder.write(
            Gap(
                conversation: conversation, reason: .erased, first: numbers.lowerBound, last: numbers.upperBound),
            into: &frames)
        erased = nil
    }
}
