import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import GroupRules

struct HistoryCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Print messages from this device's own store, oldest first.",
        discussion: "It works without a server. Where nothing matches, the exit status is 1.")
    static let grammar = CommandGrammar(
        values: ["with", "room", "id", "limit", "since", "until", "search"], flags: ["everyone", "sync"])

    @Option(
        help: ArgumentHelp("Only the conversation with this user.", valueName: "user"), transform: OptionText.user)
    var with: UserName?
    @Option(help: ArgumentHelp("Only messages to this room.", valueName: "room"), transform: OptionText.room)
    var room: RoomName?
    @Flag(help: "Only messages to everybody.") var everyone = false
    @Option(
        help: ArgumentHelp("This one message, with an acknowledgement a recipient.", valueName: "id"),
        transform: OptionText.message)
    var id: MessageID?
    @Option(
        help: ArgumentHelp("So many messages, the newest ones (default: 50).", valueName: "n"),
        transform: OptionText.count)
    var limit: Int = 50
    @Option(
        help: ArgumentHelp("Only what the server took since then.", valueName: "time"), transform: OptionText.time)
    var since: TimeArgument?
    @Option(
        help: ArgumentHelp("Only what the server took until then.", valueName: "time"), transform: OptionText.time)
    var until: TimeArgument?
    @Option(help: ArgumentHelp("Only messages with this text in their body.", valueName: "text"))
    var search: String?
    @Flag(help: "Fetch from the server first.") var sync = false
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { true }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let request = request(now: WallClock.now)
        try request.check { "--\($0)" }
        let client = try invocation.makeClient()
        let failure = try await synchronise(client, request, invocation)
        let lines = try await request.lines(of: client)
        for line in lines { try invocation.show(line.object, plain: [line.plain(invocation.plain)]) }
        if let failure { throw failure }
        return lines.contains(where: \.isMessage) ? .done : .negative
    }

    private func request(now: Timestamp) -> HistoryRequest {
        HistoryRequest(
            with: with, room: room?.spoken, everyone: everyone, id: id, limit: limit, since: since?.timestamp(now: now),
            until: until?.timestamp(now: now), search: search)
    }

    /// Without `--sync` it says how old the store is. A server that cannot be reached is told after what there is.
    private func synchronise(
        _ client: Client, _ request: HistoryRequest, _ invocation: Invocation
    ) async throws(Problem) -> Problem? {
        guard sync else {
            let time = try await client.lastSync()
            invocation.diagnostics.note("as_of", time.map { "as of \(TimestampText.utc($0))" } ?? "never synchronised")
            return nil
        }
        do throws(Problem) {
            try await client.sync(of: request.conversation, receiptsOf: request.id)
            return nil
        } catch {
            guard error.exit == .unreachable else { throw error }
            return error
        }
    }
}
