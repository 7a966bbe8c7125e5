import CSQLite
import Foundation
import Synchronization
import TestSupport

@testable import SQLite

/// The files of a store as they are before one statement of a connection, from which on nothing of its process reaches the world.
final class StoreImage: Sendable {
    private let scratch: Scratch
    private let wanted: Int
    private let store: String
    /// Called when it is taken.
    private let cut: @Sendable () -> Void
    private let statements = Mutex(0)

    var path: String { scratch.url.path + "/image" }
    /// Statements that began.
    var count: Int { statements.withLock { $0 } }
    var isTaken: Bool { count >= wanted }

    /// Called where the connection is used.
    init(before wanted: Int, of database: Database, cut: @escaping @Sendable () -> Void = {}) throws {
        scratch = try Scratch()
        self.wanted = wanted
        store = database.path
        self.cut = cut
        sqlite3_trace_v2(
            database.handle, UInt32(SQLITE_TRACE_STMT),
            { _, context, _, _ in
                if let context { Unmanaged<StoreImage>.fromOpaque(context).takeUnretainedValue().began() }
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// What goes on must not find the image, which goes with who has wanted it. Called where the connection is used.
    static func end(of database: Database) { sqlite3_trace_v2(database.handle, 0, nil, nil) }

    private func began() {
        let isNow = statements.withLock { count in
            count += 1
            return count == wanted
        }
        guard isNow else { return }
        try? FileCopy.makeStore(of: store, at: path)
        cut()
    }

    /// Makes it the store at `target`.
    func put(at target: String) throws {
        let files = FileManager.default
        for suffix in ["", "-wal", "-shm"] { try? files.removeItem(atPath: target + suffix) }
        try FileCopy.makeStore(of: path, at: target)
    }
}
