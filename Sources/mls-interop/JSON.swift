import CLISupport
import WireCodec

/// A JSON value as this program uses it: members by name, and integers, since the vectors have no other numbers.
enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Int64)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(parsing bytes: [UInt8]) throws { self.init(try JSONValue(parsing: bytes)) }

    private init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .number(value)
        // More than a signed number holds.
        case .number(let digits), .string(let digits): self = .string(digits)
        case .array(let items): self = .array(items.map(JSON.init))
        case .object(let object):
            self = .object(
                Dictionary(object.members.map { ($0.key, JSON($0.value)) }, uniquingKeysWith: { first, _ in first }))
        }
    }

    subscript(key: String) -> JSON {
        if case .object(let members) = self { members[key] ?? .null } else { .null }
    }

    var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var int: Int? {
        switch self {
        case .number(let value): Int(exactly: value)
        case .string(let text): Int(text)
        default: nil
        }
    }
    var isNull: Bool { self == .null }

    /// Bytes in hexadecimal, as vectors have them.
    var hex: [UInt8]? { string.flatMap { Hexadecimal.bytes($0) } }

    static func hex(_ bytes: [UInt8]) -> JSON { .string(Hexadecimal.text(bytes)) }

    /// The shortest text; members in order of their names, so that equal values give equal texts.
    var text: String { value.text }

    private var value: JSONValue {
        switch self {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .number(let value): return .integer(value)
        case .string(let text): return .string(text)
        case .array(let items): return .array(items.map(\.value))
        case .object(let members):
            var object = JSONObject()
            for (key, member) in members.sorted(by: { $0.key < $1.key }) { object[key] = member.value }
            return .object(object)
        }
    }
}
