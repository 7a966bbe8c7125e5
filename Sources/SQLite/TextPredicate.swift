import CSQLite

extension Database {
    /// Makes `name(text)` in SQL tell what `test` says of a text's UTF-8, which is lent, until it is defined anew; NULL of
    /// NULL. Only this connection's own statements may call it, not what stands in the file.
    package func define(_ name: StaticString, _ test: @escaping (UnsafeBufferPointer<UInt8>) -> Bool)
        throws(SQLiteError)
    {
        let predicate = Unmanaged.passRetained(TextPredicate(test)).toOpaque()
        // SQLite gives it back by the last function, also where this fails.
        let code = sqlite3_create_function_v2(
            handle, name.description, 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, predicate, tellText, nil, nil,
            releasePredicate)
        guard code == SQLITE_OK else { throw error(code, name.description) }
    }
}

private final class TextPredicate {
    let test: (UnsafeBufferPointer<UInt8>) -> Bool
    init(_ test: @escaping (UnsafeBufferPointer<UInt8>) -> Bool) { self.test = test }
}

private func tellText(
    _ context: OpaquePointer?, _ count: Int32, _ values: UnsafeMutablePointer<OpaquePointer?>?
) {
    guard let value = values?.pointee, let state = sqlite3_user_data(context) else {
        return sqlite3_result_null(context)
    }
    // SQLite's order: the pointer first, for it may convert; then the count.
    guard let start = sqlite3_value_text(value) else { return sqlite3_result_null(context) }
    let text = UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
    let predicate = Unmanaged<TextPredicate>.fromOpaque(state).takeUnretainedValue()
    sqlite3_result_int(context, predicate.test(text) ? 1 : 0)
}

private func releasePredicate(_ state: UnsafeMutableRawPointer?) {
    if let state { Unmanaged<TextPredicate>.fromOpaque(state).release() }
}
