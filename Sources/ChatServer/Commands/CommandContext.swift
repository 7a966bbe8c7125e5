import CLISupport
import Glibc
import Synchronization
import System

/// What a command has of its process: where data and words go, and whether there is somebody to ask.
struct CommandContext: Sendable {
    let json: Bool
    let quiet: Bool
    let canAsk: Bool

    init(json: Bool, quiet: Bool, noInput: Bool) {
        self.json = json
        self.quiet = quiet
        canAsk = !noInput && TerminalQuestion.somebodyIsThere
    }

    /// Writes lines to stdout; false where it does not take them.
    func write(_ text: String) -> Bool {
        Descriptor.write(Array(text.utf8) + (text.hasSuffix("\n") ? [] : [0x0a]), to: STDOUT_FILENO) == nil
    }

    /// Prints lines of data.
    func print(_ lines: [String]) throws(Problem) {
        guard !lines.isEmpty else { return }
        guard write(lines.joined(separator: "\n")) else {
            throw Problem(.inputOutput, "cannot write to standard output")
        }
    }

    /// Prints an object, or the lines that stand for it in plain text.
    func show(_ object: JSONObject, plain: @autoclosure () -> [String]) throws(Problem) {
        try print(json ? [object.text] : plain())
    }

    /// Tells what went wrong, in one line.
    func report(_ problem: Problem) {
        say(problem.line(program: "chatd", json: json, time: ServerSources.system.time()))
    }

    /// Tells what somebody may want to know.
    func note(_ text: String) {
        guard !quiet && !json else { return }
        say("chatd: " + InertText.line(text))
    }

    private func say(_ line: String) { _ = Descriptor.write(Array(line.utf8) + [0x0a], to: STDERR_FILENO) }
}

/// Gathers the rows of an answer.
final class RowCollector: Sendable {
    private let rows = Mutex<[JSONObject]>([])

    func add(_ row: JSONObject) { rows.withLock { $0.append(row) } }
    var all: [JSONObject] { rows.withLock { $0 } }
}

extension ChatdCommand {
    /// Opens the data, through the server or directly, and closes them after `body`.
    func withSession<Value: Sendable>(
        makesStore: Bool = false, readsOnly: Bool = false, _ body: (AdminSession) async throws(Problem) -> Value
    ) async throws(Problem) -> Value {
        let directory = try shared.directory()
        let certificate = try shared.configuration(in: directory).certificate
        let session = try await AdminSession.open(
            directory, certificate: certificate, makesStore: makesStore, readsOnly: readsOnly)
        let result: Result<Value, Problem>
        do throws(Problem) { result = .success(try await body(session)) } catch { result = .failure(error) }
        await session.close()
        return try result.get()
    }

    /// Carries out one request; the objects that it prints.
    func rows(
        of request: AdminRequest, makesStore: Bool = false, readsOnly: Bool = false
    ) async throws(Problem) -> [JSONObject] {
        let collector = RowCollector()
        try await withSession(makesStore: makesStore, readsOnly: readsOnly) { session throws(Problem) in
            try await session.perform(request) { collector.add($0) }
        }
        return collector.all
    }
}

extension JSONObject {
    /// A member as a cell of a table.
    func cell(_ key: String) -> String {
        switch self[key] {
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let value): value ? "yes" : "no"
        case .array(let values): values.compactMap(\.string).joined(separator: " ")
        default: "-"
        }
    }
}
