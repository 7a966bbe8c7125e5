import ArgumentParser
import CLISupport
import ChatProtocol
import GroupRules

struct RoomListCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the rooms.")

    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        let rows = try await rows(of: .listRooms)
        if context.json {
            try context.print(rows.map(\.text))
        } else if !rows.isEmpty {
            let keys = ["room", "access", "members", "devices", "admins", "epoch", "last_message", "conversation"]
            var table = TextTable(
                header: ["NAME", "ACCESS", "MEMBERS", "DEVICES", "ADMINS", "EPOCH", "LAST MESSAGE", "CONVERSATION"])
            for row in rows { table.add(keys.map { row[$0] == .array([]) ? "-" : row.cell($0) }) }
            try context.print(table.lines)
        }
        return .done
    }
}

struct RoomRemoveCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "End a room for everybody; its name is free for another one.")

    @Argument(help: "The name.", transform: NameText.room) var room: RoomName
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        for row in try await rows(of: .removeRoom(room)) { try context.show(row, plain: []) }
        return .done
    }
}

extension NameText {
    static func room(_ text: String) throws -> RoomName { RoomName(try user(text)) }
}

extension CommandContext {
    /// Tells which rooms have no admin any more.
    func showRoomsLeft(_ rows: [JSONObject]) throws(Problem) {
        for row in rows { try show(row, plain: ["no admin is left in room \(row.cell("room"))"]) }
    }
}
