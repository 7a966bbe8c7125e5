import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import Synchronization

struct SchemaCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of every line that --json prints.",
        discussion: """
            With the name of a line ('dm', 'ack', …) only that one. 'exit' is the table of exit statuses, which the \
            whole document also has, as "exit".
            """)

    @Argument(help: "The line's 'head', or 'exit'.") var name: String?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { true }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try invocation.output.write(try document())
        return .done
    }

    private func document() throws(Problem) -> JSONObject {
        guard let name else { return Self.whole() }
        if name == "exit" { return Self.exits() }
        guard let shape = LineShape.named(name) else {
            let names = LineShape.all.map(\.head) + ["exit"]
            throw Problem(.noSuchName, "no line is called '\(name)'", hint: "one of \(names.joined(separator: ", "))")
        }
        return Self.dialect(shape.schema)
    }

    private static func dialect(_ schema: JSONObject) -> JSONObject {
        var document = JSONObject()
        document["$schema"] = .string("https://json-schema.org/draft/2020-12/schema")
        for member in schema.members { document[member.key] = member.value }
        return document
    }

    private static func whole() -> JSONObject {
        var definitions = JSONObject()
        var references: [JSONValue] = []
        for shape in LineShape.all {
            definitions[shape.head] = .object(shape.schema)
            var reference = JSONObject()
            reference["$ref"] = .string("#/$defs/\(shape.head)")
            references.append(.object(reference))
        }
        var schema = JSONObject()
        schema["oneOf"] = .array(references)
        schema["$defs"] = .object(definitions)
        schema["exit"] = .object(exits())
        return dialect(schema)
    }

    /// Each exit status with its meaning and the codes that end with it.
    private static func exits() -> JSONObject {
        var table = JSONObject()
        for status in ExitStatus.allCases {
            var codes: [String] = ErrorCode.allCases.filter { $0.exitStatus == status }.map(\.name)
            for code in LocalCode.allCases where code.exitStatus == status && !codes.contains(code.rawValue) {
                codes.append(code.rawValue)
            }
            var row = JSONObject()
            row["text"] = .string(status.meaning)
            row["codes"] = .array(codes.sorted().map(JSONValue.string))
            table[String(status.rawValue)] = .object(row)
        }
        return table
    }
}

struct DoctorCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check everything that chat needs, one line each, and say what to do.",
        discussion: "The exit status is that of the first failure.")
    static let grammar = CommandGrammar(values: ["accept-fork"])

    @Option(
        help: ArgumentHelp(
            "Do nothing else but forget what is known of a user whose keys contradict each other, or go on in a conversation of which there are two histories.",
            valueName: "user|#room|*"),
        transform: OptionText.conversation)
    var acceptFork: ConversationName?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        if let acceptFork { return try await accept(acceptFork, invocation) }
        let settings: ClientSettings
        do throws(Problem) {
            settings = try invocation.settings()
        } catch {
            let check = DoctorCheck(name: "config", status: .failed, text: error.text, problem: error)
            try Self.show(check, invocation)
            return error.exit
        }
        let (result, untold) = (DoctorResult(), DoctorResult())
        try await invocation.makeClient(settings: settings).doctor { check in
            do throws(Problem) { try Self.show(check, invocation) } catch { untold.note(error) }
            if check.status == .failed { result.note(check.problem ?? Problem(.internalFault, check.text)) }
        }
        if invocation.output.isReaderGone { throw Problem(.inputOutput, "nobody reads the output") }
        if let problem = untold.first { throw problem }
        return result.first?.exit ?? .done
    }

    private func accept(_ name: ConversationName, _ invocation: Invocation) async throws(Problem) -> ExitStatus {
        let held = try await invocation.makeClient().acceptFork(in: name)
        invocation.diagnostics.note(
            "forgotten",
            name.user.map { "what was known of \($0)'s key is forgotten; the next message meets \($0) anew" }
                ?? "what contradicted the history of \(name.text) is forgotten")
        invocation.noteReleased(held)
        return .done
    }

    private static func show(_ check: DoctorCheck, _ invocation: Invocation) throws(Problem) {
        var check = check
        check.problem = check.problem?.worded(.commandLine)
        if let command = check.see.flatMap(AdviceWording.command) { check.text += ": " + command }
        var line = "\(check.status.rawValue)\t\(check.name): \(InertText.line(check.text))"
        if let hint = check.problem?.hint { line += "; \(InertText.line(hint))" }
        try invocation.show(JSONLines.check(check), plain: [line])
    }
}

/// The first of the failures.
private final class DoctorResult: Sendable {
    private let problem = Mutex<Problem?>(nil)
    var first: Problem? { problem.withLock { $0 } }
    func note(_ new: Problem) { problem.withLock { if $0 == nil { $0 = new } } }
}

/// For the shells' completions: names from the local store, one a line, as data. It never connects and never fails.
struct CompleteCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "__complete", abstract: "Names for completions.", shouldDisplay: false)

    @Argument(help: "users, rooms, profiles, resume-points, servers or outbox.") var kind: String
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { true }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        do throws(Problem) {
            let names = try await names(try invocation.makeClient())
            try invocation.output.write(lines: names)
        } catch  where invocation.output.isReaderGone {
            throw error
        } catch {}
        return .done
    }

    private func names(_ client: Client) async throws(Problem) -> [String] {
        switch kind {
        case "users": await client.completionNames().map(\.text)
        case "rooms": await client.completionRooms().map(\.text)
        case "profiles": try await client.profiles().map(\.profile.text)
        case "resume-points": try await client.resumePoints().map(\.name.text)
        case "servers": try await client.knownServers().map(\.address.text)
        case "outbox": try await client.outbox().map(\.id.uuid)
        default: []
        }
    }
}
