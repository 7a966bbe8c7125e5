import ChatProtocol
import Transport

/// Where the measurements are read, each from whoever has it.
struct MetricsSource: Sendable {
    let server: Server
    let store: any Store
    let certificate: ServerIdentityBox

    /// Nil where the server is ending.
    func read() async -> String? {
        guard let (counts, status) = try? await server.hub.value({ ($0.context.counts, $0.status) }) else { return nil }
        let now = ServerSources.system.time()
        let believed = try? await store.believedTime()
        let metrics = ServerMetrics(
            counts: counts, hub: status, room: try? await store.room(),
            retentionIsSuspended: !RetentionClock.believes(now, since: believed),
            certificateEnd: certificate.identity.certificateEnd, process: .now())
        return metrics.text
    }
}
