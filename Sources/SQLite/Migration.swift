/// One step from a schema's version to the next.
package struct Migration: Sendable {
    package let sql: StaticString
    let finish: @Sendable (Database) throws -> Void

    /// - Parameters:
    ///   - sql: the statements of this step; they never change once they were released.
    ///   - finish: what no statement can compute, behind them and in the same transaction. It asks for what stands there at this step,
    ///     whatever comes with later ones.
    package init(_ sql: StaticString, finish: @escaping @Sendable (Database) throws -> Void = { _ in }) {
        self.sql = sql
        self.finish = finish
    }
}

/// A database's schema: whose it is, and the steps that lead to it. The version is the number of steps taken
/// (`PRAGMA user_version`).
package struct Schema: Sendable {
    /// `PRAGMA application_id`, so that one program's store is not taken for another's.
    package let applicationID: Int32
    package let migrations: [Migration]

    package init(applicationID: Int32, migrations: [Migration]) {
        self.applicationID = applicationID
        self.migrations = migrations
    }

    package var version: Int { migrations.count }
}

extension Database {
    /// Brings the database to `schema`'s version: all missing steps in one transaction. Where it is there already
    /// this reads two numbers and takes no lock.
    ///
    /// - Throws: `newerSchema`, `otherApplication`; `olderSchema` where this connection cannot write.
    package func migrate(to schema: Schema) throws {
        guard try schemaVersion(for: schema) < schema.version else { return }
        guard options.isWritable else {
            throw mismatch(.olderSchema(found: try schemaVersion(for: schema), known: schema.version))
        }
        try transaction(.immediate) {
            // Another process may have done it while we waited.
            for migration in schema.migrations.dropFirst(try schemaVersion(for: schema)) {
                try execute(migration.sql)
                try migration.finish(self)
            }
            try execute(text: "PRAGMA application_id=\(schema.applicationID);PRAGMA user_version=\(schema.version)")
        }
    }

    /// The version of the schema in the file; 0 for an empty database.
    package func schemaVersion(for schema: Schema) throws(SQLiteError) -> Int {
        func application() throws(SQLiteError) -> Int32 {
            Int32(truncatingIfNeeded: try pragma("PRAGMA application_id"))
        }
        let first = try application()
        var version = Int(try pragma("PRAGMA user_version"))
        if first != schema.applicationID {
            let objects = try pragma("SELECT count(*) FROM sqlite_schema")
            if version != 0 || first != 0 || objects != 0 {
                // These were read one after the other: where another process has made the schema between them, it is there now.
                let present = try application()
                guard present == schema.applicationID else { throw mismatch(.otherApplication(found: present)) }
                version = Int(try pragma("PRAGMA user_version"))
            }
        }
        guard version <= schema.version else {
            throw mismatch(.newerSchema(found: version, known: schema.version))
        }
        return version
    }

    private func mismatch(_ kind: SQLiteError.Kind) -> SQLiteError {
        SQLiteError(kind: kind, message: "schema", operation: "open", path: path)
    }
}
