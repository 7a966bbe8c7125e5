import CLISupport
import ChatClient
import Logging

/// What a line of JSON looks like: `chat schema` prints it, and tests hold every line against it.
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
        case .constant(let text): schema["const"] = .string(text)
        case .choice(let texts): schema["enum"] = .array(texts.map(JSONValue.string))
        }
        schema["description"] = .string(about)
        return schema
    }

    fileprivate static func required(_ name: String, _ kind: Kind, _ about: String) -> Self {
        Self(name: name, kind: kind, about: about)
    }

    fileprivate static func optional(_ name: String, _ kind: Kind, _ about: String) -> Self {
        Self(name: name, kind: kind, isOptional: true, about: about)
    }

    fileprivate static let conversation = required("conv", .text, "the conversation: @USER, or * for everybody")
    fileprivate static let time = required("time", .time, "when this was")

    fileprivate static let message: [Self] = [
        .required("id", .uuid, "the message's identifier"), .conversation,
        .required("seq", .integer, "strictly increases within the conversation; numbers may be left out"),
        .optional("cursor", .text, "the place behind this line, for --after-cursor; opaque"),
        .required("time", .time, "when the server took it"),
        .required("ts", .number, "the same, in seconds since 1970"),
        .required("sent", .time, "when the sender says it was sent"), .required("from", .text, "the sender's name"),
        .required("from_device", .text, "the identifier of the sender's device"),
        .required("own", .flag, "whether this account sent it"),
    ]

    fileprivate static let content: [Self] = [
        .required("body", .text, "the text"),
        .optional("reply_to", .uuid, "the message that this one answers"),
        .optional("auto", .flag, "true where a program sent it that answers by itself"),
    ]
}

extension LineShape {
    static let all: [LineShape] = messages + told + asked

    private static let messages = [
        LineShape(
            head: "dm", about: "a direct message",
            fields: Field.message + [.required("to", .text, "the recipient's name")] + Field.content + [
                .optional("choice", .text, "with ask --choice: which of the choices it is")
            ]),
        LineShape(head: "bcast", about: "a message to everybody", fields: Field.message + Field.content),
    ]

    private static let told = [
        LineShape(
            head: "gap", about: "messages that this device will not get",
            fields: [
                .conversation, .required("reason", .choice(GapNotice.Reason.allCases.map(\.rawValue)), "why"),
                .optional("cursor", .text, "the place behind this line"), .time,
                .optional("missed", .integer, "how many, where that is known"),
            ]),
        LineShape(
            head: "ack", about: "what became of a message",
            fields: [
                .optional("id", .uuid, "the message's identifier"), .conversation,
                .optional("user", .text, "the recipient, where each is told apart"),
                .optional("seq", .integer, "its number, once the server has taken it"),
                .required("time", .time, "when the server took it, or when this was decided"),
                .required("status", .choice(Acknowledgement.Status.allCases.map(\.rawValue)), "how far it has come"),
                .optional("code", .text, "the name of the error"),
            ]),
        LineShape(
            head: "login", about: "with --meta, at every connect: who this connection speaks for",
            fields: [
                .time, .required("user", .text, "this account's name"),
                .required("display_name", .text, "the name for people"), .required("server", .text, "HOST:PORT"),
                .required("device", .text, "this device's identifier"),
                .required("device_name", .text, "this device's name"),
            ]),
        LineShape(head: "live", about: "with --meta: what was missed has been told", fields: [.time]),
        LineShape(
            head: "meta", about: "with --meta: who is online; the full list first, then what changes",
            fields: [
                .optional("delta", .flag, "true: a change, not the full list"), .time,
                .optional("online", .names, "who is online, or came"), .optional("offline", .names, "who went"),
            ]),
        LineShape(
            head: "receipt", about: "with --meta: how far a user has come in a direct conversation",
            fields: [
                .conversation, .time, .required("user", .text, "whose receipt it is"),
                .required("delivered", .integer, "stored by one of the user's devices up to this seq"),
                .required("read", .integer, "shown to the user up to this seq"),
            ]),
        LineShape(
            head: "error", about: "on stderr: what went wrong",
            fields: [
                .time, .required("code", .text, "the name of the error, which programs compare"),
                .required("exit", .integer, "the exit status that it means"), .required("text", .text, "for people"),
                .optional("hint", .text, "what to do, for people"), .optional("id", .text, "the message's identifier"),
                .optional("conv", .text, "the conversation"),
                .optional("sent", .choice(["no", "unknown"]), "whether the message went out"),
                .optional("retry_after_ms", .integer, "when trying again may help"),
            ]),
        LineShape(
            head: "notice", about: "on stderr, unless --quiet: something worth knowing that is no error",
            fields: [
                .time, .required("code", .text, "what it is, for programs"), .required("text", .text, "for people"),
            ]),
        LineShape(
            head: "log", about: "on stderr, with --verbose: what happens inside, for people who look for a fault",
            fields: [
                .time, .required("level", .choice(Logger.Level.allCases.map(\.rawValue)), "how much it matters"),
                .required("text", .text, "for people"),
            ]),
    ]

    private static let asked = [
        LineShape(
            head: "whoami", about: "who this profile is",
            fields: [
                .required("profile", .text, "the profile"), .required("user", .text, "the account's name"),
                .required("display_name", .text, "the name for people"), .required("server", .text, "HOST:PORT"),
                .optional("trust", .text, "how the server is known: ca, or SHA256:… of its key"),
                .required("device", .text, "this device's identifier"),
                .required("device_name", .text, "this device's name"),
                .required("fingerprint", .text, "SHA256:… of this device's login key"),
            ]),
        LineShape(
            head: "profile", about: "a profile of this user",
            fields: [
                .required("profile", .text, "its name"), .required("current", .flag, "whether it is the one in use"),
                .optional("user", .text, "its account; none: not logged in"), .optional("server", .text, "HOST:PORT"),
                .optional("code", .text, "why it cannot be used"),
            ]),
        LineShape(
            head: "user", about: "a user of the server",
            fields: [
                .required("user", .text, "the name"), .required("display_name", .text, "the name for people"),
                .required("online", .flag, "whether a connection takes deliveries"),
                .optional("last_seen", .time, "when the last such connection ended"),
            ]),
        LineShape(
            head: "unread", about: "messages that were not shown; without conv: of all conversations",
            fields: [
                .optional("conv", .text, "the conversation"), .required("count", .integer, "how many"),
                .optional("oldest", .time, "when the server took the first of them"),
            ]),
        LineShape(
            head: "outbox", about: "a message that waits to be sent, or was refused",
            fields: [
                .required("id", .uuid, "the message's identifier"), .conversation,
                .required("status", .choice(["queued", "failed"]), "whether it will be tried again"),
                .required("time", .time, "when it was queued"), .optional("expires", .time, "when it is dropped"),
                .required("attempts", .integer, "how often it was tried"),
                .optional("code", .text, "the last error"), .required("body", .text, "the text"),
            ]),
        LineShape(
            head: "resume", about: "a resume point",
            fields: [
                .required("name", .text, "its name"), .required("cursor", .text, "where it stands; opaque"),
                .required("time", .time, "when it last moved"),
                .required("waiting", .integer, "received messages behind it"),
                .optional("pid", .integer, "the process that uses it"),
            ]),
        LineShape(
            head: "device", about: "a device of this account",
            fields: [
                .required("id", .text, "its identifier"), .required("name", .text, "its name"),
                .required("state", .choice(["pending", "active", "revoked"]), "whether it can log in"),
                .required("this", .flag, "whether it is the one that asks"),
                .required("created", .time, "when it was made"), .optional("last_seen", .time, "when it was last here"),
                .required("online", .flag, "whether it takes deliveries"),
            ]),
        LineShape(
            head: "server", about: "a server that is known",
            fields: [
                .required("server", .text, "HOST:PORT"), .required("trust", .text, "ca, or SHA256:… of its key"),
            ]),
        LineShape(
            head: "check", about: "what doctor looked at",
            fields: [
                .required("name", .text, "what"),
                .required("status", .choice(["ok", "warning", "failed", "skipped"]), "how it stands"),
                .required("text", .text, "what was found"), .optional("hint", .text, "what to do"),
                .optional("code", .text, "the name of the error"),
                .optional("exit", .integer, "the exit status that it means"),
            ]),
    ]
}
