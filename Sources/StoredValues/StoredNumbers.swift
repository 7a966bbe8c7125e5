import ChatProtocol
import SQLite

extension SequenceNumber: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, value)
    }
}

extension Timestamp: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, milliseconds)
    }
}

extension Ordinal: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, value)
    }
}

extension Statement {
    package func epoch(_ column: Int32) -> Epoch { Epoch(unsigned(column)) }

    package func incarnation(_ column: Int32) -> UInt32 { UInt32(truncatingIfNeeded: unsigned(column)) }

    package func loginNumber(_ column: Int32) -> LoginNumber { LoginNumber(unsigned(column)) }

    /// The point in time in a column.
    package func timestamp(_ column: Int32) -> Timestamp { Timestamp(milliseconds: unsigned(column)) }

    package func optionalTimestamp(_ column: Int32) -> Timestamp? { isNull(column) ? nil : timestamp(column) }

    /// The place in a log in a column; one beyond the last is the last.
    package func sequenceNumber(_ column: Int32) -> SequenceNumber { SequenceNumber(unsigned(column)) }

    package func optionalSequenceNumber(_ column: Int32) -> SequenceNumber? {
        isNull(column) ? nil : sequenceNumber(column)
    }
}
