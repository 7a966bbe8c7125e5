@testable import MLS

/// A storage in memory, which counts what is read and written.
final class MemoryGroupStore: GroupStorage {
    private(set) var rows: [RowKey: Row] = [:]
    private(set) var bytesRead = 0
    private(set) var bytesWritten = 0

    init() {}

    init(copyOf other: MemoryGroupStore) { rows = other.rows }

    func resetCounts() {
        bytesRead = 0
        bytesWritten = 0
    }

    func row(_ key: RowKey) throws(MLSError) -> Row? {
        bytesRead += rows[key]?.value.count ?? 0
        return rows[key]
    }

    func rows(_ kind: RowKind, of groupId: [UInt8]) throws(MLSError) -> [(index: UInt64, row: Row)] {
        let found = rows.filter { $0.key.kind == kind && $0.key.groupId == groupId }
        bytesRead += found.values.reduce(0) { $0 + $1.value.count }
        return found.map { ($0.key.index, $0.value) }
    }

    func apply(_ batch: RowBatch) throws(MLSError) {
        for (key, version) in batch.conditions where rows[key]?.version ?? 0 != version {
            throw MLSError(.storeConflict, "\(key.kind) \(key.index)")
        }
        for kind in batch.clears { rows = rows.filter { $0.key.kind != kind || $0.key.groupId != batch.groupId } }
        for (key, row) in batch.writes { rows[key] = row }
        bytesWritten += batch.size
    }

    /// Whether any row contains these bytes.
    func contains(_ secret: Secret) -> Bool {
        let needle = secret.bytes
        return rows.values.contains { $0.value.containsRun(needle) }
    }
}

extension [UInt8] {
    func containsRun(_ needle: [UInt8]) -> Bool {
        guard !needle.isEmpty, count >= needle.count else { return false }
        return (0...(count - needle.count)).contains { start in
            self[start] == needle[0] && self[start..<start + needle.count].elementsEqual(needle)
        }
    }
}
