/// The commands of the prompt: the one table from which parsing, help and Tab come, and with which a test compares
/// the manual.
enum REPLCommandTable {
    enum Verb: String, CaseIterable, Sendable {
        case to, dm, all, reply, who, users, rooms, join, leave, members, history, edit, help, quit
    }

    /// What stands behind a command.
    enum Operands: Sendable {
        case nothing
        /// A user, a room, or `all`.
        case target
        case room
        /// Perhaps a room: else the one that is written to.
        case currentRoom
        /// A user, one space, and the text as it is.
        case userAndText
        case text
        /// Perhaps a number.
        case count
        /// Perhaps a command of this table.
        case command
    }

    struct Entry: Sendable {
        var verb: Verb
        var operands: Operands
        /// For people: a sentence without its full stop.
        var help: String
        /// It makes no sense where lines come from a pipe.
        var needsTerminal = false

        var name: String { "/" + verb.rawValue }

        /// Name and operands, as help shows them.
        var usage: String {
            switch operands {
            case .nothing: name
            case .target: name + " USER|#ROOM|all"
            case .room: name + " ROOM"
            case .currentRoom: name + " [ROOM]"
            case .userAndText: name + " USER TEXT"
            case .text: name + " TEXT"
            case .count: name + " [N]"
            case .command: name + " [COMMAND]"
            }
        }
    }

    static let entries = [
        Entry(verb: .to, operands: .target, help: "Write to this user, room, or to everybody, from now on"),
        Entry(verb: .dm, operands: .userAndText, help: "Send to this user, once"),
        Entry(verb: .all, operands: .text, help: "Send to everybody, once"),
        Entry(verb: .reply, operands: .text, help: "Reply to the last message that came"),
        Entry(verb: .who, operands: .nothing, help: "Who is online"),
        Entry(verb: .users, operands: .nothing, help: "All users, and when they were last seen"),
        Entry(verb: .rooms, operands: .nothing, help: "The rooms that there are for you"),
        Entry(verb: .join, operands: .room, help: "Enter an open room, and write to it from now on"),
        Entry(verb: .leave, operands: .currentRoom, help: "Leave this room, or the one that is written to"),
        Entry(verb: .members, operands: .currentRoom, help: "Who is in this room, or in the one that is written to"),
        Entry(verb: .history, operands: .count, help: "The last messages of the conversation, 20 or so many"),
        Entry(
            verb: .edit, operands: .nothing, help: "Write a message in the editor, $VISUAL or $EDITOR",
            needsTerminal: true),
        Entry(verb: .help, operands: .command, help: "The commands, or one of them"),
        Entry(verb: .quit, operands: .nothing, help: "Leave; so does Ctrl-D"),
    ]

    static func entry(named word: some StringProtocol) -> Entry? { entries.first { $0.verb.rawValue == word } }

    /// What help says about one command, or about all.
    static func help(_ verb: Verb?) -> [String] {
        let wanted = entries.filter { verb == nil || $0.verb == verb }
        let width = wanted.map(\.usage.utf8.count).max() ?? 0
        var lines = wanted.map { entry in
            let space = String(repeating: " ", count: width - entry.usage.utf8.count + 2)
            return entry.usage + space + entry.help
        }
        if verb == nil {
            lines.append("//TEXT" + String(repeating: " ", count: width - 4) + "Send a line that begins with /")
        }
        return lines
    }
}
