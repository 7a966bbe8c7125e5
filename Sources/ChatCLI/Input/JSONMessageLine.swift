import CLISupport
import ChatClient
import ChatProtocol

/// A message as an object: one of `to`, `room`, `everyone` and `conv`, a `body`, and perhaps `id` and `reply_to`. A line of
/// `send --jsonl` is one, and so are the parameters of the method `send`.
enum JSONMessageLine {
    /// Bytes that such a line may have: a body of the largest size, every byte of it as an escape, and the rest.
    static let limit = 6 * Limits.text + (64 << 10)

    static let keys: Set<String> = ["to", "room", "everyone", "conv", "body", "id", "reply_to"]

    /// - Throws: 65 `invalid_line`, or what no body may be.
    static func message(_ bytes: [UInt8]) throws(Problem) -> OutgoingMessage {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            throw invalid("not the JSON that is taken here: \(error.text)")
        }
        guard let object = value.object else { throw invalid("not an object") }
        return try message(object)
    }

    /// - Parameter others: keys that mean something to the caller.
    static func message(_ object: JSONObject, besides others: Set<String> = []) throws(Problem) -> OutgoingMessage {
        if let unknown = object.keys.first(where: { !keys.contains($0) && !others.contains($0) }) {
            throw invalid("unknown key \"\(unknown)\"")
        }
        guard let body = object["body"] else { throw invalid("no \"body\"") }
        guard let text = body.string else { throw invalid("\"body\" is no string") }
        return OutgoingMessage(
            conversation: try conversation(object), body: try MessageText.check(text),
            key: try key(object), replyTo: try replyTo(object))
    }

    private static func conversation(_ object: JSONObject) throws(Problem) -> ConversationName {
        var found: [ConversationName] = []
        if let value = object["to"] {
            guard let name = value.string.flatMap({ UserName(typed: $0) }) else {
                throw invalid("\"to\" is no user's name")
            }
            found.append(.user(name))
        }
        if let value = object["room"] {
            guard let name = value.string.flatMap({ UserName(typed: $0) }) else {
                throw invalid("\"room\" is no room's name")
            }
            found.append(.room(name))
        }
        if let value = object["everyone"] {
            guard value.bool == true else { throw invalid("\"everyone\" is not true") }
            found.append(.everyone)
        }
        if let value = object["conv"] {
            guard let name = value.string.flatMap({ ConversationName($0) }) else {
                throw invalid("\"conv\" is none of \"@USER\", \"#ROOM\" and \"*\"")
            }
            found.append(name)
        }
        guard found.count == 1 else { throw invalid("expected one of \"to\", \"room\", \"everyone\" and \"conv\"") }
        return found[0]
    }

    private static func key(_ object: JSONObject) throws(Problem) -> String? {
        guard let value = object["id"] else { return nil }
        guard let key = value.string, (1...Limits.idempotencyKey).contains(key.utf8.count) else {
            throw invalid("\"id\" is no string of 1 to \(Limits.idempotencyKey) bytes")
        }
        return key
    }

    private static func replyTo(_ object: JSONObject) throws(Problem) -> MessageID? {
        guard let value = object["reply_to"] else { return nil }
        guard let id = value.string.flatMap({ MessageID(uuid: $0) }) else {
            throw invalid("\"reply_to\" is no message's id")
        }
        return id
    }

    private static func invalid(_ text: String) -> Problem { Problem(.invalidLine, text, sent: .no) }
}
