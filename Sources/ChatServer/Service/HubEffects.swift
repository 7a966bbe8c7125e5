import CLISupport
import ChatProtocol
import Glibc
import Transport

/// The service as administration sees it.
struct HubEffects: ServiceEffects {
    let server: Server
    /// Where metrics are told.
    let metrics: LocalAddress?
    let started: Ticks
    let restartService: @Sendable () -> Void

    func closeConnections(of account: AccountID) async throws {
        try await server.hub.closeConnections(account: account)
    }

    func accountChanged(_ account: AccountRecord) async throws {
        try await server.hub.accountChanged(account)
    }

    func hear(_ news: [News]) async throws {
        let told = ToldNews(news)
        try await server.hub.value { $0.hear(told) }
    }

    func entriesErased() async throws { try await server.hub.value { $0.forgetRecentEntries() } }

    func describe(_ status: inout JSONObject) async throws {
        let hub = try await server.hub.status()
        status["running"] = .bool(true)
        status["pid"] = .integer(Int64(getpid()))
        status["uptime_ms"] = .integer(ServerSources.system.ticks().span(since: started).wholeMilliseconds)
        status["addresses"] = .array(server.addresses.map { .string("\($0)") })
        status["metrics"] = metrics.map { .string("\($0)") }
        status["connections"] = .integer(Int64(hub.connections))
        status["logged_in"] = .integer(Int64(hub.loggedIn))
        status["online"] = .integer(Int64(hub.online))
        status["groups_followed"] = .integer(Int64(hub.groups.followers))
        status["handshakes"] = .integer(Int64(clamping: hub.groups.handshakes))
        status["handshakes_refused"] = .integer(Int64(clamping: hub.groups.refused))
        status["commit_reports"] = .integer(Int64(clamping: hub.groups.reports))
    }

    func restart() throws(Problem) { restartService() }
}
