import ChatProtocol

/// An item of the log of a conversation that has a group, as it came.
enum LogItem: Equatable, Sendable {
    case entry(ReceivedEntry)
    /// Only the SHA-256 of its payload came, in the payload's place: of messages that this device has appended itself, and of those of
    /// epochs in which it has no leaf.
    case hashed(ReceivedEntry)
    case gap(Gap)

    var conversation: ConversationID {
        switch self {
        case .entry(let entry), .hashed(let entry): entry.place.conversation
        case .gap(let gap): gap.conversation
        }
    }

    var last: SequenceNumber {
        switch self {
        case .entry(let entry), .hashed(let entry): entry.place.seq
        case .gap(let gap): gap.last
        }
    }

    fileprivate var first: SequenceNumber {
        switch self {
        case .entry(let entry), .hashed(let entry): entry.place.seq
        case .gap(let gap): gap.first
        }
    }
}

extension LogPage {
    /// What it holds, in the order of the log. A gap may span commits and proposals, which stand in their places.
    var items: [LogItem] {
        let hashed = Set(hashed)
        let entries = entries.map { entry in
            hashed.contains(entry.seq) ? LogItem.hashed(ReceivedEntry(entry)) : .entry(ReceivedEntry(entry))
        }
        return (entries + gaps.flatMap(parts).map(LogItem.gap)).sorted { $0.first < $1.first }
    }

    private func parts(of gap: Gap) -> [Gap] {
        var parts: [Gap] = []
        var rest = gap
        for entry in entries where entry.seq >= gap.first && entry.seq <= gap.last {
            if entry.seq > rest.first {
                parts.append(
                    Gap(conversation: gap.conversation, reason: gap.reason, first: rest.first, last: entry.seq.previous)
                )
            }
            rest.first = max(rest.first, entry.seq.next ?? entry.seq)
        }
        if rest.first <= rest.last, parts.isEmpty || rest.first > gap.first { parts.append(rest) }
        return parts
    }
}
