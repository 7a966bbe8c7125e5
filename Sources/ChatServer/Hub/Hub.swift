import ChatProtocol
import Logging
import NIOCore
import Transport

/// The middle of the server: every connection, and what is to be told to whom. Confined to one event loop.
///
/// It decides little: what has states or bounds is a plain value beside it (`BatchQueue`, `DeliveryWindow`, `CatchUp`,
/// `PresenceBoard`, `ReceiptBoard`, `CursorBook`, `ConnectionCensus`). Requests are handled in `Requests/`, a file a
/// family.
package final class Hub {
    package let loop: any EventLoop
    package let identity: StoreIdentity
    package private(set) var settings: HubSettings
    let clock: HubClock
    package let store: any Store
    let accounts: any AccountService
    let bridge: LoopBridge
    let log: Logger

    // Connections.
    var sessions: [ObjectIdentifier: Session] = [:]
    var byAccount: [AccountID: AccountConnections] = [:]
    /// Sessions that subscribed, in no order: everyone's audience.
    var subscribers: [Session] = []
    var census: ConnectionCensus<ObjectIdentifier, AddressPrefix>
    /// Lines about connections that are turned away, which may be many.
    private var refusals = LogInterval()
    private var crowdedAccounts = LogInterval()
    private var failedAccepts = LogInterval()

    // Writing.
    var queue: BatchQueue<PendingOperation>
    var isBatchScheduled = false
    var pausedForBatch: [Session] = []
    var recent = RecentRuns()
    var cursors = CursorBook()
    var seen: [SeenMark] = []
    var cursorTimer: Scheduled<Void>?
    /// What waits for the end of the batch that is being written.
    var whenWritten: [() -> Void] = []
    /// What has moved is being written.
    var isNoting = false
    /// To be called when everything that has moved until now is written.
    var whenNoted: [() -> Void] = []

    // Quotas and housekeeping.
    var quota: StoreQuota
    let rates: RateDesk
    var retention: RetentionSweep?
    private(set) var connectionsMade = 0
    var connectionsAtLastLook = 0
    var connectionsAtLastTrim = 0
    /// Bytes that waited for slow peers and were freed since memory was given back.
    var bytesTakenLate = 0

    // Presence and receipts.
    var presence = PresenceBoard()
    var presenceNewcomers: [Session] = []
    var isPresenceScheduled = false
    var receipts = ReceiptBoard()
    var watchers: [ConversationID: [Session]] = [:]
    /// What the batch that forms will tell how far it is read.
    var readsInBatch: Set<ReadKey> = []

    var isDraining = false
    var whenIdle: [() -> Void] = []
    var whenEmpty: [() -> Void] = []

    package init(
        loop: any EventLoop, identity: StoreIdentity, store: any Store, accounts: any AccountService,
        settings: HubSettings, clock: HubClock, log: Logger
    ) {
        self.loop = loop
        self.identity = identity
        self.store = store
        self.accounts = accounts
        bridge = LoopBridge(loop)
        self.settings = settings
        self.clock = clock
        self.log = log
        census = ConnectionCensus(cap: Int(clamping: settings.limits.unauthenticatedPerAddress))
        quota = StoreQuota(settings.limits)
        rates = RateDesk(loop: loop, clock: clock, settings: settings)
        queue = BatchQueue(bounds: settings.batch)
    }

    /// Goes by other settings from now on; the bounds of batches stay.
    package func apply(_ settings: HubSettings) {
        self.settings = settings
        quota.apply(settings.limits)
        census.cap = Int(clamping: settings.limits.unauthenticatedPerAddress)
        rates.apply(settings)
    }

    // MARK: Connections

    /// A connection was accepted, and may still be at its handshake. Nil where there are too many.
    package func accept(_ link: any ClientLink) -> Session? {
        guard !isDraining else { return nil }
        guard UInt64(sessions.count) < settings.limits.connections else {
            if refusals.lets(clock.now()) {
                log.warning(
                    "too many connections; new ones are refused", metadata: ["connections": "\(sessions.count)"])
            }
            return nil
        }
        let session = Session(link: link, hub: self, now: clock.now())
        let key = ObjectIdentifier(session)
        sessions[key] = session
        connectionsMade += 1
        makeRoom(census.opened(key, prefix: AddressPrefix(link.remoteAddress.host)))
        return session
    }

    /// The handshake of a connection is done.
    func spoke(_ session: Session) { census.spoke(ObjectIdentifier(session)) }

    /// A login is being checked, and its connection waits for us.
    func loginBegan(_ session: Session) { census.settled(ObjectIdentifier(session)) }

    func loginFailed(_ session: Session) {
        makeRoom(
            census.waitsAgain(ObjectIdentifier(session), prefix: AddressPrefix(session.link.remoteAddress.host)))
    }

    /// Closes the connection that has to go for another one of its address.
    private func makeRoom(_ key: ObjectIdentifier?) {
        guard let key, let victim = sessions[key] else { return }
        log.debug("too many unauthenticated connections of an address: an old one is closed")
        expel(victim, Failure(.busy, sentence: "too many connections of this address that have not logged in"))
    }

    /// The kernel gives no connection out.
    func cannotAccept(_ reason: String) {
        guard failedAccepts.lets(clock.now()) else { return }
        log.error(
            "connections cannot be accepted",
            metadata: ["error": "\(reason)", "connections": "\(sessions.count)"])
    }

    /// The connection is gone.
    package func closed(_ session: Session, reason: String) {
        if !session.isClosing { log.debug("connection closed", metadata: ["reason": "\(reason)"]) }
        forget(session)
        session.outputWasTaken()
        sessions[ObjectIdentifier(session)] = nil
        if sessions.isEmpty {
            let waiting = whenEmpty
            whenEmpty = []
            for body in waiting { body() }
        }
    }

    /// Tells the peer why, and closes.
    package func expel(_ session: Session, _ failure: Failure, correlation: UInt32 = 0) {
        guard !session.isClosing else { return }
        session.send(failure, correlation: correlation)
        forget(session)
        session.link.close(flushing: true)
    }

    /// Takes the session out of everything; nothing is sent to it any more.
    private func forget(_ session: Session) {
        guard !session.isClosing else { return }
        session.stage = .closing
        census.settled(ObjectIdentifier(session))
        guard let identity = session.identity else { return }
        unsubscribe(session)
        unwatchAll(session)
        session.account?.remove(session)
        if session.account?.sessions.isEmpty == true { byAccount[identity.account.id] = nil }
    }

    // MARK: Frames

    package func readComplete(_ session: Session) {
        if !session.link.isWritable { session.pause(.output) }
    }

    package func becameWritable(_ session: Session) {
        session.outputWasTaken()
        catchUpIfSubscribed(session)
    }

    package func receive(_ frame: RawFrame, on session: Session) {
        session.lastFrame = clock.now()
        do {
            switch session.stage {
            case .awaitingHello: try hello(frame, session)
            case .awaitingLogin: try logIn(frame, session)
            case .loggedIn: try dispatch(frame, session)
            case .loggingIn: expel(session, Failure(.unexpectedFrame), correlation: frame.correlation)
            case .closing: break
            }
        } catch {
            expel(session, Failure(.malformed, sentence: "malformed frame: \(error)"), correlation: frame.correlation)
        }
    }

    /// Whether an account may have one more connection.
    func hasRoom(forConnectionOf account: AccountRecord) -> Bool {
        let count = byAccount[account.id]?.sessions.count ?? 0
        guard UInt64(count) >= settings.limits.accountConnections else { return true }
        if crowdedAccounts.lets(clock.now()) {
            log.warning(
                "an account has too many connections; new ones are refused",
                metadata: ["user": "\(account.name)", "connections": "\(count)"])
        }
        return false
    }

    /// Adds a connection to those of its account.
    func welcome(_ session: Session, _ identity: LoggedIn) {
        session.identity = identity
        session.stage = .loggedIn
        census.settled(ObjectIdentifier(session))
        let account =
            byAccount[identity.account.id] ?? AccountConnections { [unowned self] in catchUpIfSubscribed($0) }
        byAccount[identity.account.id] = account
        session.account = account
        account.add(session)
        session.link.setFrameLimit(Limits.frame)
    }

    /// Connections of an account that are subscribed.
    func subscribers(of account: AccountID) -> [Session] {
        (byAccount[account]?.sessions ?? []).filter { $0.subscription != nil }
    }
}
