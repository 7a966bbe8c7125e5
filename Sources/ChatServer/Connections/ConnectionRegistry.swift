import ChatProtocol

/// Every connection, whose it is, and whether it is subscribed. Confined to the hub's event loop.
package final class ConnectionRegistry {
    private let context: HubContext
    package private(set) var sessions: [ObjectIdentifier: Session] = [:]
    private(set) var accounts: [AccountID: AccountConnections] = [:]
    /// Sessions that subscribed, in no order: everyone's audience.
    private(set) var subscribers: [Session] = []
    private var census: ConnectionCensus<ObjectIdentifier, AddressPrefix>
    private var whenEmpty: [() -> Void] = []
    /// Lines about connections that are turned away, which may be many.
    private var refusals = LogInterval()
    private var crowdedAccounts = LogInterval()
    private var failedAccepts = LogInterval()

    init(context: HubContext) {
        self.context = context
        census = ConnectionCensus(cap: Int(clamping: context.settings.limits.unauthenticatedPerAddress))
    }

    /// Goes by the settings that count now.
    func settingsChanged() { census.cap = Int(clamping: context.settings.limits.unauthenticatedPerAddress) }

    // MARK: Any connection

    /// Whether there may be one more.
    func hasRoom() -> Bool {
        guard UInt64(sessions.count) >= context.settings.limits.connections else { return true }
        if refusals.lets(context.clock.now()) {
            context.log.warning(
                "too many connections; new ones are refused", metadata: ["connections": "\(sessions.count)"])
        }
        return false
    }

    /// The kernel gives no connection out.
    func cannotAccept(_ reason: String) {
        guard failedAccepts.lets(context.clock.now()) else { return }
        context.log.error(
            "connections cannot be accepted",
            metadata: ["error": "\(reason)", "connections": "\(sessions.count)"])
    }

    /// A connection was accepted.
    func opened(_ session: Session) {
        let key = ObjectIdentifier(session)
        sessions[key] = session
        makeRoom(census.opened(key, prefix: prefix(of: session)))
    }

    /// The connection is gone.
    func closed(_ session: Session) {
        sessions[ObjectIdentifier(session)] = nil
        guard sessions.isEmpty else { return }
        let waiting = whenEmpty
        whenEmpty = []
        for body in waiting { body() }
    }

    /// Calls `body` when there is no connection any more; at once where there is none.
    func whenEmpty(_ body: @escaping () -> Void) {
        if sessions.isEmpty { body() } else { whenEmpty.append(body) }
    }

    // MARK: Before the login

    /// The handshake of a connection is done.
    func spoke(_ session: Session) { census.spoke(ObjectIdentifier(session)) }

    /// A login is being checked, and its connection waits for us.
    func loginBegan(_ session: Session) { census.settled(ObjectIdentifier(session)) }

    func loginFailed(_ session: Session) {
        makeRoom(census.waitsAgain(ObjectIdentifier(session), prefix: prefix(of: session)))
    }

    private func prefix(of session: Session) -> AddressPrefix { AddressPrefix(session.link.remoteAddress.host) }

    /// Closes the connection that has to go for another one of its address.
    private func makeRoom(_ key: ObjectIdentifier?) {
        guard let key, let victim = sessions[key] else { return }
        context.log.debug("too many unauthenticated connections of an address: an old one is closed")
        victim.expel(Failure(.busy, sentence: "too many connections of this address that have not logged in"))
    }

    // MARK: Of an account

    /// Whether an account may have one more connection.
    func hasRoom(forConnectionOf account: AccountRecord) -> Bool {
        let count = accounts[account.id]?.sessions.count ?? 0
        guard UInt64(count) >= context.settings.limits.accountConnections else { return true }
        if crowdedAccounts.lets(context.clock.now()) {
            context.log.warning(
                "an account has too many connections; new ones are refused",
                metadata: ["user": "\(account.name)", "connections": "\(count)"])
        }
        return false
    }

    /// Adds a connection that has logged in to those of its account.
    func loggedIn(_ session: Session, as account: AccountID) {
        census.settled(ObjectIdentifier(session))
        let connections = accounts[account] ?? AccountConnections()
        accounts[account] = connections
        connections.add(session)
    }

    /// Takes out a connection to which nothing is sent any more.
    func left(_ session: Session) {
        census.settled(ObjectIdentifier(session))
        guard let identity = session.identity else { return }
        session.account?.remove(session)
        if session.account?.sessions.isEmpty == true { accounts[identity.account.id] = nil }
    }

    /// All connections of an account that have logged in.
    func sessions(of account: AccountID) -> [Session] { accounts[account]?.sessions ?? [] }

    /// Those of one device.
    func sessions(of reader: DeviceReader) -> [Session] {
        sessions(of: reader.account).filter { $0.identity?.device == reader.device }
    }

    var loggedInCount: Int { accounts.values.reduce(0) { $0 + $1.sessions.count } }

    // MARK: Subscriptions

    func subscribe(_ session: Session) {
        session.subscriberIndex = subscribers.count
        subscribers.append(session)
    }

    func unsubscribe(_ session: Session) {
        let last = subscribers.removeLast()
        guard last !== session else { return }
        subscribers[session.subscriberIndex] = last
        last.subscriberIndex = session.subscriberIndex
    }

    /// Tells an account's subscribed connections what has become of its membership.
    func tell(_ change: MemberChanged) {
        for session in subscribers(of: change.account) { session.send(change) }
    }

    /// Connections of an account that are subscribed.
    func subscribers(of account: AccountID) -> [Session] {
        sessions(of: account).filter { $0.subscription != nil }
    }
}
