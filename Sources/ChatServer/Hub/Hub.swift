import ChatProtocol
import Logging
import NIOCore
import Transport
import WireCodec

/// The middle of the server: puts its parts together, follows a connection from its beginning to its end, and gives
/// each frame to the handler of its family. Confined to one event loop.
///
/// The parts own what they know, each in a folder of its own: `Connections`, `Writing`, `Delivery`, `Presence`,
/// `Receipts`, `Housekeeping`, `Quotas`. What has states or bounds is a plain value within one of them.
package final class Hub {
    package let context: HubContext
    package let connections: ConnectionRegistry
    let quota: StoreQuotaDesk
    let rates: RateDesk
    let memory = MemoryKeeper()
    let deliverer: Deliverer
    let presence: PresenceDesk
    let writer: BatchWriter
    private let receipts: ReceiptDesk
    private let expulsion: Expulsion
    private let draining: Draining
    private let sweep: TimeoutSweep
    private let housekeeper: Housekeeper
    private let logins: LoginRequests
    private let appends: AppendRequests
    private let deliveries: DeliveryRequests
    private let directory: DirectoryRequests
    private let devices: DeviceRequests
    private let chains: ChainRequests
    private let groups: GroupRequests
    private let packages: PackageRequests
    private let rooms: RoomRequests
    let desk: FollowerDesk
    let removals: RemovalDesk
    private let news: NewsDesk
    private let chainNews: ChainNewsDesk

    package init(
        loop: any EventLoop, identity: StoreIdentity, authority: GroupAuthority, store: any Store,
        accounts: any AccountService, settings: HubSettings, clock: HubClock, log: Logger
    ) {
        context = HubContext(
            loop: loop, identity: identity, store: store, settings: settings, clock: clock, log: log)
        connections = ConnectionRegistry(context: context)
        quota = StoreQuotaDesk(settings.limits)
        rates = RateDesk(loop: loop, clock: clock, settings: settings)
        let marks = MarkWriter(context: context)
        deliverer = Deliverer(context: context, connections: connections, marks: marks)
        presence = PresenceDesk(context: context, connections: connections, deliverer: deliverer)
        receipts = ReceiptDesk(context: context, connections: connections, marks: marks)
        news = NewsDesk(deliverer: deliverer, connections: connections)
        writer = BatchWriter(
            context: context, quota: quota,
            answers: AppendAnswers(everyone: identity.everyone, rates: rates, receipts: receipts), news: news)
        desk = FollowerDesk(context: context, authority: authority)
        let asker = CommitAsker(context: context, connections: connections)
        removals = RemovalDesk(context: context, desk: desk, writer: writer, asker: asker)
        expulsion = Expulsion(connections: connections, writer: writer, removals: removals)
        chainNews = ChainNewsDesk(context: context, connections: connections, expulsion: expulsion)
        draining = Draining(context: context, connections: connections, writer: writer, marks: marks)
        sweep = TimeoutSweep(context: context, connections: connections, rates: rates, draining: draining)
        housekeeper = Housekeeper(
            context: context, quota: quota, deliverer: deliverer, memory: memory, draining: draining, marks: marks,
            connections: connections, news: news, removals: removals)
        logins = LoginRequests(
            context: context, groupKey: authority.publicKey, accounts: accounts, connections: connections, quota: quota,
            rates: rates, expulsion: expulsion)
        appends = AppendRequests(
            context: context, writer: writer, rates: rates, quota: quota, draining: draining, asker: asker)
        deliveries = DeliveryRequests(
            connections: connections, marks: marks, deliverer: deliverer, presence: presence, receipts: receipts,
            writer: writer, asker: asker, welcomes: WelcomeDesk(context: context))
        directory = DirectoryRequests(
            context: context, writer: writer, presence: presence, quota: quota, rates: rates)
        devices = DeviceRequests(
            context: context, accounts: accounts, connections: connections, quota: quota, expulsion: expulsion)
        chains = ChainRequests(context: context, accounts: accounts, quota: quota, news: chainNews)
        packages = PackageRequests(context: context, accounts: accounts, quota: quota)
        groups = GroupRequests(context: context, desk: desk, removals: removals, writer: writer, quota: quota)
        rooms = RoomRequests(context: context, writer: writer, removals: removals, quota: quota, rates: rates)
        news.roomEnded = { [weak desk, weak removals] room in
            desk?.forget(room)
            removals?.ended(room)
        }
    }

    /// Starts what goes on as long as the hub lives.
    package func start() {
        sweep.start()
        housekeeper.start()
        removals.look(for: nil)
    }

    // MARK: Connections

    /// A connection was accepted, and may still be at its handshake. Nil where there are too many.
    package func accept(_ link: any ClientLink) -> Session? {
        guard !draining.isDraining, connections.hasRoom() else {
            context.counts.turnedAwayConnections += 1
            return nil
        }
        context.counts.acceptedConnections += 1
        let session = Session(link: link, hub: self, now: context.clock.now())
        memory.connectionMade()
        connections.opened(session)
        return session
    }

    /// This side's part of the handshake is done.
    func greet(_ session: Session) { logins.greet(session) }

    /// The handshake is done.
    func opened(_ session: Session) {
        connections.spoke(session)
        logins.greet(session)
    }

    /// The connection is gone.
    package func closed(_ session: Session, reason: String) {
        if !session.isClosing { context.log.debug("connection closed", metadata: ["reason": "\(reason)"]) }
        forget(session)
        session.outputWasTaken()
        connections.closed(session)
    }

    /// Takes the session out of everything; nothing is sent to it any more.
    func forget(_ session: Session) {
        guard !session.isClosing else { return }
        session.stage = .closing
        if session.identity != nil {
            deliveries.unsubscribe(session)
            receipts.unwatch(session)
            groups.left(session)
        }
        connections.left(session)
    }

    // MARK: Frames

    package func readComplete(_ session: Session) {
        if !session.link.isWritable { session.pause(.output) }
        session.noteHalfRead()
    }

    package func becameWritable(_ session: Session) {
        session.outputWasTaken()
        deliverer.goOn(session)
    }

    package func receive(_ frame: RawFrame, on session: Session) {
        session.lastFrame = context.clock.now()
        do {
            switch session.stage {
            case .awaitingHello: try logins.hello(frame, session)
            case .awaitingLogin: try logins.logIn(frame, session)
            case .loggedIn: try dispatch(frame, session)
            case .loggingIn: session.expel(Failure(.unexpectedFrame), correlation: frame.correlation)
            case .closing: break
            }
        } catch {
            session.expel(Failure(.malformed, sentence: "malformed frame: \(error)"), correlation: frame.correlation)
        }
    }

    /// Gives a frame of a connection that is logged in to the handler of its family.
    private func dispatch(_ frame: RawFrame, _ session: Session) throws(WireError) {
        guard let kind = frame.frameKind, let family = kind.family else {
            return session.send(Failure(.unexpectedFrame), correlation: frame.correlation)
        }
        if let refusal = rates.charge(kind, session) {
            return session.send(refusal, correlation: frame.correlation)
        }
        guard session.identity?.state == .active || kind.isOpenToPending else {
            return session.send(Failure(.devicePending), correlation: frame.correlation)
        }
        switch family {
        case .append: appends.append(try frame.decode(), session, frame.correlation)
        case .delivery: try deliveries.handle(frame, session)
        case .directory: try directory.handle(frame, session)
        case .devices: try devices.handle(frame, session)
        case .chains: try chains.handle(frame, session)
        case .groups: try groups.handle(frame, session)
        case .packages: try packages.handle(frame, session)
        case .rooms: try rooms.handle(frame, session)
        case .liveness:
            let _: Ping = try frame.decode()
            session.send(Pong(time: context.clock.wall()), correlation: frame.correlation)
        }
    }
}

// MARK: - From outside

/// What `chatd status` tells of the running server.
package struct HubStatus: Sendable, Equatable {
    package var connections: Int
    package var loggedIn: Int
    package var subscribed: Int
    package var online: Int
    package var groups = GroupFigures()
}

extension Hub {
    package var status: HubStatus {
        HubStatus(
            connections: connections.sessions.count, loggedIn: connections.loggedInCount,
            subscribed: connections.subscribers.count, online: presence.onlineCount, groups: desk.figures)
    }

    /// Goes by other settings from now on; the bounds of batches stay.
    package func apply(_ settings: HubSettings) {
        context.apply(settings)
        quota.apply(settings.limits)
        connections.settingsChanged()
        rates.apply(settings)
    }

    /// As `Expulsion.close`.
    package func closeConnections(account: AccountID, completion: @escaping (Failure?) -> Void) {
        expulsion.close(account, completion: completion)
    }

    /// An account's record has changed: what others are told of it, and what it may do.
    package func accountChanged(_ account: AccountRecord) {
        for session in connections.sessions(of: account.id) { session.identity?.account = account }
    }

    /// Something was committed past this hub: by an administrator, or by another server that shares the store.
    package func hear(_ told: ToldNews) { news.tell(told) }

    /// A link of an account's chain was, as `hear`.
    package func hear(_ outcome: ChainOutcome) { chainNews.tell(outcome) }

    /// Entries were erased in the store: none of them is delivered from memory any more.
    package func forgetRecentEntries() { deliverer.forgetRecent() }

    /// Ends the service, as `Draining.begin`.
    package func drain(completion: @escaping () -> Void) { draining.begin(completion: completion) }
}
