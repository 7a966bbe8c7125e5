import WireCodec

/// What a message holds once opened.
///
/// It names no sender: who sent an entry is what the server authenticated.
package struct Content: WireCodable, Equatable, Sendable {
    package enum ContentType: UInt8, Sendable {
        case text = 1
        /// For no person: whom the sender knows, told to another device of the same account.
        case keys = 2
    }

    /// A field of a later version; unknown types are kept and ignored.
    package struct Extension: WireCodable, Equatable, Sendable {
        package var type: UInt16
        package var data: [UInt8]

        package init(type: UInt16, data: [UInt8]) {
            self.type = type
            self.data = data
        }

        package func encode(into writer: inout WireWriter) {
            writer.write(type)
            writer.write(vector: data)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            type = try reader.read()
            data = Array(try reader.readVector(limit: Limits.payload, field: "extension"))
        }
    }

    package var type: ContentType
    /// UTF-8 without NUL, 1 to 65,536 bytes.
    package var body: String
    package var replyTo: MessageID?
    /// When the sender says it was sent.
    package var sent: Timestamp
    /// Sent by a program that answers by itself; programs do not answer it.
    package var auto: Bool
    package var extensions: [Extension]

    package init(
        type: ContentType = .text, body: String, replyTo: MessageID? = nil, sent: Timestamp, auto: Bool = false,
        extensions: [Extension] = []
    ) {
        self.type = type
        self.body = body
        self.replyTo = replyTo
        self.sent = sent
        self.auto = auto
        self.extensions = extensions
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(type.rawValue)
        writer.write(text: body)
        writer.write(optional: replyTo)
        writer.write(sent)
        writer.write(flag: auto)
        writer.write(vectorOf: extensions)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        type = try reader.readCase(field: "content type")
        body = try reader.readText(limit: Limits.text, field: "body")
        guard !body.isEmpty else { throw .invalidValue(field: "body") }
        replyTo = try reader.readOptional()
        sent = try reader.read()
        auto = try reader.readFlag(field: "auto")
        extensions = try reader.readVector(count: 64, field: "extensions")
    }
}
