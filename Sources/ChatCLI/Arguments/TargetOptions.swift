import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import GroupRules

/// Whom a message goes to.
struct TargetOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Send to this user; may be repeated.", valueName: "user"), transform: OptionText.user)
    var to: [UserName] = []
    @Option(
        help: ArgumentHelp("Send to this room; may be repeated.", valueName: "room"), transform: OptionText.room)
    var room: [RoomName] = []
    @Flag(help: "Send to everybody.") var everyone = false

    /// Every target once: users, then rooms, in the order given.
    var conversations: [ConversationName] {
        var targets: [ConversationName] = []
        for name in to where !targets.contains(.user(name)) { targets.append(.user(name)) }
        for name in room where !targets.contains(.room(name.spoken)) { targets.append(.room(name.spoken)) }
        return everyone ? targets + [.everyone] : targets
    }

    /// - Throws: 64 where there is none.
    func check() throws(Problem) {
        guard conversations.isEmpty else { return }
        throw Problem(.usage, "no target; use --to USER, --room ROOM or --everyone")
    }
}
