import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol

struct BlockCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "block", abstract: "Take no direct messages of a user any more, and be added to no room by them.",
        discussion: "Without a user it prints who is blocked. What they send is refused, and they are told that.")

    @Argument(help: "The user.", transform: OptionText.user) var user: UserName?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let client = try invocation.makeClient()
        if let user {
            try await client.block(user)
            return .done
        }
        try invocation.show(try await client.blockedUsers(), object: JSONLines.blocked, header: ["USER", "NAME"]) {
            [$0.name.text, $0.displayName]
        }
        return .done
    }
}

struct UnblockCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "unblock", abstract: "Take messages of a user again.")

    @Argument(help: "The user.", transform: OptionText.user) var user: UserName
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try await invocation.makeClient().unblock(user)
        return .done
    }
}
