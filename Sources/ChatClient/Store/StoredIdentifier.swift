import ChatProtocol
import SQLite
import Transport

extension Statement {
    /// The column as an identifier.
    ///
    /// - Throws: `corrupt` where it has another size.
    func identifier<Kind>(_ column: Int32, as type: Identifier<Kind>.Type = Identifier<Kind>.self) throws(SQLiteError)
        -> Identifier<Kind>
    {
        guard let identifier = Identifier<Kind>(bytes(column)) else {
            throw SQLiteError(kind: .corrupt, message: "an identifier has another size", operation: sql, path: "")
        }
        return identifier
    }

    func optionalIdentifier<Kind>(_ column: Int32, as type: Identifier<Kind>.Type = Identifier<Kind>.self)
        throws(SQLiteError) -> Identifier<Kind>?
    {
        isNull(column) ? nil : try identifier(column)
    }

    /// The column as a name.
    ///
    /// - Throws: `corrupt` where it is none.
    func userName(_ column: Int32) throws(SQLiteError) -> UserName {
        guard let name = UserName(text(column)) else {
            throw SQLiteError(kind: .corrupt, message: "a name is none", operation: sql, path: "")
        }
        return name
    }
}

enum RandomText {
    static func hexadecimal(digits: Int) -> String {
        let alphabet = Array("0123456789abcdef".utf8)
        let characters = SecureRandom.bytes(digits).map { alphabet[Int($0 & 15)] }
        return String(decoding: characters, as: UTF8.self)
    }
}
