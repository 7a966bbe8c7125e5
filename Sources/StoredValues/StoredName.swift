import ChatProtocol
import SQLite

extension Statement {
    /// The column as a name.
    ///
    /// - Throws: `corrupt` where it is none.
    package func userName(_ column: Int32) throws(SQLiteError) -> UserName {
        guard let name = UserName(text(column)) else {
            throw SQLiteError(kind: .corrupt, message: "a name is none", operation: sql, path: "")
        }
        return name
    }
}
