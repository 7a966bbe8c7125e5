/// A JSON value (RFC 8259). Members keep their order and integers are exact.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Any other number, as the digits that were or will be written, so that nothing is rounded on the way.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The value on one line, without white space.
    package var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }
}

/// An object whose members are written in the order in which they were set.
package struct JSONObject: Equatable, Sendable {
    package struct Member: Equatable, Sendable {
        package var key: String
        package var value: JSONValue
    }

    package private(set) var members: [Member] = []

    package init() {}

    /// A line of the output: begins with the version of the format and what the line is.
    package init(head: String) {
        self["v"] = .integer(1)
        self["head"] = .string(head)
    }

    /// Setting a key that is there replaces its value; setting nil takes it away.
    package subscript(key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    package var keys: [String] { members.map(\.key) }

    /// For the parser, which has refused duplicates already.
    mutating func append(_ key: String, _ value: JSONValue) { members.append(Member(key: key, value: value)) }

    package var text: String { JSONValue.object(self).text }
    package var bytes: [UInt8] { JSONValue.object(self).bytes }
}
