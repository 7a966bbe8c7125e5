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
            try statement("COMMIT").run()
            return value
        } catch {
            // After some errors (full disk, I/O) SQLite has rolled back by itself.
            if isInTransaction { try? statement("ROLLBACK").run() }
            throw error
        }
    }
}
