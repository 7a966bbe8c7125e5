import WireCodec

extension WireWriter {
    /// Writes text as `opaque<V>` in UTF-8.
    package mutating func write(text: String) { write(vector: Array(text.utf8)) }

    /// Writes one byte, 1 for true.
    package mutating func write(flag: Bool) { write(UInt8(flag ? 1 : 0)) }
}

extension WireReader {
    /// Reads `opaque<V>` that must be UTF-8 without NUL.
    package mutating func readText(limit: Int, field: StaticString) throws(WireError) -> String {
        let bytes = try readVector(limit: limit, field: field)
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalidValue(field: field)
        }
        return text
    }

    /// Reads one byte that is 0 or 1.
    package mutating func readFlag(field: StaticString) throws(WireError) -> Bool {
        switch try read(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .invalidValue(field: field)
        }
    }

    /// Reads one byte that is a case of `Value`.
    package mutating func readCase<Value: RawRepresentable<UInt8>>(
        _ type: Value.Type = Value.self, field: StaticString
    ) throws(WireError) -> Value {
        guard let value = Value(rawValue: try read()) else { throw .invalidValue(field: field) }
        return value
    }
}
