import CLISupport
import ChatProtocol

/// A line of JSON: which fields it has, and what each says of a value. `--json` prints the one, `chat schema` the other.
struct JSONLine<Value>: Sendable {
    struct Field: Sendable {
        var shape: LineShape.Field
        /// Nil where the field is left out.
        var value: @Sendable (Value) -> JSONValue?
    }

    var head: String
    var about: String
    var fields: [Field]

    init(_ head: String, _ about: String, _ fields: [Field]) {
        self.head = head
        self.about = about
        self.fields = fields
    }

    var shape: LineShape { LineShape(head: head, about: about, fields: fields.map(\.shape)) }

    func object(_ value: Value) -> JSONObject {
        var object = JSONObject(head: head)
        for field in fields { object[field.shape.name] = field.value(value) }
        return object
    }
}

extension JSONLine.Field {
    private static func required<Part>(
        _ name: String, _ kind: LineShape.Field.Kind, _ about: String, _ part: @escaping @Sendable (Value) -> Part,
        _ write: @escaping @Sendable (Part) -> JSONValue
    ) -> Self {
        Self(shape: .init(name: name, kind: kind, about: about)) { write(part($0)) }
    }

    private static func optional<Part>(
        _ name: String, _ kind: LineShape.Field.Kind, _ about: String, _ part: @escaping @Sendable (Value) -> Part?,
        _ write: @escaping @Sendable (Part) -> JSONValue
    ) -> Self {
        Self(shape: .init(name: name, kind: kind, isOptional: true, about: about)) { part($0).map(write) }
    }

    static func text(_ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> String) -> Self {
        required(name, .text, about, part) { .string($0) }
    }

    static func optionalText(_ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> String?) -> Self {
        optional(name, .text, about, part) { .string($0) }
    }

    static func uuid(_ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> MessageID) -> Self {
        required(name, .uuid, about, part) { .string($0.uuid) }
    }

    static func optionalUUID(
        _ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> MessageID?
    ) -> Self {
        optional(name, .uuid, about, part) { .string($0.uuid) }
    }

    static func time(_ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> Timestamp) -> Self {
        required(name, .time, about, part) { .string(TimestampText.utc($0)) }
    }

    static func optionalTime(
        _ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> Timestamp?
    ) -> Self {
        optional(name, .time, about, part) { .string(TimestampText.utc($0)) }
    }

    /// Seconds since 1970.
    static func seconds(_ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> Timestamp) -> Self {
        required(name, .number, about, part) { TimestampText.seconds($0) }
    }

    static func integer<Number: BinaryInteger & SendableMetatype>(
        _ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> Number
    ) -> Self {
        required(name, .integer, about, part) { .integer(Int64(clamping: $0)) }
    }

    static func optionalInteger<Number: BinaryInteger & SendableMetatype>(
        _ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> Number?
    ) -> Self {
        optional(name, .integer, about, part) { .integer(Int64(clamping: $0)) }
    }

    static func flag(_ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> Bool) -> Self {
        required(name, .flag, about, part) { .bool($0) }
    }

    /// There only where it is true.
    static func mark(_ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> Bool) -> Self {
        optional(name, .flag, about, { part($0) ? true : nil }) { .bool($0) }
    }

    static func optionalNames(
        _ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> [UserName]?
    ) -> Self {
        optional(name, .names, about, part) { .array($0.map { .string($0.text) }) }
    }

    static func optionalTexts(
        _ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> [String]?
    ) -> Self {
        optional(name, .names, about, part) { .array($0.map { .string($0) }) }
    }

    static func optionalObjects<Item>(
        _ name: String, _ about: String, of fields: [JSONLine<Item>.Field],
        _ part: @escaping @Sendable (Value) -> [Item]?
    ) -> Self {
        optional(name, .objects(fields.map(\.shape)), about, part) { items in
            .array(
                items.map { item in
                    var object = JSONObject()
                    for field in fields { object[field.shape.name] = field.value(item) }
                    return .object(object)
                })
        }
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable & SendableMetatype>(
        _ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> Choice
    ) -> Self {
        required(name, .choice(Choice.allCases.map(\.rawValue)), about, part) { .string($0.rawValue) }
    }

    static func optionalChoice<Choice: RawRepresentable<String> & CaseIterable & SendableMetatype>(
        _ name: String, _ about: String, _ part: @escaping @Sendable (Value) -> Choice?
    ) -> Self {
        optional(name, .choice(Choice.allCases.map(\.rawValue)), about, part) { .string($0.rawValue) }
    }

    static func choice(
        _ name: String, of texts: [String], _ about: String, _ part: @escaping @Sendable (Value) -> String
    ) -> Self {
        required(name, .choice(texts), about, part) { .string($0) }
    }
}
