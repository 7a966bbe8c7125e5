import CLISupport
import ChatClient
import ChatProtocol
import Logging

/// The lines that come by themselves: messages, what became of ours, and what goes on.
enum ToldLines {
    typealias Answer = (message: ReceivedMessage, choice: String?)

    private static func conversation<Value>(
        _ part: @escaping @Sendable (Value) -> ConversationName
    ) -> JSONLine<Value>.Field {
        .text("conv", "the conversation: @USER, #ROOM, or * for everybody") { part($0).text }
    }

    private static func time<Value>(_ part: @escaping @Sendable (Value) -> Timestamp) -> JSONLine<Value>.Field {
        .time("time", "when this was", part)
    }

    private static let message: [JSONLine<Answer>.Field] = [
        .uuid("id", "the message's identifier") { $0.message.id }, conversation { $0.message.conversation },
        .integer("seq", "strictly increases within the conversation; numbers may be left out") { $0.message.seq.value },
        .optionalText("cursor", "the place behind this line, for --after-cursor; opaque") { $0.message.cursor?.text },
        .time("time", "when the server took it") { $0.message.time },
        .seconds("ts", "the same, in seconds since 1970") { $0.message.time },
        .time("sent", "when the sender says it was sent") { $0.message.sent },
        .text("from", "the sender's name") { $0.message.from.text },
        .text("from_device", "the identifier of the sender's device") { $0.message.fromDevice.hex },
        .flag("own", "whether this account sent it") { $0.message.own },
        .optionalChoice("trust", "how the sender's key stands now, where anything is known of it") { $0.message.trust },
    ]

    private static let content: [JSONLine<Answer>.Field] = [
        .text("body", "the text") { $0.message.body },
        .optionalUUID("reply_to", "the message that this one answers") { $0.message.replyTo },
        .mark("auto", "true where a program sent it that answers by itself") { $0.message.auto },
    ]

    static let direct = JSONLine<Answer>(
        "dm", "a direct message",
        message + [.text("to", "the recipient's name") { $0.message.to?.text ?? "" }] + content + [
            .optionalText("choice", "with ask --choice: which of the choices it is") { $0.choice }
        ])

    static let everyone = JSONLine<Answer>("bcast", "a message to everybody", message + content)

    static let room = JSONLine<Answer>(
        "room", "a message to a room",
        message + [.text("room", "the room's name") { $0.message.conversation.room?.text ?? "" }] + content + [
            .optionalText("choice", "with ask --choice: which of the choices it is") { $0.choice }
        ])

    static let gap = JSONLine<GapNotice>(
        "gap", "messages that this device will not get",
        [
            conversation { $0.conversation }, .choice("reason", "why") { $0.reason },
            .optionalText("cursor", "the place behind this line") { $0.cursor?.text }, time { $0.time },
            .optionalInteger("missed", "how many at most, where that is known") { $0.missed },
        ])

    static let acknowledgement = JSONLine<(acknowledgement: Acknowledgement, user: UserName?)>(
        "ack", "what became of a message",
        [
            .optionalUUID("id", "the message's identifier") { $0.acknowledgement.id },
            conversation { $0.acknowledgement.conversation },
            .optionalText("user", "the recipient, where each is told apart") { $0.user?.text },
            .optionalInteger("seq", "its number, once the server has taken it") { $0.acknowledgement.seq?.value },
            .time("time", "when the server took it, or when this was decided") { $0.acknowledgement.time },
            .choice("status", "how far it has come") { $0.acknowledgement.status },
            .optionalText("code", "the name of the error") { $0.acknowledgement.problem?.code },
        ])

    static let login = JSONLine<LoginNotice>(
        "login", "with --meta, at every connect: who this connection speaks for",
        [
            time { $0.time }, .text("user", "this account's name") { $0.user.text },
            .text("display_name", "the name for people") { $0.displayName },
            .text("server", "HOST:PORT") { $0.server.text },
            .text("device", "this device's identifier") { $0.device.hex },
            .text("device_name", "this device's name") { $0.deviceName },
        ])

    static let live = JSONLine<Timestamp>("live", "with --meta: what was missed has been told", [time { $0 }])

    static let presence = JSONLine<PresenceChange>(
        "meta", "with --meta: who is online; the full list first, then what changes",
        [
            .mark("delta", "true: a change, not the full list") { $0.change != .full }, time { $0.time },
            .optionalNames("online", "who is online, or came") { $0.change == .offline ? nil : $0.users },
            .optionalNames("offline", "who went") { $0.change == .offline ? $0.users : nil },
        ])

    static let receipt = JSONLine<ReceiptNotice>(
        "receipt", "with --meta: how far a user has come in a direct conversation",
        [
            conversation { $0.conversation }, time { $0.time }, .text("user", "whose receipt it is") { $0.user.text },
            .integer("delivered", "stored by one of the user's devices up to this seq") { $0.delivered.value },
            .integer("read", "shown to the user up to this seq") { $0.read.value },
        ])

    private static let device: [JSONLine<MemberNotice.Device>.Field] = [
        .text("user", "whose device it is") { $0.user.text },
        .text("device", "its identifier") { $0.device.hex },
        .flag("known", "whether the user's key, as it is known here, has this device") { $0.isKnown },
        .optionalChoice("trust", "how the user's key stands now, where anything is known of it") { $0.trust },
    ]

    static let member = JSONLine<MemberNotice>(
        "member", "with --meta: who has come into a room or a direct conversation, or has gone",
        [
            conversation { $0.conversation }, time { $0.time },
            .optionalObjects("added", "the devices that came", of: device) { $0.added.isEmpty ? nil : $0.added },
            .optionalObjects("removed", "the devices that went", of: device) { $0.removed.isEmpty ? nil : $0.removed },
            .optionalText("by", "whose doing it was; absent: the server's") { $0.by?.text },
            .choice("how", "added or removed by somebody, come or gone by themselves, or removed by the server") {
                $0.how
            },
        ])

    static let notice = JSONLine<(code: String, text: String, time: Timestamp)>(
        "notice", "on stderr, unless --quiet: something worth knowing that is no error",
        [
            time { $0.time }, .text("code", "what it is, for programs") { $0.code },
            .text("text", "for people") { $0.text },
        ])

    static let log = JSONLine<(level: String, text: String, time: Timestamp)>(
        "log", "on stderr, with --verbose: what happens inside, for people who look for a fault",
        [
            time { $0.time },
            .choice("level", of: Logger.Level.allCases.map(\.rawValue), "how much it matters") { $0.level },
            .text("text", "for people") { $0.text },
        ])
}
