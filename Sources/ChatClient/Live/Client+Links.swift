import CLISupport
import ChatProtocol
import Logging
import System
import Transport

/// How connections come to be, for requests and for listening.
extension Client {
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
        links.attendance = (
            link,
            Task(executorPreference: MainThread.preferred) { await self.attend(link, ticket.identity, events: events) }
        )
        if ticket.hasQueued, flushesOutbox, (try? await link.welcome()) != nil {
            await outboxFlush.runQuietly(on: link)
        }
        return link
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

    /// Sees to a connection from its login to its end: keeps what it brings.
    private func attend(_ link: Link, _ identity: Identity, events: LinkEvents?) async {
        do throws(Problem) {
            let welcome = try await link.welcome()
            let isNewLife = try noteWelcome(welcome, identity)
            let held = try store { try $0.chainCount(of: welcome.account.id) }
            let hasLeft = try !store { try $0.roomsLeft(before: welcome.generation) }.isEmpty
            if LoginMeaning(welcome) == .begin || held > welcome.chain.count || isNewLife || hasLeft {
                links.chainBeginning = (
                    link,
                    Task(executorPreference: MainThread.preferred) {
                        await self.completeChains(on: link, welcome)
                        await self.leaveRoomsAgain(on: link, welcome)
                    }
                )
            }
            events?.report(.login(welcome), 0)
            let news = LinkNews(of: self, on: link, isLasting: events != nil)
            defer { news.end() }
            // What was changed while nobody listened; a command that only asks once has no time for it.
            if events != nil { news.keys.hear(KeysChanged(account: welcome.account.id, head: welcome.chain)) }
            try await takeIn(from: link, identity: identity, events: events, news: news)
            if let end = link.end { await noteEnd(end, of: identity.device) }
            events?.end(link.end ?? Problem(.unreachable, "the connection has ended"))
        } catch {
            link.close()
            await noteEnd(error, of: identity.device)
            events?.end(error)
        }
    }

    /// Keeps what the server says of us where it is new.
    ///
    /// - Returns: whether its store has begun anew, and this is the first that hears of it here.
    private func noteWelcome(_ welcome: Welcome, _ identity: Identity) throws(Problem) -> Bool {
        log.debug("logged in", metadata: ["user": "\(welcome.account.name)"])
        let isNewLife = welcome.generation != identity.generation
        let groupKey = try store { try $0.groupKey() }
        guard
            isNewLife || identity.standing != .active || welcome.account.displayName != identity.displayName
                || welcome.deviceName != identity.deviceName || welcome.everyone != identity.everyone
                || groupKey?.bytes != welcome.groupKey
        else { return false }
        return try store { store in
            defer { store.wake() }
            return try store.writeSynced {
                try store.meetGroupKey(welcome.groupKey)
                try store.updateIdentity(
                    displayName: welcome.account.displayName, deviceName: welcome.deviceName,
                    everyone: welcome.everyone)
                try store.noteAdmitted(welcome.device, .active)
                try store.remember([welcome.account], now: WallClock.now)
                try store.remember(welcome.everyone, type: .everyone, peer: nil)
                // Another process may have been first.
                guard isNewLife, try store.identity()?.generation != welcome.generation else { return false }
                try store.storeNewGeneration(welcome.generation, now: WallClock.now)
                return true
            }
        }
    }

    /// Keeps why a device may not log in any more.
    private func noteEnd(_ problem: Problem, of device: DeviceID) async {
        let standing: Identity.Standing
        switch problem.code {
        case ErrorCode.storeCopied.name: standing = .copied
        case ErrorCode.deviceRevoked.name: standing = .revoked
        case ErrorCode.replaced.name: standing = .replaced
        case ErrorCode.devicePending.name: return await askToBeAdded()
        default: return
        }
        do throws(Problem) {
            try store { store in try store.write { try store.noteRefused(device, standing) } }
        } catch { log.warning("not kept that the device was refused: \(error.text)") }
    }
}

/// Who hears of what a subscribed connection brings besides entries.
struct LinkEvents: Sendable {
    enum Event: Sendable {
        case login(Welcome)
        /// Comes before that it is live, where the server has left something out of a log: everything else is there.
        case incomplete(Problem)
        case live(time: Timestamp)
        case presence(Presence)
        case receipt(ConversationID, ReceiptState)
        case deviceWaits(DeviceWaiting)
    }
    /// With the last position of the store at that moment: what is told by then was there before.
    var report: @Sendable (Event, StorePosition) -> Void
    /// The connection has ended, or could not be used; comes once.
    var end: @Sendable (Problem) -> Void
}
