import CSQLite
import Foundation

@testable import ChatClient
@testable import SQLite

/// Counts the statements of a connection, and takes a copy of the files before one of them: what a process leaves that ends there.
final class StatementImage {
    private let scene: StoreScene
    private let folder: String
    private let wanted: Int
    private(set) var statements = 0

    init(of scene: StoreScene, in folder: String, before wanted: Int) {
        self.scene = scene
        self.folder = folder
        self.wanted = wanted
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_trace_v2(
            scene.store.database.handle, UInt32(SQLITE_TRACE_STMT),
            { _, context, _, _ in
                if let context { Unmanaged<StatementImage>.fromOpaque(context).takeUnretainedValue().began() }
                return 0
            }, context)
    }

    func end() { sqlite3_trace_v2(scene.store.database.handle, 0, nil, nil) }

    var isTaken: Bool { statements >= wanted }

    private func began() {
        statements += 1
        guard statements == wanted else { return }
        for suffix in ["", "-wal"] {
            try? FileManager.default.copyItem(
                atPath: scene.directory.storeFile + suffix, toPath: folder + "/image" + suffix)
        }
    }
}
