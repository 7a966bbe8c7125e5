import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import GroupRules

struct RoomCommand: CommandNode {
    static let configuration = CommandConfiguration(
        commandName: "room", abstract: "Rooms: conversations of those who are in them.",
        subcommands: subcommands.map { $0 })
    static let subcommands: [any CommandNode.Type] = [
        RoomCreateCommand.self, RoomListCommand.self, RoomJoinCommand.self, RoomLeaveCommand.self,
        RoomForgetCommand.self, RoomMembersCommand.self, RoomAddCommand.self, RoomRemoveCommand.self,
        RoomAdminCommand.self, RoomMemberCommand.self, RoomSetCommand.self,
    ]
}

struct RoomCreateCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a room, and be its admin.",
        discussion: """
            Nobody else is in it at first; into an open one whoever wants to comes by 'room join'. A room that everybody has left is made \
            anew by whoever was its admin, without the members that it had.
            """)
    static let grammar = CommandGrammar(flags: ["open"])

    @Argument(help: "The room's name.", transform: OptionText.room) var room: RoomName
    @Flag(help: "Everybody may join.") var open = false
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        if try await invocation.makeClient().createRoom(room, access: open ? .open : .closed) {
            invocation.diagnostics.note(
                "made_anew", "everybody had left #\(room); it is made anew, and you are in it alone")
        }
        invocation.diagnostics.note("one_admin", "you are the only admin of #\(room); \(advice(room))")
        return .done
    }
}

/// What helps a room that has one admin only.
private func advice(_ room: RoomName) -> String { AdviceWording.commandLine.text(.makeAdmin(room.text)) }

struct RoomListCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the rooms that this account is in.")
    static let grammar = CommandGrammar(flags: ["all"])

    @Flag(help: "Also open rooms, which this account may join.") var all = false
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let rooms = try await invocation.makeClient().rooms(all: all)
        for room in rooms where room.isLost {
            let advice = AdviceWording.commandLine.text(
                .askToBeAdded(room: room.name.text, admins: room.admins.map(\.text)))
            invocation.diagnostics.note(
                "begun_anew", "you were in #\(room.name) before this account was begun anew; \(advice)")
        }
        try invocation.show(rooms, object: JSONLines.roomInfo, header: RoomTables.rooms, cells: RoomTables.cells)
        return .done
    }
}

struct RoomJoinCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Enter an open room.",
        discussion: "Into a closed one an admin adds you; what was written before is not told.")

    @Argument(help: "The room.", transform: OptionText.room) var room: RoomName
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try await invocation.makeClient().joinRoom(room)
        return .done
    }
}

struct RoomLeaveCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave", abstract: "Leave a room, with all devices of this account.",
        discussion: "What was received stays in 'history --room'.")

    @Argument(help: "The room.", transform: OptionText.room) var room: RoomName
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        if try await invocation.makeClient().leaveRoom(room) {
            invocation.diagnostics.note(
                "one_admin",
                "you were the last admin of #\(room): nobody adds, removes or changes anything there any more")
        }
        return .done
    }
}

struct RoomForgetCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Forget whose a room's name is, to go on with the room that has it now.",
        discussion: "What was received stays in 'history --room'.")

    @Argument(help: "The room.", transform: OptionText.room) var room: RoomName
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try await invocation.makeClient().forgetRoom(room)
        return .done
    }
}

struct RoomMembersCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "members", abstract: "Print who is in a room, and how their keys stand.")
    static let grammar = CommandGrammar(flags: ["devices"])

    @Argument(help: "The room.", transform: OptionText.room) var room: RoomName
    @Flag(help: "Print their devices, which read along.") var devices = false
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let people = try await invocation.makeClient().members(of: room)
        let admins = people.filter(\.isAdmin)
        if admins.count == 1, people.count > 1 {
            invocation.diagnostics.note(
                "one_admin", "\(admins[0].user) is the only admin of #\(room); \(advice(room))")
        }
        guard devices else {
            try invocation.show(
                people, object: JSONLines.roomPerson, header: RoomTables.people, cells: RoomTables.cells)
            return .done
        }
        let rows = people.flatMap { person in person.devices.map { (person: person, device: $0) } }
        try invocation.show(rows, object: JSONLines.roomDevice, header: RoomTables.devices, cells: RoomTables.cells)
        return .done
    }
}
