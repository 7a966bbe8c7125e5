import MLS
import SQLite

/// Where MLS keeps the groups of a profile: in its store, by the connection of whoever asks.
///
/// Rows are written in the caller's transaction, beside what else the same entry changes, and are as durable as that. What is
/// written are secrets: nothing of them stays bound, and what is deleted is overwritten (`secure_delete`).
final class GroupRowStore: GroupStorage {
    enum Slot: Int {
        /// The groups that are used.
        case present = 0
        /// Groups that this device has made, each whole, and that are nothing before the log has their commit.
        case staged = 1
    }

    private let database: Database
    private let slot: Slot
    /// Why the database refused last: MLS knows only that it did.
    private var failure: SQLiteError?

    init(_ database: Database, _ slot: Slot = .present) {
        self.database = database
        self.slot = slot
    }

    func row(_ key: RowKey) throws(MLSError) -> Row? {
        try asking {
            try database.first(
                "SELECT value, version FROM group_rows WHERE slot = ? AND name = ? AND kind = ? AND place = ?",
                slot.rawValue, key.groupId, Int(key.kind.rawValue), key.index
            ) { Row(value: $0.bytes(0), version: $0.unsigned(1)) }
        }
    }

    func rows(_ kind: RowKind, of groupId: [UInt8]) throws(MLSError) -> [(index: UInt64, row: Row)] {
        try asking {
            try database.all(
                "SELECT place, value, version FROM group_rows WHERE slot = ? AND name = ? AND kind = ?",
                slot.rawValue, groupId, Int(kind.rawValue)
            ) { ($0.unsigned(0), Row(value: $0.bytes(1), version: $0.unsigned(2))) }
        }
    }

    /// Within a transaction, which goes on as it was where this throws.
    func apply(_ batch: RowBatch) throws(MLSError) {
        guard database.isInTransaction else {
            throw MLSError(.storeFailed, "rows of a group are written in a transaction")
        }
        try asking {
            try database.savepoint {
                for (key, version) in batch.conditions where try self.version(of: key) != version {
                    throw MLSError(.storeConflict, "\(key.kind) \(key.index)")
                }
                for kind in batch.clears { try clear(kind, of: batch.groupId) }
                for (key, row) in batch.writes { try write(row, key) }
            }
        }
    }

    /// Runs `body`; where the database fails in it, that is thrown, and not that MLS has noticed it.
    func telling<Value>(_ body: () throws -> Value) throws -> Value {
        failure = nil
        do {
            return try body()
        } catch let error as MLSError where error.check == .storeFailed {
            throw failure ?? error
        }
    }

    // MARK: Steps

    private func version(of key: RowKey) throws -> UInt64 {
        try database.first(
            "SELECT version FROM group_rows WHERE slot = ? AND name = ? AND kind = ? AND place = ?", slot.rawValue,
            key.groupId, Int(key.kind.rawValue), key.index
        ) { $0.unsigned(0) } ?? 0
    }

    private func clear(_ kind: RowKind, of groupId: [UInt8]) throws(SQLiteError) {
        try database.run(
            "DELETE FROM group_rows WHERE slot = ? AND name = ? AND kind = ?", slot.rawValue, groupId,
            Int(kind.rawValue))
    }

    private func write(_ row: Row?, _ key: RowKey) throws(SQLiteError) {
        guard let row else {
            return try database.run(
                "DELETE FROM group_rows WHERE slot = ? AND name = ? AND kind = ? AND place = ?", slot.rawValue,
                key.groupId, Int(key.kind.rawValue), key.index)
        }
        try database.runClearing(
            """
            INSERT OR REPLACE INTO group_rows(slot, name, kind, place, version, value) VALUES (?, ?, ?, ?, ?, ?)
            """, slot.rawValue, key.groupId, Int(key.kind.rawValue), key.index, row.version, row.value)
    }

    private func asking<Value>(_ body: () throws -> Value) throws(MLSError) -> Value {
        do {
            return try body()
        } catch let error as MLSError {
            throw error
        } catch {
            failure = error as? SQLiteError
            throw MLSError(.storeFailed, "\(error)")
        }
    }
}

extension ClientStore {
    /// The groups that are used.
    var groupRows: GroupRowStore { GroupRowStore(database) }
    /// Groups that wait for their entry.
    var stagedGroupRows: GroupRowStore { GroupRowStore(database, .staged) }

    /// The log has the commit by which a staged group begins: it takes the place of what is held of the same group. Whoever still
    /// has the former state loaded can store nothing of it any more. Within a transaction.
    ///
    /// - Returns: whether there was one.
    func promoteStagedGroup(_ groupId: [UInt8]) throws -> Bool {
        let head = Int(RowKind.head.rawValue)
        func version(in slot: GroupRowStore.Slot) throws -> UInt64? {
            try database.first(
                "SELECT version FROM group_rows WHERE slot = ? AND name = ? AND kind = ?", slot.rawValue, groupId, head
            ) { $0.unsigned(0) }
        }
        guard let staged = try version(in: .staged) else { return false }
        let former = try version(in: .present) ?? 0
        try database.run(
            "DELETE FROM group_rows WHERE slot = ? AND name = ?", GroupRowStore.Slot.present.rawValue, groupId)
        try database.run(
            "UPDATE group_rows SET slot = ? WHERE slot = ? AND name = ?", GroupRowStore.Slot.present.rawValue,
            GroupRowStore.Slot.staged.rawValue, groupId)
        try database.run(
            "UPDATE group_rows SET version = ? WHERE slot = ? AND name = ? AND kind = ?", former &+ staged,
            GroupRowStore.Slot.present.rawValue, groupId, head)
        return true
    }

    /// Another commit was first. Within a transaction.
    func dropStagedGroup(_ groupId: [UInt8]) throws {
        try database.run(
            "DELETE FROM group_rows WHERE slot = ? AND name = ?", GroupRowStore.Slot.staged.rawValue, groupId)
    }

    /// Nothing is left of a former incarnation. Within a transaction.
    func dropGroup(_ groupId: [UInt8]) throws {
        try database.run(
            "DELETE FROM group_rows WHERE slot = ? AND name = ?", GroupRowStore.Slot.present.rawValue, groupId)
    }
}
