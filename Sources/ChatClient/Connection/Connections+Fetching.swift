import CLISupport
import ChatProtocol
import Logging
import System

/// Fetching what there is of the logs, on a connection of its own.
extension Connections {
    /// Fetches what this device has not got.
    ///
    /// - Parameter rest: what else is asked on that connection.
    func fetch(
        timeout: Duration?, flushesOutbox: Bool = true,
        _ rest: @Sendable (Link) async throws(Problem) -> Void = { _ in }
    ) async throws(Problem) {
        let outcome = Later<FetchEnd?>()
        let link = try await openLink(
            subscribe: .unseen,
            events: LinkEvents(
                report: { event, _ in
                    switch event {
                    case .incomplete(let problem): outcome.set(.end(problem))
                    case .live: outcome.set(.live)
                    case .login, .presence, .receipt, .deviceWaits: break
                    }
                },
                end: { outcome.set(.end($0)) }), flushesOutbox: flushesOutbox)
        defer { link.close() }
        switch await outcome.value(until: timeout.map { Monotonic.now + $0 }) {
        case .live: break
        case .end(let problem): throw problem
        case nil: throw Problem(.nothingCame, "not everything was fetched in time", hint: "try again")
        }
        try await rest(link)
    }

    /// For a moment and by the way; in vain where that cannot be done soon.
    func fetchLogs() async {
        do throws(Problem) { try await fetch(timeout: .seconds(10), flushesOutbox: false) } catch {
            log.debug("what was missed could not be fetched", metadata: ["error": "\(error.text)"])
        }
    }

    private enum FetchEnd: Sendable {
        case live
        case end(Problem)
    }
}
