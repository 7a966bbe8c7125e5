import CLISupport
import ChatProtocol
import Glibc
import Logging
import NIOCore
import NIOPosix
import Transport

/// One life of the service: from the open store to its drain.
final class RunningService: Sendable {
    let addresses: [NetworkAddress]
    let certificate: ServerIdentityBox
    private let log: Logger
    private let server: Server
    private let accounts: AccountKeeper
    private let control: ControlListener
    private let metrics: MetricsListener?
    private let controlGroup: MultiThreadedEventLoopGroup

    private init(
        log: Logger, server: Server, certificate: ServerIdentityBox, accounts: AccountKeeper,
        control: ControlListener, metrics: MetricsListener?, controlGroup: MultiThreadedEventLoopGroup
    ) {
        self.log = log
        self.server = server
        addresses = server.addresses
        self.certificate = certificate
        self.accounts = accounts
        self.control = control
        self.metrics = metrics
        self.controlGroup = controlGroup
    }

    /// Opens the store and listens. The caller has the directory's lock.
    ///
    /// - Parameters:
    ///   - addresses: where to listen.
    ///   - restart: called when an administrator asks the service to begin again.
    static func start(
        _ configuration: ServerConfiguration, in directory: DataDirectory, at addresses: [NetworkAddress],
        log: Logger, restart: @escaping @Sendable () -> Void
    ) async throws -> RunningService {
        try Restore.finish(directory)
        directory.removeTemporaries()
        try directory.refuseStrangeKey()
        // A store is made before its key: a key without one is a store's that is gone.
        let store = try await SQLiteStore.open(SQLiteStore.Settings(path: directory.database))
        let certificate: ServerIdentityBox
        do { certificate = try identity(configuration.certificate, in: directory, log: log) } catch {
            await store.close()
            throw error
        }
        let accounts = AccountKeeper(
            store: store, everyone: store.everyone,
            policy: AccountPolicy(registration: configuration.registration, limits: configuration.limits), log: log)
        do {
            var settings = Server.Settings(addresses: addresses)
            settings.hub = HubSettings(configuration)
            let server = try await Server.start(
                settings, store: store, accounts: accounts, certificate: certificate, log: log)
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let metrics = try await tellMetrics(
                of: server, certificate, at: configuration.metrics, on: group.next(), log: log)
            let effects = HubEffects(
                server: server, accounts: accounts, metrics: metrics?.address, started: ServerSources.system.ticks(),
                restartService: restart)
            let administration = Administration(
                store: store, directory: directory, identity: { () throws(Problem) in certificate.identity },
                effects: effects)
            let control = try await listen(administration, at: directory.control, on: group.next(), log: log)
            return RunningService(
                log: log, server: server, certificate: certificate, accounts: accounts, control: control,
                metrics: metrics, controlGroup: group)
        } catch {
            await accounts.end()
            throw error
        }
    }

    private static func identity(
        _ source: CertificateSource, in directory: DataDirectory, log: Logger
    ) throws -> ServerIdentityBox {
        let (identity, isNew) = try OwnIdentity.load(source, in: directory)
        if isNew { log.notice("made a key and certificate", metadata: ["fingerprint": "\(identity.pin)"]) }
        review(identity, log: log)
        return try ServerIdentityBox(identity)
    }

    private static func listen(
        _ administration: Administration, at path: String, on loop: any EventLoop, log: Logger
    ) async throws -> ControlListener {
        try await loop.flatSubmit {
            ControlListener.bind(
                path, on: loop, delegate: ControlService(loop: loop, administration: administration, log: log))
        }.get()
    }

    private static func tellMetrics(
        of server: Server, _ certificate: ServerIdentityBox, at address: LocalAddress?, on loop: any EventLoop,
        log: Logger
    ) async throws -> MetricsListener? {
        guard let address else { return nil }
        let source = MetricsSource(server: server, certificate: certificate)
        let listener = try await loop.flatSubmit {
            MetricsListener.bind(address, on: loop) { await source.read() }
        }.get()
        log.notice("metrics are told", metadata: ["address": "\(listener.address)"])
        return listener
    }

    /// Goes by another configuration: policy, limits and certificate.
    func apply(_ configuration: ServerConfiguration, in directory: DataDirectory) async throws {
        let identity = try OwnIdentity.load(configuration.certificate, in: directory).identity
        if Self.review(identity, before: certificate.identity, log: log) { try certificate.replace(with: identity) }
        let policy = AccountPolicy(registration: configuration.registration, limits: configuration.limits)
        let settings = HubSettings(configuration)
        await accounts.apply(policy)
        try await server.hub.value { $0.apply(settings) }
    }

    /// Says what is wrong with the certificate that is shown.
    func reviewCertificate() { Self.review(certificate.identity, log: log) }

    /// Says what is wrong with a certificate.
    ///
    /// - Parameter before: the one whose place it is to take.
    /// - Returns: whether it may.
    @discardableResult
    private static func review(_ identity: ServerIdentity, before: ServerIdentity? = nil, log: Logger) -> Bool {
        guard let facts = identity.facts else { return true }
        let isSame = before?.certificatePEM == identity.certificatePEM
        let review = CertificateReview(
            facts: facts, before: isSame ? nil : before?.facts,
            hasOtherKey: before.map { $0.pin != identity.pin } ?? false,
            now: ServerSources.system.time())
        if let refusal = review.refusal {
            log.error("certificate not taken; the old one stays", metadata: ["error": "it \(refusal)"])
            return false
        }
        for warning in review.warnings { log.warning("certificate", metadata: ["warning": "it \(warning)"]) }
        return true
    }

    /// Finishes what was taken, tells every connection, closes everything.
    func end() async {
        await metrics?.close()
        try? await control.close().get()
        // While there is an event loop that the logins which wait can be answered on.
        await accounts.end()
        await server.drain()
        try? await controlGroup.shutdownGracefully()
    }
}

extension HubSettings {
    init(_ configuration: ServerConfiguration) {
        self.init()
        broadcastByAdminsOnly = configuration.broadcast == .admins
        limits = configuration.limits
        software = "chatd \(ServerVersion.text)"
    }
}

/// The service as administration sees it.
struct HubEffects: ServiceEffects {
    let server: Server
    let accounts: AccountKeeper
    /// Where metrics are told.
    let metrics: LocalAddress?
    /// Microseconds of `ServerSources.ticks`.
    let started: UInt64
    let restartService: @Sendable () -> Void

    func closeConnections(of account: AccountID) async throws {
        try await server.hub.closeConnections(account: account)
    }

    func accountChanged(_ account: AccountRecord) async throws {
        try await server.hub.accountChanged(account)
    }

    func importedHashesChanged() async throws { await accounts.importedHashesChanged() }

    func describe(_ status: inout JSONObject) async throws {
        let hub = try await server.hub.status()
        status["running"] = .bool(true)
        status["pid"] = .integer(Int64(getpid()))
        status["uptime_ms"] = .integer(Int64(clamping: (ServerSources.system.ticks() - started) / 1_000))
        status["addresses"] = .array(server.addresses.map { .string("\($0)") })
        status["metrics"] = metrics.map { .string("\($0)") }
        status["connections"] = .integer(Int64(hub.connections))
        status["logged_in"] = .integer(Int64(hub.loggedIn))
        status["online"] = .integer(Int64(hub.online))
    }

    func restart() throws(Problem) { restartService() }
}
