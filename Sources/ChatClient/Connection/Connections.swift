import CLISupport
import ChatProtocol
import Logging
import System
import Transport

/// The owner of the connections that a process has to its server: how they come to be, for requests and for listening.
actor Connections: ProfileWorker {
    nonisolated let tools: ProfileTools
    /// Who sees to each from its login to its end.
    nonisolated let attendant: Attendant
    /// What the lasting one is subscribed to besides what its first listener wants: others may come later.
    private let subscribesAlways: Subscribe.Options
    /// What they go through.
    private let line: LinkLine
    private var links = LinkDesk()

    init(_ tools: ProfileTools, subscribesAlways: Subscribe.Options, line: @escaping LinkLine) {
        self.tools = tools
        self.subscribesAlways = subscribesAlways
        self.line = line
        attendant = Attendant(tools)
    }

    /// The executor of the profile's store: what is done there is done at once.
    nonisolated var unownedExecutor: UnownedSerialExecutor { profile.unownedExecutor }

    // MARK: Which is used

    /// A connection that is logged in, or is about to be: the lasting one where there is one that is not over. Requests
    /// may be handed to it at once.
    ///
    /// - Parameter flushesOutbox: what waits in the outbox goes first.
    func requestLink(flushesOutbox: Bool = true) async throws(Problem) -> Link {
        while let live = links.live, await !live.isSpent {
            links.retireForRequests()
            // The last listener may leave meanwhile; then it is this one's turn to connect.
            do throws(Problem) { return try await live.link() } catch { guard links.live !== live else { throw error } }
        }
        if let link = links.forRequests { return link }
        let coming = links.coming {
            Task(executorPreference: MainThread.preferred) { await self.openRequestLink(flushesOutbox) }
        }
        return try await coming.value.get()
    }

    private func openRequestLink(_ flushesOutbox: Bool) async -> Result<Link, Problem> {
        links.useForRequests(nil)
        let result: Result<Link, Problem>
        do throws(Problem) { result = .success(try await openLink(flushesOutbox: flushesOutbox)) } catch {
            result = .failure(error)
        }
        links.came(result)
        return result
    }

    func useForRequests(_ link: Link) { links.useForRequests(link) }

    func closeForRequests() { links.closeForRequests() }

    // MARK: The lasting one

    /// Nil where nobody listens.
    var live: LiveConnection? { links.live }

    /// Hears of the lasting connection, which begins with the first who does.
    func joinLive(
        _ key: ObjectIdentifier, options: Subscribe.Options, requiresFirstConnection: Bool = true,
        report: @escaping @Sendable (LiveReport) -> Void
    ) async {
        let live = beginLive(options: options, requiresFirstConnection: requiresFirstConnection)
        await live.addListener(key, report)
        await live.start()
    }

    private func beginLive(options: Subscribe.Options, requiresFirstConnection: Bool) -> LiveConnection {
        if let live = links.live { return live }
        let live = LiveConnection(
            self, options: options.union(subscribesAlways), requiresFirstConnection: requiresFirstConnection)
        links.begin(live)
        return live
    }

    /// Takes a listener off; the connection ends with the last one.
    func leaveLive(_ key: ObjectIdentifier) async {
        guard let live, await live.removeListener(key) else { return }
        await stopLive(whenIdle: true)
    }

    /// - Parameter whenIdle: after what was asked on it is answered.
    func stopLive(whenIdle: Bool = false) async {
        await links.takeLive()?.stop(whenIdle: whenIdle)
    }

    // MARK: How they are made

    /// Connects, begins to log in by this device's key, and sends what waits in the outbox first.
    func openLink(
        subscribe options: Subscribe.Options? = nil, events: LinkEvents? = nil, flushesOutbox: Bool = true,
        within limit: Duration? = nil
    ) async throws(Problem) -> Link {
        guard let identity = try store({ try $0.identity() }) else { throw profile.notLoggedIn }
        try profile.requireStanding(identity)
        // The handshake goes on while the number is written; one that is not used is no harm.
        async let opening = open(identity.address, within: limit)
        let ticket: LoginTicket
        do throws(Problem) {
            guard let taken = try store({ try $0.loginTicket() }) else { throw profile.notLoggedIn }
            try profile.requireStanding(taken.identity)
            ticket = taken
        } catch {
            if case .success(let opened) = await opening { opened.connection.discard() }
            throw error
        }
        let link = try await start(try await opening.get(), ticket.identity.address, login: .device(ticket))
        if let options {
            link.send(Subscribe(options: options)) { [log] reply in
                if case .failure(let problem) = reply { log.debug("subscribe: \(problem.text)") }
            }
        }
        await attendant.begin(link, ticket, events: events, of: self)
        if ticket.hasQueued, flushesOutbox, (try? await link.welcome()) != nil {
            await outboxFlush.runQuietly(on: link)
        }
        return link
    }

    /// A connection by this device's key that may be one of a device that waits.
    func linkOfPending(within limit: Duration? = nil) async throws(Problem) -> Link {
        guard let ticket = try store({ try $0.loginTicket() }) else { throw profile.notLoggedIn }
        try profile.requireStanding(ticket.identity)
        return try await connect(
            to: ticket.identity.address, login: .device(ticket, mayBePending: true), within: limit)
    }

    /// Connects to a server that is the one meant.
    func connect(
        to address: ServerAddress, login: LinkLogin, trust: TrustSetting? = nil, within limit: Duration? = nil
    ) async throws(Problem) -> Link {
        try await start(try await open(address, trust: trust, within: limit).get(), address, login: login)
    }

    /// A connection to a server that is the one meant, on which nothing was said.
    private nonisolated func open(_ address: ServerAddress, trust: TrustSetting? = nil, within limit: Duration? = nil)
        async -> Result<
            TrustedConnection.Opened, Problem
        >
    {
        let connection = TrustedConnection(settings, trust: trust, interaction: interaction, log: log)
        log.debug("connecting", metadata: ["server": "\(address)"])
        do throws(Problem) {
            return .success(
                try await connection.open(
                    address, timeout: min(settings.connectTimeout, limit ?? settings.connectTimeout)))
        } catch { return .failure(error) }
    }

    func start(
        _ opened: TrustedConnection.Opened, _ address: ServerAddress, login: LinkLogin
    ) async throws(Problem) -> Link {
        do { return try await Link.start(opened, address: address, login: login, line: line) } catch {
            throw Problem(.internalFault, "cannot use the connection: \(error)")
        }
    }
}
