import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import Logging
import Secrets
import Synchronization
import System

/// What a command runs with.
struct Invocation: Sendable {
    let globals: GlobalFlags
    let environment: Environment
    let output: Output
    let diagnostics: Diagnostics
    let endings: Endings
    private let loaded: Result<ClientSettings, Problem>
    private let clients = ClientList()

    init(globals: GlobalFlags, environment: Environment, output: Output, diagnostics: Diagnostics, endings: Endings) {
        self.globals = globals
        self.environment = environment
        self.output = output
        self.diagnostics = diagnostics
        self.endings = endings
        do throws(Problem) {
            loaded = .success(try ClientSettings(flags: globals.settings, environment: environment))
        } catch {
            loaded = .failure(error)
        }
    }

    var json: Bool { globals.json }

    /// What flags, environment and configuration say.
    func settings() throws(Problem) -> ClientSettings { try loaded.get() }

    /// Whether there is a person to ask.
    var canAsk: Bool { !globals.noInput && TerminalQuestion.somebodyIsThere }

    var terminal: Terminal { Terminal() }
    var secrets: SecretInput { SecretInput(terminal: terminal, canAsk: canAsk) }

    var palette: Palette {
        guard !json, case .success(let settings) = loaded else { return Palette(isColoured: false) }
        return Palette(choice: settings.color, environment: environment, isTerminal: output.isTerminal)
    }

    var plain: PlainText { PlainText(palette: palette) }

    /// - Parameter timeout: how long all that the client is for may take.
    func makeClient(within timeout: Duration? = nil) throws(Problem) -> Client {
        try makeClient(settings: try settings().within(timeout))
    }

    /// - Parameter interaction: how a person is asked; nil: on the terminal, where there is one.
    func makeClient(
        settings: ClientSettings, interaction: Interaction? = nil, hasManyListeners: Bool = false
    ) throws(Problem) -> Client {
        var interaction = interaction ?? (canAsk ? Interaction(confirmServer: confirm) : .none)
        interaction.noteKey = { [diagnostics] in diagnostics.note($0.code, $0.text) }
        if diagnostics.isTerminal {
            interaction.noteCatchUp = { [diagnostics] entries in
                diagnostics.note("catching_up", "catching up: \(entries) messages and changes of groups so far")
            }
        }
        let client = Client(
            settings: settings, interaction: interaction,
            log: DiagnosticsLog.logger(verbosity: globals.verbose, diagnostics: diagnostics),
            hasManyListeners: hasManyListeners)
        clients.add(client)
        return client
    }

    /// To be called when the command is done, before the process ends.
    func settle() async { for client in clients.all { await client.settle() } }

    /// To be called where the process ends with the command. Closing a store takes as long as a query, and writes nothing: the kernel
    /// lets go of it as well.
    func leaveClientsToTheKernel() { _ = Unmanaged.passRetained(clients) }

    /// A problem with what the command's profile knows about it.
    func completing(_ problem: Problem) async -> Problem {
        var problem = problem
        for client in clients.all { problem = await client.completing(problem) }
        return problem
    }

    func confirm(_ server: UnknownServer) async -> Bool {
        let lines = [
            "The server \(server.address) is not known, and its certificate does not verify (\(server.reason)).",
            "Its key's fingerprint is \(server.pin).",
        ]
        do throws(Problem) {
            return try await terminal.confirm("Trust this key from now on?", about: lines)
        } catch { return false }
    }

    /// Prints an object, or what stands for it in plain text.
    func show(_ object: @autoclosure () -> JSONObject, plain lines: @autoclosure () -> [String]) throws(Problem) {
        if json { try output.write(object()) } else { try output.write(lines: lines()) }
    }

    /// Prints rows: an object each, or a table.
    func show<Row>(
        _ rows: [Row], object: (Row) -> JSONObject, header: [String], cells: (Row) -> [String]
    ) throws(Problem) {
        if json {
            for row in rows { try output.write(object(row)) }
        } else if !rows.isEmpty {
            var table = TextTable(header: header)
            for row in rows { table.add(cells(row)) }
            try output.write(lines: table.lines)
        }
    }
}

/// The clients that a command has made.
private final class ClientList: Sendable {
    private let clients = Mutex<[Client]>([])

    var all: [Client] { clients.withLock { $0 } }
    func add(_ client: Client) { clients.withLock { $0.append(client) } }
}
