import CLISupport
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
    private let parts: StartedParts

    private init(
        log: Logger, server: Server, certificate: ServerIdentityBox, accounts: AccountKeeper, parts: StartedParts
    ) {
        self.log = log
        self.server = server
        addresses = server.addresses
        self.certificate = certificate
        self.accounts = accounts
        self.parts = parts
    }

    /// Opens the store and listens. The caller has the directory's lock. Where it fails, nothing is left of it.
    ///
    /// - Parameters:
    ///   - addresses: where to listen.
    ///   - restart: called when an administrator asks the service to begin again.
    static func start(
        _ configuration: ServerConfiguration, in directory: DataDirectory, at addresses: [NetworkAddress],
        log: Logger, restart: @escaping @Sendable () -> Void
    ) async throws -> RunningService {
        var parts = StartedParts()
        do {
            return try await start(configuration, in: directory, at: addresses, log: log, restart: restart, &parts)
        } catch {
            await parts.end()
            throw error
        }
    }

    private static func start(
        _ configuration: ServerConfiguration, in directory: DataDirectory, at addresses: [NetworkAddress],
        log: Logger, restart: @escaping @Sendable () -> Void, _ parts: inout StartedParts
    ) async throws -> RunningService {
        try Restore.finish(directory)
        directory.removeTemporaries()
        try directory.refuseStrangeKey()
        // Administrators do not wait for the traffic: they have a loop of their own.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (loop, adminLoop) = (group.next(), group.next())
        parts.add { try? await group.shutdownGracefully() }
        // A store is made before its key: a key without one is a store's that is gone.
        let store = try await SQLiteStore.open(SQLiteStore.Settings(path: directory.database))
        parts.add { await store.close() }
        let certificate = try identity(configuration.certificate, in: directory, log: log)
        let accounts = AccountKeeper(
            store: store, everyone: store.everyone,
            policy: AccountPolicy(registration: configuration.registration, limits: configuration.limits), log: log)
        var settings = Server.Settings(addresses: addresses)
        settings.hub = HubSettings(configuration)
        let server = try await Server.start(
            settings, on: loop, store: store, accounts: accounts, certificate: certificate, log: log, &parts)
        let metrics = try await tellMetrics(
            of: server, store, certificate, at: configuration.metrics, on: adminLoop, log: log)
        if let metrics { parts.add { await metrics.close() } }
        let effects = HubEffects(
            server: server, metrics: metrics?.address, started: ServerSources.system.ticks(), restartService: restart)
        let administration = Administration(
            store: store, directory: directory, identity: { () throws(Problem) in certificate.identity },
            effects: effects)
        let service = NIOLoopBoundBox.makeBoxSendingValue(
            ControlService(loop: adminLoop, administration: administration, log: log), eventLoop: adminLoop)
        let control = try await adminLoop.flatSubmit {
            ControlListener.bind(directory.control, on: adminLoop, delegate: service.value)
        }.get()
        parts.add {
            try? await control.close().get()
            // Who asked for the end is told that it is done.
            try? await adminLoop.flatSubmit { service.value.end() }.get()
        }
        return RunningService(
            log: log, server: server, certificate: certificate, accounts: accounts, parts: parts)
    }

    private static func identity(
        _ source: CertificateSource, in directory: DataDirectory, log: Logger
    ) throws -> ServerIdentityBox {
        let (identity, isNew) = try OwnIdentity.load(source, in: directory)
        if isNew { log.notice("made a key and certificate", metadata: ["fingerprint": "\(identity.pin)"]) }
        review(identity, log: log)
        return try ServerIdentityBox(identity)
    }

    private static func tellMetrics(
        of server: Server, _ store: any Store, _ certificate: ServerIdentityBox, at address: LocalAddress?,
        on loop: any EventLoop, log: Logger
    ) async throws -> MetricsListener? {
        guard let address else { return nil }
        let source = MetricsSource(server: server, store: store, certificate: certificate)
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
    func end() async { await parts.end() }
}
