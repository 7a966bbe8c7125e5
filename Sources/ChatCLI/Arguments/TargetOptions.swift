import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol

/// Whom a message goes to.
struct TargetOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Send to this user; may be repeated.", valueName: "user"), transform: OptionText.user)
    var to: [UserName] = []
    @Flag(help: "Send to everybody.") var everyone = false

    /// Every target once, in the order given.
    var conversations: [ConversationName] {
        var targets: [ConversationName] = []
        for name in to where !targets.contains(.user(name)) { targets.append(.user(name)) }
        return everyone ? targets + [.everyone] : targets
    }

    /// - Throws: 64 where there is none.
    func check() throws(Problem) {
        guard conversations.isEmpty else { return }
        throw Problem(.usage, "no target; use --to USER or --everyone")
    }
}
