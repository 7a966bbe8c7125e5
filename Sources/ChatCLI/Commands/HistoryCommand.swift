import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol

struct HistoryCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Print messages from this device's own store, oldest first.",
        discussion: "It works without a server. Where nothing matches, the exit status is 1.")
    static let grammar = CommandGrammar(
        values: ["with", "id", "limit", "since", "until", "search"], flags: ["everyone", "sync"])

    @Option(
        help: ArgumentHelp("Only the conversation with this user.", valueName: "user"), transform: OptionText.user)
    var with: UserName?
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

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let query = try query()
        let client = try invocation.makeClient()
        let failure = try await synchronise(client, invocation)
        let isFound =
            if let id { try await show(id, client, invocation) } else { try await show(query, client, invocation) }
        if let failure { throw failure }
        return isFound ? .done : .negative
    }

    private func query() throws(Problem) -> HistoryQuery {
        if with != nil && everyone { throw Problem(.usage, "--with and --everyone cannot be combined") }
        if id != nil && (with != nil || everyone || since != nil || until != nil || search != nil) {
            throw Problem(.usage, "--id is one message; it cannot be combined with what selects others")
        }
        let now = SystemTime.now()
        return HistoryQuery(
            conversation: with.map { .user($0) } ?? (everyone ? .everyone : nil), limit: limit,
            since: since?.milliseconds(now: now), until: until?.milliseconds(now: now), search: search)
    }

    /// Without `--sync` it says how old the store is. A server that cannot be reached is told after what there is.
    private func synchronise(_ client: Client, _ invocation: Invocation) async throws(Problem) -> Problem? {
        guard sync else {
            let time = try await client.lastSync()
            invocation.diagnostics.note("as_of", time.map { "as of \(TimestampText.utc($0))" } ?? "never synchronised")
            return nil
        }
        do throws(Problem) {
            try await client.sync(receiptsOf: id)
            return nil
        } catch {
            guard error.exit == .unreachable else { throw error }
            return error
        }
    }

    private func show(_ query: HistoryQuery, _ client: Client, _ invocation: Invocation) async throws(Problem) -> Bool {
        var isFound = false
        for item in try await client.history(query) {
            switch item {
            case .message(let message):
                isFound = true
                try invocation.show(JSONLines.message(message), plain: [invocation.plain.message(message)])
            case .gap(let gap): try invocation.show(JSONLines.gap(gap), plain: [invocation.plain.gap(gap)])
            }
        }
        return isFound
    }

    private func show(_ id: MessageID, _ client: Client, _ invocation: Invocation) async throws(Problem) -> Bool {
        guard let detail = try await client.message(id: id) else { return false }
        try invocation.show(JSONLines.message(detail.message), plain: [invocation.plain.message(detail.message)])
        for recipient in detail.recipients {
            try invocation.show(
                JSONLines.acknowledgement(recipient.acknowledgement, user: recipient.user),
                plain: ["    \(recipient.user): \(recipient.acknowledgement.status.rawValue)"])
        }
        return true
    }
}
