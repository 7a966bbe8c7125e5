import CLISupport
import ChatProtocol
import Logging
import System

/// What a lasting connection tells those who listen.
struct LiveReport: Sendable {
    enum Event: Sendable {
        case login(LoginNotice)
        case live(time: Timestamp)
        case presence(PresenceChange)
        case receipt(ReceiptNotice)
        case member(MemberNotice)
        case deviceWaits(WaitingNotice)
        case offline(Problem, retryIn: Duration)
        /// It is over, and nothing follows.
        case ended(Problem)
    }
    var event: Event
    /// What the store held by then comes first.
    var behind: StorePosition
}

/// The lasting connection of a process: connects, stays, reconnects. All who listen share it.
actor LiveConnection {
    private let connections: Connections
    private let log: Logger
    private let options: Subscribe.Options
    private var reconnector: Reconnector
    private var link: Link?
    private var lastProblem: Problem?
    private var ended: Problem?
    private var runner: Task<Void, Never>?
    private var keeper: Task<Void, Never>?
    private var listeners: [ObjectIdentifier: @Sendable (LiveReport) -> Void] = [:]
    /// What comes of the attempt that is under way.
    private var coming = Later<Result<Link, Problem>>()
    private var reports: AsyncStream<Report>.Continuation?
    private var lastLogin: LiveReport?
    private var lastLive: LiveReport?
    private var presence = PresenceBook()

    private enum Report: Sendable {
        case event(LinkEvents.Event, StorePosition)
        case end(Problem)
    }

    init(_ connections: Connections, options: Subscribe.Options, requiresFirstConnection: Bool) {
        self.connections = connections
        self.options = options
        log = connections.log
        reconnector = Reconnector(requiresFirstConnection: requiresFirstConnection)
    }

    /// Begins to connect.
    func start() {
        guard runner == nil else { return }
        runner = Task(executorPreference: MainThread.preferred) { await self.run() }
        keeper = Task(executorPreference: MainThread.preferred) { [profile = connections.profile] in
            await profile.keepTexts()
        }
    }

    /// The connection as it is: waits for an attempt that is under way, and fails with the last problem between two.
    func link() async throws(Problem) -> Link {
        if let ended { throw ended }
        if let link, link.end == nil { return link }
        if case .waiting = reconnector.state, let lastProblem { throw lastProblem }
        return try await coming.value.get()
    }

    /// It was logged in and is over, as where the store has no room for what comes: who asks something asks elsewhere.
    var isSpent: Bool { ended != nil && lastLogin != nil }

    /// `report` hears of everything from now on, and first of how things stand.
    func addListener(_ key: ObjectIdentifier, _ report: @escaping @Sendable (LiveReport) -> Void) {
        listeners[key] = report
        if let lastLogin { report(lastLogin) }
        if let users = presence.online {
            let change = PresenceChange(change: .full, time: WallClock.now, users: users)
            report(LiveReport(event: .presence(change), behind: 0))
        }
        if let lastLive { report(lastLive) }
        if let ended { report(LiveReport(event: .ended(ended), behind: 0)) }
    }

    /// - Returns: whether nobody is left.
    func removeListener(_ key: ObjectIdentifier) -> Bool {
        listeners[key] = nil
        return listeners.isEmpty
    }

    /// - Parameter whenIdle: what was asked on the connection is answered first.
    func stop(whenIdle: Bool) {
        reconnector.stop()
        end(Problem(.unreachable, "the connection was closed"))
        runner?.cancel()
        keeper?.cancel()
        if whenIdle { link?.retire(after: .zero) } else { link?.close() }
        link = nil
        reports?.finish()
    }

    // MARK: The runner

    private func run() async {
        guard reconnector.start() == .connect else { return }
        while true {
            let problem = await attempt()
            guard !Task.isCancelled else { return }
            lastProblem = problem
            lastLive = nil
            settle(.failure(problem))
            switch reconnector.failed(problem, now: Monotonic.now, random: .random(in: 0...(.max))) {
            case .wait(let moment):
                let pause = moment - Monotonic.now
                log.info("offline: \(problem.text)", metadata: ["retry_in": "\(pause)"])
                tell(.offline(problem, retryIn: pause), behind: 0)
                try? await Task.sleep(for: pause)
                guard !Task.isCancelled, reconnector.retry() == .connect else { return }
            case .end(let problem):
                return end(problem)
            case .connect, .nothing:
                return
            }
        }
    }

    /// One connection from its beginning to its end; why it ended.
    private func attempt() async -> Problem {
        presence = PresenceBook()
        let (stream, continuation) = AsyncStream.makeStream(
            of: Report.self, bufferingPolicy: .bufferingOldest(ReportQueue.limit))
        reports = continuation
        let events = LinkEvents(
            report: {
                // Who tells more than can be taken is left, and asked anew.
                if case .dropped = continuation.yield(.event($0, $1)) { continuation.finish() }
            },
            end: {
                continuation.yield(.end($0))
                continuation.finish()
            })
        do throws(Problem) {
            let link = try await connections.openLink(subscribe: options, events: events)
            guard !Task.isCancelled else {
                link.close()
                return Problem(.unreachable, "the connection was closed")
            }
            self.link = link
            settle(.success(link))
        } catch { return error }
        defer {
            link?.close()
            link = nil
        }
        for await report in stream {
            switch report {
            case .event(let event, let behind): await handle(event, behind: behind)
            case .end(let problem): return problem
            }
        }
        return Problem(.unreachable, "the connection was closed")
    }

    private func handle(_ event: LinkEvents.Event, behind: StorePosition) async {
        let attendant = connections.attendant
        switch event {
        case .login(let welcome):
            reconnector.connected(now: Monotonic.now)
            let notice = LoginNotice(
                time: welcome.time, user: welcome.account.name, displayName: welcome.account.displayName,
                server: await connections.profile.address, device: welcome.device, deviceName: welcome.deviceName,
                waiting: Int(welcome.waiting))
            lastLogin = LiveReport(event: .login(notice), behind: behind)
            tell(.login(notice), behind: behind)
            if let link { await attendant.tellReadMarks(on: link) }
        // A person was told, and it is live in all other conversations.
        case .incomplete: break
        case .live(let time):
            if let link {
                await attendant.comeIn(on: link)
                Task(executorPreference: MainThread.preferred) { [attendant] in
                    await attendant.keepGroupsFresh(on: link)
                }
            }
            lastLive = LiveReport(event: .live(time: time), behind: behind)
            tell(.live(time: time), behind: behind)
        case .presence(let frame):
            await attendant.remember(frame.accounts)
            guard let change = presence.take(frame, now: WallClock.now) else { return }
            tell(.presence(change), behind: behind)
        case .receipt(let conversation, let state):
            guard let notice = await attendant.receiptNotice(conversation, state) else { return }
            tell(.receipt(notice), behind: behind)
        case .deviceWaits(let frame):
            let notice = WaitingNotice(device: frame.device, name: frame.name, time: frame.time)
            tell(.deviceWaits(notice), behind: behind)
        }
    }

    private func tell(_ event: LiveReport.Event, behind: StorePosition) {
        for listener in listeners.values { listener(LiveReport(event: event, behind: behind)) }
    }

    /// Tells those who wait for a connection.
    private func settle(_ result: Result<Link, Problem>) {
        let waited = coming
        coming = Later()
        waited.set(result)
    }

    private func end(_ problem: Problem) {
        guard ended == nil else { return }
        ended = problem
        settle(.failure(problem))
        tell(.ended(problem), behind: .end)
    }
}
