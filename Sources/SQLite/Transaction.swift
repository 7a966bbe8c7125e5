/// How a transaction begins (https://sqlite.org/lang_transaction.html).
package enum TransactionKind: Sendable {
    /// A snapshot for reading. One that writes later may fail with `busy` at once, however long the time-out is.
    case deferred
    /// Takes the write lock first: everything that changes something begins like this.
    case immediate
}

extension Database {
    /// Runs `body` in one transaction, which is committed when it returns and undone when it throws.
    ///
    /// When the commit fails everything is undone and the error is thrown; a failed sync is never tried again.
    package func transaction<Value>(_ kind: TransactionKind = .immediate, _ body: () throws -> Value) throws -> Value {
        try statement(kind == .immediate ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED").run()
        do {
            let value = try body()
            try commit()
            return value
        } catch {
            // After some errors (full disk, I/O) SQLite has rolled back by itself.
            if isInTransaction { try? statement("ROLLBACK").run() }
            throw error
        }
    }

    /// Runs `body` within a transaction. Where it throws, what it has changed is undone, and the transaction may go on.
    package func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        try statement("SAVEPOINT step").run()
        do {
            let value = try body()
            try statement("RELEASE step").run()
            return value
        } catch {
            if isInTransaction {
                try statement("ROLLBACK TO step").run()
                try statement("RELEASE step").run()
            }
            throw error
        }
    }

    /// Runs `body`, in which the locks of other connections are waited for so long.
    package func waiting<Value, Failure>(
        _ patience: Duration, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        busyHandler.timeout = patience
        defer { busyHandler.timeout = options.busyTimeout }
        return try body()
    }

    private func commit() throws(SQLiteError) {
        do throws(SQLiteError) {
            try statement("COMMIT").run()
        } catch {
            var error = error
            // The disk failed, perhaps after all was written: before the sync, or in it.
            error.isUncertain = error.kind == .inputOutput
            throw error
        }
    }

    /// Runs `body`; what is deleted or replaced in it is overwritten with zeros. What was copied to the write-ahead log
    /// before stays there until the log begins anew.
    package func overwritingWhatGoes<Value>(_ body: () throws -> Value) throws -> Value {
        guard !options.secureDelete else { return try body() }
        try execute("PRAGMA secure_delete=1")
        defer { try? execute("PRAGMA secure_delete=0") }
        return try body()
    }

    /// Runs `body` with commits that are not synced: a power failure may take back the last ones, and corrupts nothing.
    /// A later commit that is synced covers them. Not in a transaction.
    package func unsynced<Value>(_ body: () throws -> Value) throws -> Value {
        guard options.synchronous == .full else { return try body() }
        try execute("PRAGMA synchronous=1")
        do {
            let value = try body()
            try execute("PRAGMA synchronous=2")
            return value
        } catch {
            try execute("PRAGMA synchronous=2")
            throw error
        }
    }
}
