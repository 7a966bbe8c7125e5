/// How much a batch may hold before those who fill it are made to wait.
package struct BatchBounds: Sendable {
    /// Bytes of payloads: some tens of the largest, and well below what a disk takes in 50 ms.
    package var bytes = 4 << 20
    package var items = 4096
    package init() {}
}

/// The heartbeat of the server: what arrives while one batch is being written forms the next.
///
/// An idle server therefore answers at once, and a busy one pays one sync for many messages. A plain value: the hub
/// begins a batch when `begin` gives one, and says when it was written.
package struct BatchQueue<Item> {
    package let bounds: BatchBounds
    private var forming: [Item] = []
    private var formingBytes = 0
    /// A batch is being written.
    package private(set) var isWriting = false

    package init(bounds: BatchBounds = BatchBounds()) {
        self.bounds = bounds
    }

    /// Whether the batch that forms is full: who adds to it now is not read from until it is written.
    package var isOverBound: Bool { formingBytes >= bounds.bytes || forming.count >= bounds.items }

    /// Whether nothing waits and nothing is being written.
    package var isIdle: Bool { !isWriting && forming.isEmpty }

    package mutating func add(_ item: Item, bytes: Int) {
        forming.append(item)
        formingBytes += bytes
    }

    /// Items of the last batch were not looked at: they stand before all others in the next.
    package mutating func putBack(_ items: [Item], bytes: Int) {
        forming.insert(contentsOf: items, at: 0)
        formingBytes += bytes
    }

    /// Takes what has formed as the batch to be written; nil while another one is being written.
    package mutating func begin() -> [Item]? {
        guard !isWriting, !forming.isEmpty else { return nil }
        isWriting = true
        defer {
            forming.removeAll()
            formingBytes = 0
        }
        return forming
    }

    /// Takes items out of the batch that forms; those of the batch being written stay.
    ///
    /// - Parameter bytes: what an item was added with.
    package mutating func remove(where matches: (Item) -> Bool, bytes: (Item) -> Int) -> [Item] {
        let removed = forming.filter(matches)
        guard !removed.isEmpty else { return [] }
        forming.removeAll(where: matches)
        formingBytes -= removed.reduce(0) { $0 + bytes($1) }
        return removed
    }

    /// The batch was written, or could not be.
    package mutating func finish() {
        isWriting = false
    }
}
