import ChatProtocol

/// Everything that a command of `chat` or `chatd` can fail with, for both of an error's readers.
///
/// Programs compare `code` and `exit`; people read `text` and `hint`.
package struct Problem: Error, Equatable, Sendable {
    /// Whether the message went out, where that is a question.
    package enum Sent: String, Sendable {
        /// Certainly not: sending it again is safe, with or without its id.
        case no
        /// Perhaps: only sending it again with the same id is safe.
        case unknown
    }

    /// The stable name: an `ErrorCode`'s or a `LocalCode`'s.
    package var code: String
    package var exit: ExitStatus
    /// What went wrong: what was expected and what came. Lower case, no full stop.
    package var text: String
    /// What to do about it.
    package var hint: String?
    /// What to do about it, where each way of speaking to us has its own words.
    package var advice: Advice?
    /// The message it is about, as a UUID, so that a retry with it never doubles.
    package var id: String?
    /// The conversation it is about: `@USER`, `#ROOM` or `*`.
    package var conversation: String?
    package var sent: Sent?
    /// When trying again may help, from now.
    package var retryAfter: Duration?
    /// Whose key it is about.
    package var user: String?
    /// The fingerprint that is trusted, and the one that came instead.
    package var oldKey: String?
    package var newKey: String?
    /// A device that waits to be approved, the fingerprint by which that is done, and how many devices can.
    package var device: String?
    package var deviceFingerprint: String?
    package var approvers: Int?
    /// Where the conversation stands, with a refused precondition: for whoever makes the message anew, not for people.
    package var current: ConversationStanding?

    package init(
        code: String, exit: ExitStatus, text: String, hint: String? = nil, advice: Advice? = nil,
        id: String? = nil, conversation: String? = nil, sent: Sent? = nil, retryAfter: Duration? = nil
    ) {
        self.code = code
        self.exit = exit
        self.text = text
        self.hint = hint
        self.advice = advice
        self.id = id
        self.conversation = conversation
        self.sent = sent
        self.retryAfter = retryAfter
    }

    package init(
        _ code: LocalCode, _ text: String, hint: String? = nil, advice: Advice? = nil, id: String? = nil,
        conversation: String? = nil, sent: Sent? = nil, retryAfter: Duration? = nil
    ) {
        self.init(
            code: code.rawValue, exit: code.exitStatus, text: text, hint: hint, advice: advice, id: id,
            conversation: conversation,
            sent: sent, retryAfter: retryAfter)
    }

    /// What the protocol's list says, where this side finds what that error names.
    package init(
        _ code: ErrorCode, _ text: String? = nil, hint: String? = nil, advice: Advice? = nil, id: String? = nil,
        conversation: String? = nil, sent: Sent? = nil, retryAfter: Duration? = nil
    ) {
        self.init(
            code: code.name, exit: code.exitStatus, text: text ?? code.sentence, hint: hint, advice: advice,
            id: id,
            conversation: conversation, sent: sent, retryAfter: retryAfter)
    }

    /// What the server refused. A code of a newer server keeps its number, and is a matter of versions (76).
    package init(
        _ failure: Failure, hint: String? = nil, id: String? = nil, conversation: String? = nil, sent: Sent? = nil
    ) {
        self.init(
            code: failure.errorCode?.name ?? "server_error_\(failure.code)",
            exit: failure.errorCode?.exitStatus ?? .protocolFault, text: failure.sentence, hint: hint, id: id,
            conversation: conversation, sent: sent,
            retryAfter: failure.wait)
        current = failure.current
        if hint == nil, failure.errorCode == .replaced { advice = .logInByIdentityAgain() }
    }

    /// One line without its newline, as a program tells it on standard error.
    package func line(program: String, json: Bool, time: @autoclosure () -> Timestamp) -> String {
        json ? self.json(time: time()).text : plainLine(program: program)
    }

    /// One line without its newline: `chat: what went wrong; what to do`.
    ///
    /// - Parameter program: `chat` or `chatd`.
    package func plainLine(program: String) -> String {
        var line = "\(program): \(InertText.line(text))"
        if let id { line += " (message \(InertText.line(id)))" }
        if let hint { line += "; \(InertText.line(hint))" }
        return line
    }

    /// The object that `--json` prints on stderr.
    package func json(time: Timestamp) -> JSONObject {
        var object = JSONObject(head: "error")
        object["time"] = .string(TimestampText.utc(time))
        describe(in: &object, text: text)
        return object
    }

    /// What programs want to know of it.
    package func details(withText: Bool) -> JSONObject {
        var object = JSONObject()
        describe(in: &object, text: withText ? text : nil)
        return object
    }

    private func describe(in object: inout JSONObject, text: String?) {
        object["code"] = .string(code)
        object["exit"] = .integer(Int64(exit.rawValue))
        object["text"] = text.map(JSONValue.string)
        object["hint"] = hint.map(JSONValue.string)
        object["id"] = id.map(JSONValue.string)
        object["conv"] = conversation.map(JSONValue.string)
        object["user"] = user.map(JSONValue.string)
        object["old"] = oldKey.map(JSONValue.string)
        object["new"] = newKey.map(JSONValue.string)
        object["device"] = device.map(JSONValue.string)
        object["dev1"] = deviceFingerprint.map(JSONValue.string)
        object["approvers"] = approvers.map { .integer(Int64($0)) }
        object["sent"] = (sent?.rawValue).map(JSONValue.string)
        object["retry_after_ms"] = retryAfter.map { .integer($0.wholeMilliseconds) }
    }
}
