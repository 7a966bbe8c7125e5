import CLISupport
import ChatProtocol
import Logging
import System

/// Fetching what there is of the logs, on a connection of its own.
extension Connections {
    /// Fetches what this device has not got.
    ///
    /// - Parameters:
    ///   - patience: how long nothing may come of what was missed.
    ///   - limit: how long all of it may take.
    ///   - rest: what else is asked on that connection.
    func fetch(
        patience: Duration, within limit: Duration? = nil, flushesOutbox: Bool = true,
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
        let began = Monotonic.now
        var deadline = began + min(patience, limit ?? patience)
        while true {
            switch await outcome.value(until: deadline) {
            case .live: return try await rest(link)
            case .end(let problem): throw problem
            case nil:
                // As long as something comes it goes on.
                let last = deadline
                deadline = await profile.catchUp.end(of: patience, since: began)
                if let limit { deadline = min(deadline, began + limit) }
                guard deadline > last else {
                    throw Problem(
                        .nothingCame, "not everything was fetched in time",
                        hint: "try again; it goes on from what is here")
                }
            }
        }
    }

    /// For a moment and by the way; in vain where that cannot be done soon.
    func fetchLogs() async {
        do throws(Problem) {
            try await fetch(patience: .seconds(10), within: .seconds(10), flushesOutbox: false)
        } catch {
            log.debug("what was missed could not be fetched", metadata: ["error": "\(error.text)"])
        }
    }

    private enum FetchEnd: Sendable {
        case live
        case end(Problem)
    }
}
