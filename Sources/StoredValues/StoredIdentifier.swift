import ChatProtocol
import SQLite

/// Identifiers are blobs of 16 bytes.
extension Identifier: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, high: high, low: low)
    }
}

extension Statement {
    /// The identifier in a column.
    ///
    /// - Throws: `corrupt` where it has another size.
    package func identifier<Kind>(_ column: Int32) throws(SQLiteError) -> Identifier<Kind> {
        // By its words: a closure that made it would have its types looked up each time.
        guard let words = words(column) else {
            throw SQLiteError(kind: .corrupt, message: "an identifier has another size", operation: sql, path: "")
        }
        return Identifier(high: words.high, low: words.low)
    }

    package func optionalIdentifier<Kind>(_ column: Int32) throws(SQLiteError) -> Identifier<Kind>? {
        isNull(column) ? nil : try identifier(column)
    }
}
