import TestSupport

@testable import ChatClient
@testable import SQLite

/// A process that ends before every single statement of what it does to its store, and behind the last.
enum StatementEnds {
    /// - Parameters:
    ///   - scene: as it is before; it stays so.
    ///   - run: is done on a copy of the store, each time.
    ///   - expect: looks at what was left, opened anew, and may go on with it.
    /// - Returns: how many ends there were before that.
    @discardableResult
    static func each(
        of scene: StoreScene, _ run: (ClientStore) throws -> Void, expect: (StoreScene) throws -> Void
    ) throws -> Int {
        let whole = try StoreScene(storeFiles: scene.directory.storeFile)
        let count = try StoreImage(before: .max, of: whole.store.database)
        try run(whole.store)
        StoreImage.end(of: whole.store.database)
        try expect(try StoreScene(storeFiles: whole.directory.storeFile))
        var ends = 0
        for wanted in 1..<max(2, count.count + 1) {
            let attempt = try StoreScene(storeFiles: scene.directory.storeFile)
            let image = try StoreImage(before: wanted, of: attempt.store.database)
            try run(attempt.store)
            StoreImage.end(of: attempt.store.database)
            guard image.isTaken else { continue }
            ends += 1
            try expect(try StoreScene(storeFiles: image.path))
        }
        return ends
    }
}
