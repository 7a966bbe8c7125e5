import SQLite

extension StorePosition: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, number)
    }
}

extension Statement {
    func position(_ column: Int32) -> StorePosition { StorePosition(integer(column)) }

    func optionalPosition(_ column: Int32) -> StorePosition? { isNull(column) ? nil : position(column) }
}
