/// A value that can stand for a `?`.
package protocol Bindable {
    func bind(to statement: Statement, at index: Int32) throws(SQLiteError)
}

extension Int64: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) { try statement.bind(index, self) }
}

extension Int: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) { try statement.bind(index, self) }
}

extension UInt64: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) { try statement.bind(index, self) }
}

extension Bool: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(index, Int64(self ? 1 : 0))
    }
}

extension String: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) { try statement.bind(index, self) }
}

extension [UInt8]: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) { try statement.bind(index, self) }
}

extension Optional: Bindable where Wrapped: Bindable {
    package func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        if let self { try self.bind(to: statement, at: index) } else { try statement.bindNull(index) }
    }
}

extension Statement {
    /// What `read` makes of each row.
    fileprivate func all<Row>(_ read: (Statement) throws -> Row) throws -> [Row] {
        defer { reset() }
        var rows: [Row] = []
        while try step() { rows.append(try read(self)) }
        return rows
    }

    /// Binds all parameters, in order.
    package func bind<each Value: Bindable>(all values: repeat each Value) throws(SQLiteError) {
        var index: Int32 = 0
        repeat try bind(each values, behind: &index)
    }

    /// Binds the parameter behind `index`. One by one, for whoever has a pack of them: packs that are handed on are copied into a tuple,
    /// whose type is looked up each time.
    @inline(__always)
    fileprivate func bind(_ value: some Bindable, behind index: inout Int32) throws(SQLiteError) {
        index += 1
        try value.bind(to: self, at: index)
    }
}

extension Database {
    /// Runs one statement with its values, ignoring rows.
    package func run<each Value: Bindable>(_ sql: StaticString, _ values: repeat each Value) throws(SQLiteError) {
        let statement = try statement(sql)
        var index: Int32 = 0
        repeat try statement.bind(each values, behind: &index)
        try statement.run()
    }

    /// As `run`, for secrets: nothing of them stays bound.
    package func runClearing<each Value: Bindable>(
        _ sql: StaticString, _ values: repeat each Value
    ) throws(SQLiteError) {
        let statement = try statement(sql)
        defer { statement.clearBindings() }
        var index: Int32 = 0
        repeat try statement.bind(each values, behind: &index)
        try statement.run()
    }

    /// What `read` makes of each row.
    package func all<each Value: Bindable, Row>(
        _ sql: StaticString, _ values: repeat each Value, read: (Statement) throws -> Row
    ) throws -> [Row] {
        let statement = try statement(sql)
        var index: Int32 = 0
        repeat try statement.bind(each values, behind: &index)
        return try statement.all(read)
    }

    /// As `all`, where `sql` selects from `views`: a WITH clause that stands before it. A view of the connection would be a
    /// database of its own, which costs more than a query.
    package func all<each Value: Bindable, Row>(
        _ sql: StaticString, from views: StaticString, _ values: repeat each Value, read: (Statement) throws -> Row
    ) throws -> [Row] {
        let statement = try statement(sql, after: views)
        var index: Int32 = 0
        repeat try statement.bind(each values, behind: &index)
        return try statement.all(read)
    }

    /// What `read` makes of the first row; nil where there is none.
    package func first<each Value: Bindable, Row>(
        _ sql: StaticString, _ values: repeat each Value, read: (Statement) throws -> Row
    ) throws -> Row? {
        let statement = try statement(sql)
        defer { statement.reset() }
        var index: Int32 = 0
        repeat try statement.bind(each values, behind: &index)
        return try statement.step() ? try read(statement) : nil
    }
}
