import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol

// What lies in this device's store: messages that wait to be sent, and places at which listeners go on.

struct OutboxCommand: CommandNode {
    static let configuration = CommandConfiguration(
        commandName: "outbox", abstract: "The messages that wait to be sent.",
        subcommands: subcommands.map { $0 })
    static let subcommands: [any CommandNode.Type] = [
        OutboxListCommand.self, OutboxFlushCommand.self, OutboxDropCommand.self,
    ]
}

struct OutboxListCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the messages that wait to be sent, and those that were refused.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { true }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let items = try await invocation.makeClient().outbox()
        try invocation.show(
            items, object: JSONLines.outbox, header: ["ID", "TO", "SINCE", "STATE", "MESSAGE"]
        ) { item in
            [
                item.id.uuid, item.conversation.text, invocation.plain.moment(item.queued),
                item.code.map { "\(item.state.rawValue) (\($0))" } ?? item.state.rawValue, item.body,
            ]
        }
        return .done
    }
}

struct OutboxFlushCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush", abstract: "Connect and send what waits, also what was refused before.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        var tally = SendTally()
        for acknowledgement in try await invocation.makeClient().flushOutbox() {
            tally.add(acknowledgement)
            try SendReport(invocation: invocation).tell(acknowledgement)
        }
        return tally.exit
    }
}

struct OutboxDropCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Remove a message from the outbox.")

    @Argument(help: "The message's id.", transform: OptionText.message) var id: MessageID
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try await invocation.makeClient().dropFromOutbox(id)
        return .done
    }
}

struct ResumeCommand: CommandNode {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "The resume points of 'listen'.",
        subcommands: subcommands.map { $0 })
    static let subcommands: [any CommandNode.Type] = [
        ResumeListCommand.self, ResumeSetCommand.self, ResumeRemoveCommand.self,
    ]
}

struct ResumeListCommand: ChatCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Print the resume points.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { true }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let points = try await invocation.makeClient().resumePoints()
        try invocation.show(
            points, object: JSONLines.resumePoint, header: ["NAME", "WAITING", "MOVED", "USED BY"]
        ) { point in
            [
                point.name.text, String(point.waiting), invocation.plain.moment(point.moved),
                point.holder.map { "process \($0)" } ?? "-",
            ]
        }
        return .done
    }
}

struct ResumeSetCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a resume point, or make one; where nothing else is said, to now.")
    static let grammar = CommandGrammar(values: ["since", "after-cursor"], flags: ["new"])

    @Argument(help: "Its name.", transform: OptionText.name) var name: UserName
    @OptionGroup var start: StartOptions
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let start = try start.start(now: WallClock.now) ?? .new
        try await invocation.makeClient().setResumePoint(name, to: start)
        return .done
    }
}

struct ResumeRemoveCommand: ChatCommand {
    static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove a resume point.")

    @Argument(help: "Its name.", transform: OptionText.name) var name: UserName
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try await invocation.makeClient().removeResumePoint(name)
        return .done
    }
}
