import CLISupport
import ChatClient
import ChatProtocol

/// `history`: with the options of the command.
struct HistoryMethod: Sendable {
    let client: Client
    let large: LargeAnswers

    private static let with = RPCParameter.name("with", about: "only the conversation with this user")
    private static let room = RPCParameter.name("room", "a room's name", about: "only messages to this room")
    private static let everyone = RPCParameter.flag("everyone", about: "only messages to everybody")
    private static let id = RPCParameter.message("id", about: "this one message, with a line ack a recipient")
    private static let limit = RPCParameter.count(
        "limit", upTo: RPCLimits.history, about: "so many messages, the newest ones, oldest first (50)")
    private static let since = RPCParameter.time(
        "since", about: "only what the server took since then: RFC 3339, or a duration, which means that long ago")
    private static let until = RPCParameter.time("until", about: "only what the server took until then")
    private static let search = RPCParameter.text("search", about: "only messages with this text in their body")
    private static let sync = RPCParameter.flag("sync", about: "fetch from the server first")

    var method: RPCMethod {
        RPCMethod(
            "history", about: "messages from this device's own store, also without a server",
            parameters: [
                Self.with.description, Self.room.description, Self.everyone.description, Self.id.description,
                Self.limit.description,
                Self.since.description, Self.until.description, Self.search.description, Self.sync.description,
            ],
            result: "an array of lines dm, room, bcast and gap; with id: the message and its lines ack; empty: no match"
        ) { call in Task { await answer(call) } }
    }

    private func answer(_ call: RPCCall) async {
        do throws(RPCError) {
            let request = try Self.request(call.arguments, now: WallClock.now)
            if try call.arguments.isSet(Self.sync) { try await synchronise(request) }
            await large.answer(call.reply) { () async throws(RPCError) in try await lines(request) }
        } catch {
            call.reply.fail(error)
        }
    }

    private func synchronise(_ request: HistoryRequest) async throws(RPCError) {
        do throws(Problem) {
            try await client.sync(of: request.conversation, receiptsOf: request.id)
        } catch { throw RPCError(error) }
    }

    private func lines(_ request: HistoryRequest) async throws(RPCError) -> JSONValue {
        do throws(Problem) {
            return .array(try await request.lines(of: client).map { .object($0.object) })
        } catch { throw RPCError(error) }
    }

    static func request(_ arguments: RPCArguments, now: Timestamp) throws(RPCError) -> HistoryRequest {
        let request = HistoryRequest(
            with: try arguments.value(with), room: try arguments.value(room), everyone: try arguments.isSet(everyone),
            id: try arguments.value(id),
            limit: try arguments.value(limit) ?? 50, since: try arguments.value(since)?.timestamp(now: now),
            until: try arguments.value(until)?.timestamp(now: now), search: try arguments.value(search))
        do throws(Problem) { try request.check { "\"\($0)\"" } } catch { throw .invalid(error.text) }
        return request
    }
}
