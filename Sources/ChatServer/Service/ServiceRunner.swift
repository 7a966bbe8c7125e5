import CLISupport
import ChatProtocol
import Glibc
import Logging
import Transport

/// Runs the service until it is told to end: lives one after the other, as restores ask for them.
struct ServiceRunner {
    let directory: DataDirectory
    let configuration: ServerConfiguration
    /// Reads the configuration again, for a server that listens at these addresses.
    let reread: ([NetworkAddress]) throws(Problem) -> ServerConfiguration
    let log: Logger
    /// Prints a line on standard output.
    let announce: (String) -> Void

    /// How long a start waits for an administrator's command that has the data.
    private static let patience = Duration.seconds(10)

    private var publication: KeyPublication { KeyPublication(data: directory) }

    /// Serves until a signal ends it.
    func run() async throws(Problem) {
        try directory.create()
        guard try directory.checkedOwner() == geteuid() else {
            throw Problem(
                .unsafeStore, "\(directory.path) belongs to another user", hint: "run chatd as that user")
        }
        let lock = try await takeLock()
        defer { withExtendedLifetime(lock) {} }
        // Before anything is served, so that a signal during the start is not lost.
        let signals = ServiceSignals()
        // To the end: without it signals do what they do by default, and to the first process of a container nothing.
        defer { withExtendedLifetime(signals) {} }
        var events = signals.events.makeAsyncIterator()
        var current = withinDescriptors(configuration)
        var addresses = configuration.listen
        let restart = { @Sendable [continuation = signals.continuation] in _ = continuation.yield(.restart) }
        while true {
            let service = try await start(current, at: addresses, restart: restart)
            // A port that was free is kept, for clients know it.
            addresses = service.addresses
            notify("READY=1")
            // A life takes up what only it can; the process keeps its addresses and its log.
            var started = configuration
            started.limits.passwordThreads = current.limits.passwordThreads
            let watches = watch(signals.continuation)
            let end = await serve(service, started, &events, &current)
            for watch in watches { watch.cancel() }
            notify(end == .restart ? "RELOADING=1" : "STOPPING=1")
            publication.withdraw(service.certificate.pin)
            if case .dataLost(let loss) = end { throw lost(loss) }
            await service.end()
            guard end == .restart else { return }
        }
    }

    /// Why a life of the service has ended.
    private enum End: Equatable {
        case told
        case restart
        case dataLost(String)
    }

    private func watch(_ events: AsyncStream<ServiceEvent>.Continuation) -> [Task<Void, Never>] {
        let days = Task {
            while (try? await Task.sleep(for: .seconds(86_400))) != nil { events.yield(.dayPassed) }
        }
        return [DataWatch(directory).watch { events.yield(.dataLost($0)) }, days]
    }

    /// Nothing is drained then: whatever would be acknowledged is not kept.
    private func lost(_ loss: String) -> Problem {
        log.critical("the data are gone; the server ends", metadata: ["loss": "\(loss)"])
        return Problem(
            .inputOutput, "\(loss) while the server ran; it has ended",
            hint: "restore a backup; what was acknowledged in the last second may be lost")
    }

    /// The configuration with as many connections as this process may have.
    private func withinDescriptors(_ configuration: ServerConfiguration) -> ServerConfiguration {
        let wanted = configuration.limits.connections
        let possible = ProcessHardening.descriptors(forConnections: wanted)
        guard possible < wanted else { return configuration }
        log.warning(
            "fewer connections than configured, because this process may open no more files",
            metadata: ["connections": "\(possible)", "configured": "\(wanted)"])
        var bounded = configuration
        bounded.limits.connections = possible
        return bounded
    }

    private func takeLock() async throws(Problem) -> DirectoryLock {
        let lock = try await Polling.first(within: Self.patience) { () throws(Problem) -> DirectoryLock? in
            if let lock = try DirectoryLock.take(directory) { return lock }
            if (try? ControlClient(path: directory.control, timeout: 1)) != nil { throw inUse }
            return nil
        }
        guard let lock else { throw inUse }
        return lock
    }

    private var inUse: Problem {
        let holder = DirectoryLock.holder(directory).map { "process \($0)" } ?? "another process"
        return Problem(
            .alreadyRunning, "the data at \(directory.path) are in use by \(holder)",
            hint: "give each server data of its own with --data")
    }

    private func start(
        _ configuration: ServerConfiguration, at addresses: [NetworkAddress], restart: @escaping @Sendable () -> Void
    ) async throws(Problem) -> RunningService {
        let service: RunningService
        do {
            service = try await RunningService.start(
                configuration, in: directory, at: addresses, log: log, restart: restart)
        } catch let error as ListenError {
            throw Problem(.cannotCreate, error.description, hint: "--listen and --metrics say where to listen")
        } catch { throw Administration.problem(of: error) }
        let pin = service.certificate.pin
        publication.publish(pin, for: service.addresses, log: log)
        for address in service.addresses { announce("listening \(address) \(pin)") }
        return service
    }

    /// - Returns: why it ended.
    private func serve(
        _ service: RunningService, _ started: ServerConfiguration, _ events: inout AsyncStream<ServiceEvent>.Iterator,
        _ current: inout ServerConfiguration
    ) async -> End {
        while let event = await events.next() {
            switch event {
            case .end: return .told
            case .restart: return .restart
            case .dataLost(let loss): return .dataLost(loss)
            case .reload: current = await reload(service, started) ?? current
            case .dayPassed: service.reviewCertificate()
            }
        }
        return .told
    }

    /// - Returns: the configuration that counts from now on; nil where the old one does.
    private func reload(_ service: RunningService, _ started: ServerConfiguration) async -> ServerConfiguration? {
        do {
            let configuration = withinDescriptors(try reread(service.addresses))
            let pin = service.certificate.pin
            try await service.apply(configuration, in: directory)
            if service.certificate.pin != pin { publication.withdraw(pin) }
            publication.publish(service.certificate.pin, for: service.addresses, log: log)
            let waiting = configuration.waiting(since: started)
            if !waiting.isEmpty {
                log.warning("counts from the next start", metadata: ["keys": "\(waiting.joined(separator: " "))"])
            }
            log.notice("configuration read again", metadata: ["fingerprint": "\(service.certificate.pin)"])
            return configuration
        } catch {
            log.error(
                "configuration not taken; the old one stays",
                metadata: ["error": "\(Administration.problem(of: error).text)"])
            return nil
        }
    }

    private func notify(_ state: String) {
        ServiceManager.notify(state, socketPath: DataDirectory.environment("NOTIFY_SOCKET"))
    }
}
