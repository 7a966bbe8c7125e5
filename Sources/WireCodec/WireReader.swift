/// A value that can be read from the TLS presentation language (RFC 8446 §3, RFC 9420 §2.1).
package protocol WireDecodable {
    init(from reader: inout WireReader) throws(WireError)
}

package typealias WireCodable = WireEncodable & WireDecodable

extension WireDecodable {
    /// Reads one value that must fill `bytes` exactly.
    package init(wireBytes bytes: [UInt8]) throws(WireError) { try self.init(wireBytes: bytes[...]) }

    package init(wireBytes bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        self = try Self(from: &reader)
        try reader.finish()
    }
}

/// Takes fields, big-endian, from the front of some bytes.
///
/// Arrays and their slices are not copied. Nothing is allocated for a vector before its length was checked against what remains.
package struct WireReader: Sendable {
    private var remaining: ArraySlice<UInt8>

    package init(_ bytes: [UInt8]) { remaining = bytes[...] }
    package init(_ bytes: ArraySlice<UInt8>) { remaining = bytes }

    package var isAtEnd: Bool { remaining.isEmpty }

    /// Refuses bytes behind the last field.
    package func finish() throws(WireError) {
        guard remaining.isEmpty else { throw .trailingBytes(remaining.count) }
    }

    /// Reads an unsigned integer in network byte order (RFC 8446 §3.3).
    package mutating func read(_: UInt8.Type = UInt8.self) throws(WireError) -> UInt8 { try integer() }
    package mutating func read(_: UInt16.Type = UInt16.self) throws(WireError) -> UInt16 { try integer() }
    package mutating func read(_: UInt32.Type = UInt32.self) throws(WireError) -> UInt32 { try integer() }
    package mutating func read(_: UInt64.Type = UInt64.self) throws(WireError) -> UInt64 { try integer() }

    private mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>() throws(WireError) -> Integer {
        let size = MemoryLayout<Integer>.size
        guard remaining.count >= size else { throw .truncated(needed: size, available: remaining.count) }
        let value = remaining.withUnsafeBytes { Integer(bigEndian: $0.loadUnaligned(as: Integer.self)) }
        remaining = remaining[(remaining.startIndex + size)...]
        return value
    }

    /// Reads exactly `count` bytes.
    package mutating func read(fixed count: Int) throws(WireError) -> ArraySlice<UInt8> {
        try take(count)
    }

    /// Reads everything that is left.
    package mutating func readRest() -> ArraySlice<UInt8> {
        defer { remaining = [] }
        return remaining
    }

    package mutating func read<Value: WireDecodable>(_ type: Value.Type = Value.self) throws(WireError) -> Value {
        try Value(from: &self)
    }

    /// Reads `opaque field<V>` of at most `limit` bytes.
    package mutating func readVector(
        limit: Int = WireLength.maximum, field: StaticString = "vector"
    ) throws(WireError) -> ArraySlice<UInt8> {
        let length = try readLength()
        guard length <= limit else { throw .limitExceeded(field: field, limit: limit) }
        return try take(length)
    }

    /// Reads `T elements<V>` of at most `count` elements.
    package mutating func readVector<Element: WireDecodable>(
        of type: Element.Type = Element.self, count limit: Int, field: StaticString = "vector"
    ) throws(WireError) -> [Element] {
        var inner = WireReader(try readVector(field: field))
        var elements: [Element] = []
        while !inner.isAtEnd {
            guard elements.count < limit else { throw .limitExceeded(field: field, limit: limit) }
            elements.append(try Element(from: &inner))
        }
        return elements
    }

    /// Reads `optional<T>` (RFC 9420 §2.1.1): the presence byte is 0 or 1 and nothing else.
    package mutating func readOptional<Value: WireDecodable>(
        _ type: Value.Type = Value.self
    ) throws(WireError) -> Value? {
        switch try read(UInt8.self) {
        case 0: nil
        case 1: try Value(from: &self)
        default: throw .invalidValue(field: "optional")
        }
    }

    /// Reads a length (RFC 9420 §2.1.2): 1, 2 or 4 bytes, and the shortest form that fits.
    package mutating func readLength() throws(WireError) -> Int {
        let first = try read(UInt8.self)
        switch first >> 6 {
        case 0:
            return Int(first)
        case 1:
            let length = Int(first & 0x3f) << 8 | Int(try read(UInt8.self))
            guard length >= 0x40 else { throw .invalidLengthEncoding }
            return length
        case 2:
            var length = Int(first & 0x3f)
            for byte in try take(3) { length = length << 8 | Int(byte) }
            guard length >= 0x4000 else { throw .invalidLengthEncoding }
            return length
        default:
            throw .invalidLengthEncoding
        }
    }

    private mutating func take(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining.count else {
            throw .truncated(needed: count, available: remaining.count)
        }
        let taken = remaining.prefix(count)
        remaining = remaining.dropFirst(count)
        return taken
    }
}
