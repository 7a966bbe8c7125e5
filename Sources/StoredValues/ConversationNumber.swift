import SQLite

/// A conversation in one store alone: rows name it so instead of by its identifier.
package struct ConversationNumber: Hashable, Sendable {
    package let value: Int64

    package init(_ value: Int64) { self.value = value }
}

extension ConversationNumber: Comparable {
    package static func < (left: ConversationNumber, right: ConversationNumber) -> Bool { left.value < right.value }
}

extension ConversationNumber: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, value)
    }
}

extension Statement {
    package func conversationNumber(_ column: Int32) -> ConversationNumber { ConversationNumber(integer(column)) }
}
