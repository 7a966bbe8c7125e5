import CLISupport
import ChatClient
import ChatProtocol

/// `send`: as a line of `send --jsonl`, with the options of `send`.
struct SendMethod: Sendable {
    let senders: SenderPool

    private static let wait = RPCParameter.wait(
        "wait", about: "until it is accepted (default), delivered or read; the last two are for a user only")
    private static let timeout = RPCParameter.duration(
        "timeout", about: "how long connecting, sending and waiting may take: a duration (30s); 0: for ever")
    private static let queue = RPCParameter.flag(
        "queue", about: "keep it in the outbox where the server cannot be reached in time")
    private static let expires = RPCParameter.duration(
        "expires", about: "with queue: give it up when it could not be sent for so long; a duration")

    /// Those that `JSONMessageLine` reads.
    private static let message = [
        RPCParameterDescription(
            name: "to", type: .string, isRequired: false, about: "the user; or room, everyone, conv"),
        RPCParameterDescription(name: "room", type: .string, isRequired: false, about: "the room"),
        RPCParameterDescription(name: "everyone", type: .boolean, isRequired: false, about: "true: to everybody"),
        RPCParameterDescription(
            name: "conv", type: .string, isRequired: false, about: "a line's conv: @USER, #ROOM or *"),
        RPCParameterDescription(
            name: "body", type: .string, isRequired: true, about: "the text, up to \(MessageText.limitInWords)"),
        RPCParameterDescription(
            name: "id", type: .string, isRequired: false,
            about: "idempotency key, 1 to \(Limits.idempotencyKey) bytes: what is sent again is delivered once"),
        RPCParameterDescription(
            name: "reply_to", type: .string, isRequired: false, about: "the id of the message that this one answers"),
    ]
    private static let options = [wait.description, timeout.description, queue.description, expires.description]

    var method: RPCMethod {
        RPCMethod(
            "send", about: "send a message to one user, to a room or to everybody",
            parameters: Self.message + Self.options,
            result: "the line ack"
        ) { call in
            do throws(RPCError) {
                let message = try Self.message(call.arguments)
                senders.send(message, options: try Self.options(call.arguments, message), reply: call.reply)
            } catch {
                call.reply.fail(error)
            }
        }
    }

    static func message(_ arguments: RPCArguments) throws(RPCError) -> OutgoingMessage {
        do throws(Problem) {
            return try JSONMessageLine.message(arguments.object, besides: Set(options.map(\.name)))
        } catch {
            throw error.code == LocalCode.invalidLine.rawValue ? .invalid(error.text) : RPCError(error)
        }
    }

    static func options(_ arguments: RPCArguments, _ message: OutgoingMessage) throws(RPCError) -> SendOptions {
        var options = SendOptions()
        if let wait = try arguments.value(wait) { options.wait = wait }
        if let timeout = try arguments.value(timeout) { options.timeout = timeout == .zero ? nil : timeout }
        options.queue = try arguments.isSet(queue)
        options.expires = try arguments.value(expires)
        guard options.wait.isPossible(for: message.conversation) else {
            throw .invalid("\"wait\": \(options.wait.rawValue) is for a user; what goes to many is only accepted")
        }
        guard options.expires == nil || options.queue else { throw .invalid("\"expires\" is for \"queue\"") }
        return options
    }
}
