/// The order in which what concerns one conversation's group is looked at: one after the other, since each begins with what the one before
/// has made of the group. A plain value.
package struct HandshakeLine<Item> {
    /// So many may wait: what comes in numbers takes turns, and what does not is retried.
    package static var most: Int { 256 }

    private var waiting: [Item] = []
    private var isBusy = false

    package init() {}

    /// Nothing waits, and nothing is looked at.
    package var isIdle: Bool { !isBusy && waiting.isEmpty }

    /// - Parameter isOwed: the server itself wants it, who is not there to try again: it comes in however many wait.
    /// - Returns: false where too many wait.
    package mutating func add(_ item: Item, isOwed: Bool = false) -> Bool {
        guard isOwed || waiting.count < Self.most else { return false }
        waiting.append(item)
        return true
    }

    /// Takes the next one; nil while one is looked at, or where none waits.
    package mutating func next() -> Item? {
        guard !isBusy, !waiting.isEmpty else { return nil }
        isBusy = true
        return waiting.removeFirst()
    }

    /// The one that was taken has its end.
    package mutating func finish() { isBusy = false }
}
