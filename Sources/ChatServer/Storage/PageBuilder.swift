import ChatProtocol

/// Puts a page together: entries, and holes in their places.
package struct PageBuilder {
    package private(set) var position: SequenceNumber
    private let head: SequenceNumber
    package private(set) var room: Int
    private var bytes: Int
    private var rows: [StoredPage.Row] = []
    /// Numbers that were skipped at a restore, ascending.
    package var leaps: [(after: SequenceNumber, next: SequenceNumber)] = []

    package init(position: SequenceNumber, head: SequenceNumber, entries: Int, bytes: Int) {
        self.position = position
        self.head = head
        self.bytes = bytes
        room = max(1, entries)
    }

    package var hasRoom: Bool { room > 0 && bytes > 0 && position < head }

    /// Goes on behind `last`; everything up to it is missing for `reason`.
    private mutating func skip(through last: SequenceNumber, _ reason: GapReason) {
        guard last > position, let first = position.next else { return }
        rows.append(.hole(reason, first: first, last: last))
        position = last
    }

    /// Goes on behind `last`; what is missing up to it was left out at a restore, or died.
    package mutating func skip(through last: SequenceNumber) {
        skipLeaps(through: last)
        skip(through: last, .retention)
    }

    /// False when there is no room for it.
    ///
    /// - Parameter isErased: the entry has its digest in the place of its payload.
    package mutating func take(_ entry: Entry, isErased: Bool = false) -> Bool {
        guard rows.isEmpty || entry.payload.count <= bytes else {
            bytes = 0
            return false
        }
        skip(through: entry.seq.previous)
        rows.append(isErased ? .erased(ErasedEntry(entry)) : .entry(entry))
        position = entry.seq
        room -= 1
        bytes -= entry.payload.count
        return true
    }

    private mutating func skipLeaps(through last: SequenceNumber) {
        for leap in leaps where leap.next.previous <= last && leap.next.previous > position {
            skip(through: leap.after, .retention)
            skip(through: leap.next.previous, .restored)
        }
    }

    package mutating func finish() -> StoredPage {
        // The page ended because nothing was left, not because it was full: what remains up to the head was left out at
        // a restore, or is missing in a damaged store.
        if hasRoom { skip(through: head) }
        return StoredPage(rows: rows, through: position, isLast: position >= head)
    }
}
