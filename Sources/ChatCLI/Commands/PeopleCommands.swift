import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import Glibc

struct WhoCommand: ChatCommand {
    static let configuration = CommandConfiguration(commandName: "who", abstract: "Print who is online.")
    static let grammar = CommandGrammar(values: ["wait", "timeout"], flags: ["users", "watch"])

    @Flag(help: "Print all users, with when they were last seen.") var users = false
    @Option(help: ArgumentHelp("Wait until this user is online.", valueName: "user"), transform: OptionText.user)
    var wait: UserName?
    @Option(
        help: ArgumentHelp("How long to wait (default: 30s).", valueName: "duration"), transform: OptionText.limit)
    var timeout: Duration?
    @Flag(help: "Follow who comes and goes.") var watch = false
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { !watch }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        guard [users, wait != nil, watch].count(where: { $0 }) <= 1 else {
            throw Problem(.usage, "only one of --users, --wait and --watch can be meant")
        }
        guard timeout == nil || wait != nil else { throw Problem(.usage, "--timeout is for --wait") }
        let limit = timeout ?? .seconds(30)
        let client = try invocation.makeClient(within: wait.map { _ in limit })
        if let wait {
            try await client.waitUntilOnline(wait, timeout: limit)
            return .done
        }
        if watch { return try await follow(client, invocation) }
        let list = try await client.users(onlineOnly: !users)
        try invocation.show(
            list, object: JSONLines.user, header: users ? ["USER", "NAME", "SEEN"] : ["USER", "NAME"]
        ) { status in
            [status.account.name.text, status.account.displayName] + (users ? [seen(status, invocation.plain)] : [])
        }
        return .done
    }

    private func seen(_ status: AccountStatus, _ plain: PlainText) -> String {
        if status.online { return "online" }
        return status.lastSeen == 0 ? "never" : plain.moment(status.lastSeen)
    }

    private func follow(_ client: Client, _ invocation: Invocation) async throws(Problem) -> ExitStatus {
        invocation.endings.intercept()
        invocation.output.watchReader { invocation.endings.end(.signal(SIGPIPE)) }
        var follower = Follower(client: client, sink: PresenceSink(invocation: invocation))
        _ = try await follower.run(ListenOptions(start: .new, presence: true))
        return .done
    }
}

struct UnreadCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "unread", abstract: "Print the conversations that have messages not shown yet.",
        discussion: "It never connects.")
    static let grammar = CommandGrammar(flags: ["count", "watch"])

    @Flag(help: "Print only how many messages.") var count = false
    @Flag(help: "Print it again whenever it changes; what was shown meanwhile once more, with 0.") var watch = false
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { !watch }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let client = try invocation.makeClient()
        guard watch else {
            for line in lines(try await client.unread(), invocation) { try invocation.output.write(line: line) }
            return .done
        }
        invocation.endings.intercept()
        invocation.output.watchReader { invocation.endings.end(.signal(SIGPIPE)) }
        let changes = try await client.watchUnread()
        var told: [ConversationName] = []
        while let counts = try await changes.next() {
            let present = counts.map(\.conversation)
            let gone = told.filter { !present.contains($0) }
            told = present
            let all = counts + gone.map { UnreadCount(conversation: $0, count: 0, oldest: nil) }
            for line in lines(all, invocation) { try await invocation.output.writeAside(line: line) }
        }
        return .done
    }

    private func lines(_ counts: [UnreadCount], _ invocation: Invocation) -> [String] {
        if count {
            let total = counts.reduce(0) { $0 + $1.count }
            return [invocation.json ? JSONLines.unread(total: total).text : String(total)]
        }
        if invocation.json { return counts.map { JSONLines.unread($0).text } }
        var table = TextTable()
        for count in counts {
            let since = count.oldest.map { ["since \(invocation.plain.moment($0))"] } ?? []
            table.add([count.conversation.text, String(count.count)] + since)
        }
        return table.lines
    }
}
