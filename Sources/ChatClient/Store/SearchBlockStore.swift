import SQLite

/// What a search of the history need not read: for every `blockSize` messages in the order in which they were stored, the
/// signature of their texts. A block that has none is read.
extension ClientStore {
    static let blockSize: Int64 = 128
    /// Blocks that one search gives their signatures, where they have none, and of those in one transaction.
    private static let signedAtOnce = (search: 1_024, transaction: 64)
    /// Where more of the blocks than one in so many may hold a text, messages are read newest first, until there are enough.
    private static let worthwhile: Int64 = 4
    private static let mostBlocks: Int64 = 1 << 22

    /// Rows of messages, by their numbers, among which all are that hold a text; nil: they may be anywhere.
    func rows(for search: TextSearch) throws -> [ClosedRange<Int64>]? {
        let bits = TextSignature.bits(of: search.text)
        guard !bits.isEmpty, try database.schemaVersion(for: ClientSchema.schema) >= ClientSchema.searchBlocks else {
            return nil
        }
        let (end, found) = try read { (try endOfBlocks(), try signed { TextSignature.mayHold(bits, $0) }) }
        // No store is so large, nor has rows of other numbers: it is damaged, and read as it is.
        guard (1...Self.mostBlocks).contains(end) else { return nil }
        var mayHold = found
        // What cannot be written, or not now, is written by another search.
        if isWritable {
            try? database.waiting(.zero) {
                try signMissing(before: end, beside: found) { mayHold[$0] = TextSignature.mayHold(bits, $1) }
            }
        }
        // The last one is not whole.
        let blocks = (0...end).filter { $0 == end || mayHold[$0] ?? true }
        guard Int64(blocks.count - 1) * Self.worthwhile <= end else { return nil }
        return blocks.map { Self.numbers(of: $0, isLast: $0 == end) }
    }

    /// What `look` says of each signature that there is.
    private func signed(_ look: (UnsafeRawBufferPointer) -> Bool) throws -> [Int64: Bool] {
        let found = try database.all("SELECT block, signature FROM search_blocks") { row in
            (row.integer(0), row.withBytes(1, look))
        }
        return Dictionary(found) { $0 || $1 }
    }

    /// A message was stored that has this number. Within the transaction that stores it.
    func countsInBlocks(_ number: Int64) throws {
        guard number > 0, number % Self.blockSize == 0 else { return }
        try sign(number / Self.blockSize - 1)
    }

    /// A text is no longer here, or another one than was. Within a transaction.
    func changesBlock(of number: Int64) throws {
        try database.run("DELETE FROM search_blocks WHERE block = ?", number / Self.blockSize)
    }

    /// Nothing is added to the blocks before it.
    private func endOfBlocks() throws -> Int64 {
        (try database.first("SELECT max(number) FROM entries") { $0.integer(0) } ?? 0) / Self.blockSize
    }

    private func signMissing(
        before end: Int64, beside known: [Int64: Bool], _ made: (Int64, UnsafeRawBufferPointer) -> Void
    ) throws {
        // The newest first: they are looked for most.
        var missing = (0..<end).reversed().filter { known[$0] == nil }.prefix(Self.signedAtOnce.search)
        while !missing.isEmpty {
            let blocks = missing.prefix(Self.signedAtOnce.transaction)
            let signatures = try write { try blocks.map { (block: $0, bytes: try sign($0).bytes) } }
            for (block, bytes) in signatures { bytes.withUnsafeBytes { made(block, $0) } }
            missing = missing.dropFirst(blocks.count)
        }
    }

    @discardableResult
    private func sign(_ block: Int64) throws -> TextSignature {
        let numbers = Self.numbers(of: block)
        var signature = TextSignature()
        _ = try database.all(
            "SELECT body FROM entries WHERE number >= ? AND number <= ? AND body IS NOT NULL", numbers.lowerBound,
            numbers.upperBound
        ) { row in row.withBytes(0) { signature.add($0.bindMemory(to: UInt8.self)) } }
        try database.run(
            """
            INSERT INTO search_blocks(block, signature) VALUES (?, ?)
            ON CONFLICT(block) DO UPDATE SET signature = excluded.signature
            """, block, signature.bytes)
        return signature
    }

    private static func numbers(of block: Int64, isLast: Bool = false) -> ClosedRange<Int64> {
        block * blockSize...(isLast ? .max : (block + 1) * blockSize - 1)
    }
}

extension ClientSchema {
    /// The version with which a store has signatures of texts.
    static let searchBlocks = 28

    static let version28: StaticString = """
        -- Which signs stand together in the texts of entries that have the numbers from 128 times `block` on; see TextSignature.
        CREATE TABLE search_blocks(block INTEGER PRIMARY KEY, signature BLOB NOT NULL);
        """
}
