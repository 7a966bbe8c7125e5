import ChatProtocol
import SQLite

/// Reads what readers get, in the order of positions.
extension ClientStore {
    /// What reads messages of this profile; nil where it is nobody's.
    func itemReader() throws -> ItemReader? {
        guard let identity = try identity() else { return nil }
        return ItemReader(store: try storeName(), own: identity.account, ownName: identity.name, gate: gate)
    }

    /// At most `limit` items behind `position`, up to and with `last`.
    func items(after position: StorePosition, upTo last: StorePosition = .end, limit: Int, reader: ItemReader) throws
        -> [StoredItem]
    {
        let trust = try SenderTrust(self, reader.gate)
        let messages = try database.all(
            "SELECT * FROM message_rows WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
            from: ItemReader.messages, position, last, limit, read: { try reader.item($0, trust) })
        let gaps = try database.all(
            "SELECT * FROM gap_rows WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
            from: ItemReader.gaps, position, last, limit, read: reader.gap)
        return ItemReader.merge(messages, gaps, limit: limit)
    }

    /// As `items`, only what no person was shown.
    func itemsNotShown(after position: StorePosition, upTo last: StorePosition, limit: Int, reader: ItemReader) throws
        -> [StoredItem]
    {
        let trust = try SenderTrust(self, reader.gate)
        let messages = try database.all(
            "SELECT * FROM message_rows WHERE shown = 0 AND position > ? AND position <= ? ORDER BY position LIMIT ?",
            from: ItemReader.messages, position, last, limit, read: { try reader.item($0, trust) })
        let gaps = try database.all(
            "SELECT * FROM gap_rows WHERE shown = 0 AND position > ? AND position <= ? ORDER BY position LIMIT ?",
            from: ItemReader.gaps, position, last, limit, read: reader.gap)
        return ItemReader.merge(messages, gaps, limit: limit)
    }
}
