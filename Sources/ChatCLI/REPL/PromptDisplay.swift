import CLISupport
import ChatClient
import Glibc
import System

/// What the prompt says, and where it goes: remarks above the line that is typed, data there or where standard output
/// leads.
@MainActor
final class PromptDisplay {
    let screen: REPLScreen
    private let invocation: Invocation
    /// Told where standard output cannot be written: nobody reads on then.
    private let failed: @MainActor (Problem) -> Void

    init(_ screen: REPLScreen, _ invocation: Invocation, failed: @escaping @MainActor (Problem) -> Void) {
        self.screen = screen
        self.invocation = invocation
        self.failed = failed
    }

    func note(_ text: String) { screen.write(["* " + text]) }

    func report(_ problem: Problem) {
        let problem = problem.worded(.prompt)
        // Straight to the screen where it is one, so that it stands where it belongs among the other lines.
        guard invocation.diagnostics.isTerminal else { return invocation.diagnostics.report(problem) }
        screen.write([problem.line(program: "chat", json: invocation.json, time: WallClock.now)])
    }

    func show(_ lines: [String]) async {
        guard !lines.isEmpty else { return }
        guard !invocation.output.isTerminal else { return screen.write(lines) }
        do throws(Problem) {
            try await invocation.output.writeAside(line: lines.joined(separator: "\n"))
        } catch { failed(error) }
    }
}
