/// A place in what one store holds, in the order in which it became readable there.
///
/// Opaque to people. It means nothing in another store, and says so.
package struct Cursor: Hashable, Sendable {
    /// Hexadecimal digits that name a store.
    package static let storeDigits = 16

    /// The store it belongs to.
    package var store: String
    /// Everything up to and with this position lies behind it; 0 lies before everything.
    package var position: StorePosition

    package init(store: String, position: StorePosition) {
        self.store = store
        self.position = position
    }

    /// Reads what `text` gave; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == Self.storeDigits,
            parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(parts[1])
        else { return nil }
        self.init(store: String(parts[0]), position: StorePosition(number))
    }

    package var text: String { "\(store)-\(position.number)" }
}
