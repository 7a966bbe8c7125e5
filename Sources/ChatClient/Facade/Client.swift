import CLISupport
import ChatProtocol
import Logging
import Transport

/// A profile, its local store and its connection: one method a verb.
///
/// Any number of processes may use one profile at once; they meet in the store.
package actor Client {
    package nonisolated let settings: ClientSettings
    nonisolated let interaction: Interaction
    nonisolated let log: Logger
    /// What a lasting connection is subscribed to besides what its first listener wants: others may come later.
    let subscribesAlways: Subscribe.Options

    /// The connection to the store, once opened.
    private var openStore: ClientStore?
    /// One that was opened to read from; whoever writes later goes on with it.
    private var readStore: ClientStore?
    var links = LinkDesk()
    var intake = Intake()
    nonisolated let receipts = ReceiptBoard()
    /// Sees to groups while a connection stays.
    nonisolated let groupKeeper: GroupKeeper
    nonisolated let writtenGroups = WrittenGroups()
    /// Who may be written to.
    nonisolated let gate: KeyGate
    nonisolated let line: LinkLine

    /// Touches neither disk nor network.
    ///
    /// - Parameter hasManyListeners: they come and go, and some want presence and receipts where the first does not.
    package init(
        settings: ClientSettings, interaction: Interaction = .none, log: Logger, hasManyListeners: Bool = false
    ) {
        self.init(
            settings: settings, interaction: interaction, log: log, hasManyListeners: hasManyListeners, line: { $0 })
    }

    /// - Parameter line: what its connections go through.
    init(
        settings: ClientSettings, interaction: Interaction = .none, log: Logger, hasManyListeners: Bool = false,
        line: @escaping LinkLine
    ) {
        self.line = line
        self.settings = settings
        self.interaction = interaction
        self.log = log
        groupKeeper = GroupKeeper(log: log)
        gate = KeyGate(policy: settings.keys, file: settings.keysFile.map(KeysFile.init))
        subscribesAlways = hasManyListeners ? [.presence, .receipts] : .init()
    }

    /// Ends the connections, after what was sent has gone out. A process may as well just end.
    package func close() async {
        await stopLive()
        links.closeForRequests()
    }

    /// Waits until what a connection that is over has brought is kept: a device that was refused must know it before its
    /// process ends, or it would try again with a number that the server has not seen.
    package func settle() async {
        await settleConnections()
        if let openStore { keepTextsAtEnd(openStore) }
    }

    private func settleConnections() async {
        if let (link, task) = links.chainBeginning {
            let timer = ClientLoop.at(Monotonic.now + Self.patienceAtEnd) { link.close() }
            defer { timer.cancel() }
            await task.value
        }
        guard let attendance = links.attendance else { return }
        guard !attendance.link.isOver else { return await attendance.attendant.value }
        await refillKeyPackages(on: attendance.link, atEnd: true)
        await keepGroupsFreshAtEnd(on: attendance.link)
    }

    // MARK: The store

    /// Runs `body` on the profile's store.
    ///
    /// - Throws: `not_logged_in` (77) where there is none, what stands in the way of opening it, and what `body` throws.
    func store<Value>(_ body: (ClientStore) throws -> Value) throws(Problem) -> Value {
        do { return try body(try writableStore()) } catch { throw Problem(store: error) }
    }

    /// As `store`, for what only reads: works on a disk that cannot be written.
    func storeForReading<Value>(_ body: (ClientStore) throws -> Value) throws(Problem) -> Value {
        do { return try body(try readableStore()) } catch { throw Problem(store: error) }
    }

    private func readableStore() throws -> ClientStore {
        if let store = openStore ?? readStore { return store }
        let store = try existingStore(.read)
        if store.followsChanges { readStore = store }
        return store
    }

    private func writableStore() throws -> ClientStore {
        if let openStore { return openStore }
        let store = try readStore ?? existingStore(.write)
        if readStore != nil { store.fillReserve() }
        (openStore, readStore) = (store, nil)
        return store
    }

    private func existingStore(_ mode: ClientStore.Mode) throws -> ClientStore {
        try requireProfile()
        return try open(mode)
    }

    private func open(_ mode: ClientStore.Mode) throws -> ClientStore {
        let store = try ClientStore(settings.profileDirectory, mode: mode, patience: settings.storePatience)
        store.gate = gate
        try checkServer(try store.identity())
        return store
    }

    /// Makes the profile's directory and store where they are missing.
    func createStore() throws(Problem) {
        do {
            try settings.profileDirectory.create()
            (openStore, readStore) = (try open(.create), nil)
        } catch { throw Problem(store: error) }
    }

    func forgetStore() {
        (openStore, readStore) = (nil, nil)
        intake.keep(nil)
    }

    private func requireProfile() throws(Problem) {
        guard try settings.profileDirectory.check() == .usable else { throw notLoggedIn }
    }

    // MARK: Who this is

    var notLoggedIn: Problem {
        Problem(
            .notLoggedIn, "profile \(settings.profile) is not logged in",
            advice: .logIn(profile: settings.namedProfile),
            sent: .no)
    }

    /// A profile is bound to its server.
    private func checkServer(_ identity: Identity?) throws(Problem) {
        guard let identity, let wanted = settings.requestedServer, wanted != identity.address else { return }
        throw Problem(
            .wrongServer, "profile \(settings.profile) belongs to the server \(identity.address), not to \(wanted)",
            advice: .leaveServerOut(known: "\(identity.address)", wanted: "\(wanted)"), sent: .no)
    }

    /// Who this profile is; it may not be able to log in.
    func identity() throws(Problem) -> Identity {
        guard let identity = try storeForReading({ try $0.identity() }) else { throw notLoggedIn }
        return identity
    }

    /// The account for which something is to be sent; opens the store for writing.
    func ownAccount() throws(Problem) -> AccountID {
        if let known = knownAccount { return known }
        guard let identity = try store({ try $0.identity() }) else { throw notLoggedIn }
        try requireStanding(identity)
        knownAccount = identity.account
        return identity.account
    }
    private var knownAccount: AccountID?

    /// Refuses a device that may not log in (any more).
    func requireStanding(_ identity: Identity) throws(Problem) {
        switch identity.standing {
        case .active, .pending, .enrolling:
            guard identity.loginKey != nil else { throw notLoggedIn }
        case .replaced:
            throw Problem(.replaced, advice: .logInByIdentityAgain(), sent: .no)
        case .copied:
            throw Problem(
                .storeCopied, "this profile was copied or rolled back, and the server refuses it",
                advice: .logInAnew(user: identity.name.text, profile: settings.namedProfile), sent: .no)
        case .revoked:
            throw Problem(
                .deviceRevoked, "this device was revoked",
                advice: .logInAnew(user: identity.name.text, profile: settings.namedProfile), sent: .no)
        case .loggedOut:
            throw notLoggedIn
        }
    }
}
