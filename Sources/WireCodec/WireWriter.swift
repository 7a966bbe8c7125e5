/// A value that can be written in the TLS presentation language (RFC 8446 §3) with
/// the variable-size vectors of RFC 9420 §2.1.2.
package protocol WireEncodable {
    func encode(into writer: inout WireWriter)
}

extension WireEncodable {
    /// The encoding of this value alone.
    package var wireBytes: [UInt8] {
        // Most of what travels is shorter, and an array that grows is made anew with each doubling.
        var writer = WireWriter(reserving: 128)
        encode(into: &writer)
        return writer.bytes
    }
}

/// Appends fields, big-endian, to a growing array of bytes.
///
/// The types that travel most have functions of their own: what is generic and `package` is not specialised in another module, and
/// the first call of the library's generic `append` looks at every conformance in the program.
package struct WireWriter: Sendable {
    /// What has been written so far.
    package internal(set) var bytes: [UInt8]

    package init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Writes an unsigned integer in network byte order (RFC 8446 §3.3).
    package mutating func write(_ value: UInt8) { bytes.append(value) }
    package mutating func write(_ value: UInt16) { append(value) }
    package mutating func write(_ value: UInt32) { append(value) }
    package mutating func write(_ value: UInt64) { append(value) }

    /// Writes 16 bytes, the higher ones first.
    package mutating func write(high: UInt64, low: UInt64) {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Writes bytes without a length: a fixed-size vector, or a part of something longer.
    package mutating func write(fixed field: [UInt8]) { bytes.append(contentsOf: field) }
    package mutating func write(fixed field: ArraySlice<UInt8>) { bytes.append(contentsOf: field) }
    package mutating func write(fixed field: UnsafeRawBufferPointer) { bytes.append(contentsOf: field) }
    package mutating func write(fixed field: String.UTF8View) { bytes.append(contentsOf: field) }
    package mutating func write(fixed field: some Collection<UInt8>) { bytes.append(contentsOf: field) }

    /// Writes a nested structure.
    package mutating func write(_ value: some WireEncodable) {
        value.encode(into: &self)
    }

    /// Writes `opaque field<V>`: a variable-size length, then the bytes.
    package mutating func write(vector field: [UInt8]) {
        write(length: field.count)
        write(fixed: field)
    }

    package mutating func write(vector field: ArraySlice<UInt8>) {
        write(length: field.count)
        write(fixed: field)
    }

    package mutating func write(vector field: String.UTF8View) {
        write(length: field.count)
        write(fixed: field)
    }

    package mutating func write(vector field: some Collection<UInt8>) {
        write(length: field.count)
        write(fixed: field)
    }

    /// Writes `T elements<V>`: the length in bytes, then the elements.
    package mutating func write<Element: WireEncodable>(vectorOf elements: [Element]) {
        writeVector { writer in
            for element in elements { element.encode(into: &writer) }
        }
    }

    /// Writes a `<V>` vector whose content `body` writes.
    package mutating func writeVector(_ body: (inout WireWriter) -> Void) {
        let start = bytes.count
        body(&self)
        var length = WireWriter(reserving: 4)
        length.write(length: bytes.count - start)
        bytes.insert(contentsOf: length.bytes, at: start)
    }

    /// Writes `optional<T>`: one byte of presence, then the value (RFC 9420 §2.1.1).
    package mutating func write<Value: WireEncodable>(optional value: Value?) {
        if let value {
            write(UInt8(1))
            write(value)
        } else {
            write(UInt8(0))
        }
    }

    /// Writes a variable-size length (RFC 9420 §2.1.2). Lengths above 2³⁰ − 1 cannot be expressed;
    /// every type's own limit is far below that.
    package mutating func write(length: Int) {
        precondition(length >= 0 && length <= WireLength.maximum, "a vector of \(length) bytes cannot be encoded")
        switch length {
        case ..<0x40: write(UInt8(length))
        case ..<0x4000: write(UInt16(length) | 0x4000)
        default: write(UInt32(length) | 0x8000_0000)
        }
    }
}

/// Bounds of the variable-size length encoding.
package enum WireLength {
    /// The largest length that four bytes with the prefix 10 can hold (RFC 9420 §2.1.2).
    package static let maximum = 0x3fff_ffff
}
