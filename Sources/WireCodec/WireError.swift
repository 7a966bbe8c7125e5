/// Why bytes were refused by the codec.
///
/// The cases are compared by programs; `description` is for people.
package enum WireError: Error, Equatable, Sendable {
    /// The input ended inside a field.
    case truncated(needed: Int, available: Int)
    /// Bytes were left over behind the last field.
    case trailingBytes(Int)
    /// A variable-size length used more bytes than its value needs, or the reserved prefix 11 (RFC 9420 §2.1.2).
    case invalidLengthEncoding
    /// A field exceeded the limit that its type gives it.
    case limitExceeded(field: StaticString, limit: Int)
    /// A field held a value that its type does not have.
    case invalidValue(field: StaticString)

    package static func == (left: WireError, right: WireError) -> Bool {
        left.description == right.description
    }
}

extension WireError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated(let needed, let available):
            "expected \(needed) more bytes, got \(available)"
        case .trailingBytes(let count):
            "\(count) bytes left over after the last field"
        case .invalidLengthEncoding:
            "a length is not encoded in its shortest form"
        case .limitExceeded(let field, let limit):
            "\(field) exceeds its limit of \(limit)"
        case .invalidValue(let field):
            "\(field) holds a value that it cannot have"
        }
    }
}
