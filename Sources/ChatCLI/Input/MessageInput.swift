import CLISupport
import ChatClient
import ChatProtocol
import Dispatch
import Glibc

/// Where a message's body comes from.
enum MessageInput {
    /// All of standard input: exact bytes less one final newline.
    ///
    /// - Throws: 65 for what no message may be; what is too long is not read to its end. 74 where reading fails.
    static func standardInput() async throws(Problem) -> String {
        let outcome: Result<[UInt8], SystemError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: readAll(limit: Limits.text + 2)) }
        }
        switch outcome {
        case .failure(let error): throw Problem(.inputOutput, "cannot read standard input: \(error.text)", sent: .no)
        case .success(var bytes):
            if bytes.last == 0x0a { bytes.removeLast() }
            guard bytes.count <= Limits.text else { throw tooLong() }
            return try MessageText.check(bytes)
        }
    }

    static func tooLong() -> Problem {
        Problem(
            .messageTooLong, "the message has more than \(Limits.text) bytes (64 KiB)",
            hint: "send it in parts, or send where it can be read", sent: .no)
    }

    private static func readAll(limit: Int) -> Result<[UInt8], SystemError> {
        var all: [UInt8] = []
        while all.count < limit {
            switch Descriptor.read(STDIN_FILENO, limit: limit - all.count) {
            case .failure(let error): return .failure(error)
            case .success(let bytes):
                if bytes.isEmpty { return .success(all) }
                all += bytes
            }
        }
        return .success(all)
    }
}

/// A line of `send --jsonl`: one of `to`, `everyone` and `conv`, a `body`, and perhaps `id` and `reply_to`.
enum JSONMessageLine {
    /// Bytes that such a line may have: a body of the largest size, every byte of it as an escape, and the rest.
    static let limit = 6 * Limits.text + (64 << 10)

    private static let keys: Set<String> = ["to", "everyone", "conv", "body", "id", "reply_to"]

    /// - Throws: 65 `invalid_line`, or what no body may be.
    static func message(_ bytes: [UInt8]) throws(Problem) -> OutgoingMessage {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            throw invalid("not the JSON that is taken here: \(error.text)")
        }
        guard let object = value.object else { throw invalid("not an object") }
        if let unknown = object.keys.first(where: { !keys.contains($0) }) {
            throw invalid("unknown key \"\(unknown)\"")
        }
        guard let body = object["body"] else { throw invalid("no \"body\"") }
        guard let text = body.string else { throw invalid("\"body\" is no string") }
        return OutgoingMessage(
            conversation: try conversation(object), body: try MessageText.check(Array(text.utf8)),
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
        if let value = object["everyone"] {
            guard value.bool == true else { throw invalid("\"everyone\" is not true") }
            found.append(.everyone)
        }
        if let value = object["conv"] {
            guard let name = value.string.flatMap({ ConversationName($0) }) else {
                throw invalid("\"conv\" is neither \"@USER\" nor \"*\"")
            }
            found.append(name)
        }
        guard found.count == 1 else { throw invalid("expected one of \"to\", \"everyone\" and \"conv\"") }
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
