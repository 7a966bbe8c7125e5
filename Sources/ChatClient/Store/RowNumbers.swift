import SQLite

/// A conversation in this store alone: rows name it so instead of by its identifier.
struct ConversationNumber: Hashable, Sendable {
    let number: Int64
}

extension ConversationNumber: Comparable {
    static func < (left: ConversationNumber, right: ConversationNumber) -> Bool { left.number < right.number }
}

extension ConversationNumber: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, number)
    }
}

extension StorePosition: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, number)
    }
}

extension Statement {
    func conversation(_ column: Int32) -> ConversationNumber { ConversationNumber(number: integer(column)) }

    func position(_ column: Int32) -> StorePosition { StorePosition(integer(column)) }

    func optionalPosition(_ column: Int32) -> StorePosition? { isNull(column) ? nil : position(column) }
}
