import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import GroupRules

struct RoomAddCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add users to a room, with all their devices.",
        discussion: "They see the room from then on.")

    @Argument(help: "The room.", transform: OptionText.room) var room: RoomName
    @Argument(help: "The users.", transform: OptionText.user) var users: [UserName]
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let diagnostics = invocation.diagnostics
        let changes = try await invocation.makeClient().add(users.unique, to: room) { added, all in
            guard all > added || added > 64 else { return }
            diagnostics.note("adding", "added \(added) of \(all) devices to #\(room)")
        }
        return try invocation.tell(changes)
    }
}

struct RoomRemoveCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove users from a room, with all their devices.")

    @Argument(help: "The room.", transform: OptionText.room) var room: RoomName
    @Argument(help: "The users.", transform: OptionText.user) var users: [UserName]
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try invocation.tell(try await invocation.makeClient().remove(users.unique, from: room))
    }
}

struct RoomAdminCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Make members admins, who add, remove, and change the room.")

    @Argument(help: "The room.", transform: OptionText.room) var room: RoomName
    @Argument(help: "The users.", transform: OptionText.user) var users: [UserName]
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try invocation.tell(try await invocation.makeClient().setAdmins(users.unique, of: room, to: true))
    }
}

struct RoomMemberCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "member", abstract: "Make admins members like others.")

    @Argument(help: "The room.", transform: OptionText.room) var room: RoomName
    @Argument(help: "The users.", transform: OptionText.user) var users: [UserName]
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try invocation.tell(try await invocation.makeClient().setAdmins(users.unique, of: room, to: false))
    }
}

struct RoomSetCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Say who may join a room, and who may add others.",
        usage: "chat room set <room> [--open | --closed] [--add <admins|members>]")
    static let grammar = CommandGrammar(values: ["add"], flags: ["open", "closed"])

    @Argument(help: "The room.", transform: OptionText.room) var room: RoomName
    @Flag(help: "Everybody may join.") var open = false
    @Flag(help: "Who is to be there is added.") var closed = false
    @Option(help: ArgumentHelp("Who may add: admins or members.", valueName: "who"), transform: OptionText.adders)
    var add: GroupPolicy.Adders?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        guard !open || !closed else { throw Problem(.usage, "--open and --closed cannot be combined") }
        guard open || closed || add != nil else {
            throw Problem(.usage, "nothing to set; use --open, --closed or --add")
        }
        try await invocation.makeClient().setRoom(
            room, access: open ? .open : closed ? .closed : nil, adders: add)
        return .done
    }
}

extension Invocation {
    /// Tells what became of each.
    fileprivate func tell(_ changes: [RoomChange]) throws(Problem) -> ExitStatus {
        let problems = changes.compactMap(\.problem)
        guard let last = problems.last else { return .done }
        guard changes.count > 1 else { throw last }
        for problem in problems { diagnostics.report(problem) }
        return problems.count < changes.count ? .partial : problems[0].exit
    }
}

extension [UserName] {
    /// Each once, in the order given.
    fileprivate var unique: [UserName] {
        var seen: Set<UserName> = []
        return filter { seen.insert($0).inserted }
    }
}
