import CLISupport
import ChatClient
import ChatProtocol

/// `listen.start`, `listen.ack` and `listen.stop`.
struct ListenMethods: Sendable {
    let listeners: RPCListeners

    private static let new = RPCParameter.flag("new", about: "start with what comes from now on")
    private static let since = RPCParameter.time(
        "since", about: "start with what the server took since then: RFC 3339, or a duration, which means that long ago"
    )
    private static let afterCursor = RPCParameter.cursor(
        "after_cursor", about: "start behind the line with this cursor")
    private static let resume = RPCParameter.name(
        "resume", "a name", about: "start where this resume point stands; it moves by listen.ack alone")
    private static let from = RPCParameter.users("from", about: "only messages of these users")
    private static let toMe = RPCParameter.flag("to_me", about: "only direct messages")
    private static let rooms = RPCParameter.users(
        "rooms", "an array of rooms' names", about: "only messages to these rooms; with to_me: these too")
    private static let everyone = RPCParameter.flag(
        "everyone", about: "only messages to everybody; with to_me or rooms: these too")
    private static let own = RPCParameter.flag("own", about: "also messages of one's own")
    private static let meta = RPCParameter.flag(
        "meta", about: "also logins, who is online, receipts, and who comes into rooms and goes")
    private static let markRead = RPCParameter.flag(
        "mark_read", about: "mark what is told as shown, and tell the senders")

    private static let listener = RPCParameter.count(
        "listener", upTo: Int(Int32.max), required: true, about: "the number that listen.start gave")
    private static let cursor = RPCParameter.cursor(
        "cursor", required: true, about: "the cursor of a line that was told")

    var methods: [RPCMethod] { [start, ack, stop] }

    private var start: RPCMethod {
        method(
            "listen.start", about: "tell what comes as notifications 'event'; the process is online while it does",
            parameters: [
                Self.new.description, Self.since.description, Self.afterCursor.description, Self.resume.description,
                Self.from.description, Self.toMe.description, Self.rooms.description, Self.everyone.description,
                Self.own.description,
                Self.meta.description, Self.markRead.description,
            ],
            result: "an object: listener, its number"
        ) { arguments throws(RPCError) in
            .start(
                try Self.options(arguments, now: WallClock.now), tellsMeta: try arguments.isSet(Self.meta),
                marks: try arguments.isSet(Self.markRead))
        }
    }

    private var ack: RPCMethod {
        method(
            "listen.ack", about: "what was told up to this line is dealt with: moves the resume point behind it",
            parameters: [Self.listener.description, Self.cursor.description],
            result: "an object: listener, cursor"
        ) { arguments throws(RPCError) in
            .acknowledge(try arguments.required(Self.listener), try arguments.required(Self.cursor))
        }
    }

    private var stop: RPCMethod {
        method(
            "listen.stop", about: "end a listener: no event of it follows the answer",
            parameters: [Self.listener.description], result: "an object: listener"
        ) { arguments throws(RPCError) in .stop(try arguments.required(Self.listener)) }
    }

    private func method(
        _ name: String, about: String, parameters: [RPCParameterDescription], result: String,
        order: @escaping @Sendable (RPCArguments) throws(RPCError) -> RPCListeners.Order
    ) -> RPCMethod {
        RPCMethod(name, about: about, parameters: parameters, result: result) { call in
            do throws(RPCError) {
                listeners.take(try order(call.arguments), reply: call.reply)
            } catch {
                call.reply.fail(error)
            }
        }
    }

    static func options(_ arguments: RPCArguments, now: Timestamp) throws(RPCError) -> ListenOptions {
        let hasMeta = try arguments.isSet(meta)
        return ListenOptions(
            start: try start(arguments, now: now), resume: try arguments.value(resume),
            filter: MessageFilter(
                from: Set(try arguments.value(from) ?? []), toMe: try arguments.isSet(toMe),
                rooms: Set(try arguments.value(rooms) ?? []), everyone: try arguments.isSet(everyone),
                own: try arguments.isSet(own)),
            presence: hasMeta, receipts: hasMeta)
    }

    private static func start(_ arguments: RPCArguments, now: Timestamp) throws(RPCError) -> ListenStart? {
        let starts = ListenStart.given(
            new: try arguments.isSet(new), since: try arguments.value(since), cursor: try arguments.value(afterCursor),
            now: now)
        guard starts.count <= 1 else {
            throw .invalid("only one of \"new\", \"since\" and \"after_cursor\" can be the start")
        }
        return starts.first
    }
}
