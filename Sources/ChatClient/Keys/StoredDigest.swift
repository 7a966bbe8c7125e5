import GroupRules
import SQLite

/// A link of an account's chain; a `Link` here is a connection.
typealias ChainLink = GroupRules.Link

/// Digests are blobs of 32 bytes.
extension Digest: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, bytes)
    }
}

extension Statement {
    /// The digest in a column.
    ///
    /// - Throws: `corrupt` where it has another size.
    func digest<Kind>(_ column: Int32) throws(SQLiteError) -> Digest<Kind> {
        guard let digest = Digest<Kind>(bytes(column)) else {
            throw SQLiteError(kind: .corrupt, message: "a digest has another size", operation: sql, path: "")
        }
        return digest
    }

    func optionalDigest<Kind>(_ column: Int32) throws(SQLiteError) -> Digest<Kind>? {
        isNull(column) ? nil : try digest(column)
    }
}
