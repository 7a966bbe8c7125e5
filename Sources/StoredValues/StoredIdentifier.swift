import ChatProtocol
import SQLite

/// Identifiers are blobs of 16 bytes.
extension Identifier: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        let failure: SQLiteError? = withBytes { bytes in
            do throws(SQLiteError) {
                try statement.bind(index, bytes: bytes)
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }
}

extension Statement {
    /// The identifier in a column.
    ///
    /// - Throws: `corrupt` where it has another size.
    package func identifier<Kind>(_ column: Int32) throws(SQLiteError) -> Identifier<Kind> {
        guard let identifier = withBytes(column, { Identifier<Kind>(lent: $0) }) else {
            throw SQLiteError(kind: .corrupt, message: "an identifier has another size", operation: sql, path: "")
        }
        return identifier
    }

    package func optionalIdentifier<Kind>(_ column: Int32) throws(SQLiteError) -> Identifier<Kind>? {
        isNull(column) ? nil : try identifier(column)
    }
}
