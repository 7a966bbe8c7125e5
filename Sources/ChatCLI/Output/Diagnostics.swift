import CLISupport
import ChatClient
import Glibc
import Logging
import Synchronization
import System

/// Standard error: everything that is not data.
final class Diagnostics: Sendable {
    let json: Bool
    let quiet: Bool
    /// Whether a person sees it.
    let isTerminal = isatty(STDERR_FILENO) == 1
    /// Where lines go while a prompt is on the terminal.
    private let detour = Mutex<(@Sendable (String) -> Void)?>(nil)
    private let outage = Mutex(OutageNotices())

    init(json: Bool, quiet: Bool) {
        self.json = json
        self.quiet = quiet
    }

    /// Tells what went wrong, in one line.
    func report(_ problem: Problem) {
        let problem = RefusalHint.completing(problem.worded(.commandLine))
        write(problem.line(program: "chat", json: json, time: WallClock.now))
    }

    /// Tells what somebody may want to know, unless `--quiet`.
    ///
    /// - Parameter code: a stable name for programs.
    func note(_ code: String, _ text: String) {
        guard !quiet else { return }
        write(
            json
                ? JSONLines.notice(code: code, text: text, time: WallClock.now).text
                : "chat: " + InertText.line(text))
    }

    /// Tells what happens inside, for `-v`.
    func log(_ level: String, _ text: String) {
        let time = WallClock.now
        write(
            json
                ? JSONLines.log(level: level, text: text, time: time).text
                : InertText.line("\(TimestampText.utc(time)) \(level) \(text)"))
    }

    /// Tells that the connection is lost, or there again; not at each attempt. All followers of a process have one.
    func noteConnection(_ event: ListenEvent) {
        switch event {
        case .offline(let problem, _): noteOffline(problem)
        case .login: noteOnline()
        case .message, .gap, .live, .presence, .receipt, .member, .deviceWaits: break
        }
    }

    func noteOffline(_ problem: Problem) {
        guard outage.withLock({ $0.lost(at: .now) }) else { return }
        note("offline", "\(problem.text); trying again until it is back")
    }

    func noteOnline() {
        guard let away = outage.withLock({ $0.restored(at: .now) }) else { return }
        note("online", "connected again after \(RunReport.text(away))")
    }

    /// Writes one line that is inert already.
    func write(_ line: String) {
        if let action = detour.withLock({ $0 }) { return action(line) }
        _ = Descriptor.write(Array(line.utf8) + [0x0a], to: STDERR_FILENO)
    }

    /// Sends lines to `action` instead of the descriptor; nil: no longer.
    func divert(_ action: (@Sendable (String) -> Void)?) {
        detour.withLock { $0 = action }
    }
}

/// Log lines on standard error, for `-v`. What they say of others is inert.
struct DiagnosticsLog: LogHandler {
    let diagnostics: Diagnostics
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        diagnostics.log("\(event.level)", "\(event.message)\(pairs)")
    }

    /// A logger of which `-v`, given so often, lets more and more through; none without it.
    static func logger(verbosity: Int, diagnostics: Diagnostics) -> Logger {
        guard verbosity > 0 else { return Logger(label: "chat") { _ in SwiftLogNoOpLogHandler() } }
        let level: Logger.Level = verbosity == 1 ? .info : verbosity == 2 ? .debug : .trace
        return Logger(label: "chat") { _ in DiagnosticsLog(diagnostics: diagnostics, logLevel: level) }
    }
}
