import CLISupport

/// What a line of JSON looks like, as `chat schema` prints it.
struct LineShape: Sendable {
    struct Field: Sendable {
        enum Kind: Sendable {
            case text
            case uuid
            /// RFC 3339.
            case time
            case integer
            case number
            case flag
            case names
            case objects([Field])
            case constant(String)
            case choice([String])
        }

        var name: String
        var kind: Kind
        var isOptional = false
        var about: String
    }

    var head: String
    var about: String
    var fields: [Field]

    static func named(_ name: String) -> LineShape? { all.first { $0.head == name } }

    /// JSON Schema, draft 2020-12. Further keys may come with any release, so they are allowed.
    var schema: JSONObject {
        var properties = JSONObject()
        var version = JSONObject()
        version["const"] = .integer(1)
        properties["v"] = .object(version)
        properties["head"] = .object(Field(name: "head", kind: .constant(head), about: about).schema)
        for field in fields { properties[field.name] = .object(field.schema) }
        var schema = JSONObject()
        schema["title"] = .string(head)
        schema["description"] = .string(about)
        schema["type"] = .string("object")
        schema["properties"] = .object(properties)
        schema["required"] = .array(
            (["v", "head"] + fields.filter { !$0.isOptional }.map(\.name)).map(JSONValue.string))
        return schema
    }
}

extension LineShape.Field {
    fileprivate var schema: JSONObject {
        var schema = JSONObject()
        switch kind {
        case .text: schema["type"] = .string("string")
        case .uuid: (schema["type"], schema["format"]) = (.string("string"), .string("uuid"))
        case .time: (schema["type"], schema["format"]) = (.string("string"), .string("date-time"))
        case .integer: schema["type"] = .string("integer")
        case .number: schema["type"] = .string("number")
        case .flag: schema["type"] = .string("boolean")
        case .names:
            var item = JSONObject()
            item["type"] = .string("string")
            (schema["type"], schema["items"]) = (.string("array"), .object(item))
        case .objects(let fields):
            (schema["type"], schema["items"]) = (.string("array"), .object(Self.item(fields)))
        case .constant(let text): schema["const"] = .string(text)
        case .choice(let texts): schema["enum"] = .array(texts.map(JSONValue.string))
        }
        schema["description"] = .string(about)
        return schema
    }

    private static func item(_ fields: [LineShape.Field]) -> JSONObject {
        var properties = JSONObject()
        for field in fields { properties[field.name] = .object(field.schema) }
        var item = JSONObject()
        item["type"] = .string("object")
        item["properties"] = .object(properties)
        item["required"] = .array(fields.filter { !$0.isOptional }.map { .string($0.name) })
        return item
    }

    fileprivate static func required(_ name: String, _ kind: Kind, _ about: String) -> Self {
        Self(name: name, kind: kind, about: about)
    }

    fileprivate static func optional(_ name: String, _ kind: Kind, _ about: String) -> Self {
        Self(name: name, kind: kind, isOptional: true, about: about)
    }
}

extension LineShape {
    static let all: [LineShape] = messages + told + asked

    private static let messages = [ToldLines.direct.shape, ToldLines.room.shape, ToldLines.everyone.shape]

    private static let told = [
        ToldLines.gap.shape, ToldLines.acknowledgement.shape, ToldLines.login.shape, ToldLines.live.shape,
        ToldLines.presence.shape, ToldLines.receipt.shape, ToldLines.member.shape, error, ToldLines.notice.shape,
        ToldLines.log.shape,
    ]

    private static let asked = [
        AskedLines.whoAmI.shape, AskedLines.profile.shape, AskedLines.user.shape, AskedLines.blocked.shape,
        AskedLines.unread.shape,
        AskedLines.outbox.shape, AskedLines.resumePoint.shape, AskedLines.device.shape, AskedLines.key.shape,
        AskedLines.roomInfo.shape, AskedLines.roomPerson.shape, AskedLines.roomDevice.shape, AskedLines.server.shape,
        AskedLines.check.shape,
    ]

    /// A `Problem` writes it, for both programs.
    private static let error = LineShape(
        head: "error", about: "on stderr: what went wrong",
        fields: [
            .required("time", .time, "when this was"),
            .required("code", .text, "the name of the error, which programs compare"),
            .required("exit", .integer, "the exit status that it means"), .required("text", .text, "for people"),
            .optional("hint", .text, "what to do, for people"), .optional("id", .text, "the message's identifier"),
            .optional("conv", .text, "the conversation"),
            .optional("user", .text, "whose key it is about"),
            .optional("old", .text, "the fingerprint that is trusted"),
            .optional("new", .text, "the fingerprint that came instead"),
            .optional("sent", .choice(["no", "unknown"]), "whether the message went out"),
            .optional("device", .text, "the device that waits to be approved"),
            .optional("dev1", .text, "the fingerprint by which it is approved"),
            .optional("approvers", .integer, "how many devices can approve it"),
            .optional("retry_after_ms", .integer, "when trying again may help"),
        ])
}
