import CLISupport
import ChatProtocol
import GroupRules
import Logging
import System

/// The owner of a profile's store: of the connection to it, of who the profile is by it, and of the groups that are loaded from it.
///
/// What works for a profile is given this, and not the façade.
actor ProfileStore: GroupDoor, BesideStore {
    /// Below this the room on its disk is a matter.
    static let roomNotice: UInt64 = 16 << 20

    nonisolated let settings: ClientSettings
    /// Who may be written to.
    nonisolated let gate: KeyGate
    nonisolated let log: Logger

    /// The connection to the store, once opened.
    private var openStore: ClientStore?
    /// One that was opened to read from; whoever writes later goes on with it.
    private var readStore: ClientStore?
    /// Takes in the logs of groups; made when it is first needed.
    private var opener: Opener?
    private var knownAccount: AccountID?
    private(set) var catchUp: CatchUp
    private nonisolated let noteCatchUp: (@Sendable (Int) -> Void)?

    /// Touches no disk.
    init(settings: ClientSettings, interaction: Interaction, log: Logger) {
        self.settings = settings
        self.log = log
        catchUp = CatchUp(patience: interaction.catchUpPatience)
        noteCatchUp = interaction.noteCatchUp
        gate = KeyGate(policy: settings.keys, file: settings.keysFile.map(KeysFile.init))
    }

    nonisolated var profile: ProfileStore { self }

    // MARK: The doors

    func withStore<Value: Sendable>(_ body: @Sendable (ClientStore) throws -> Value) throws(Problem) -> Value {
        try store(body)
    }

    func withOpener<Value: Sendable>(
        _ body: @Sendable (inout Opener, ClientStore) throws -> Value
    ) throws(Problem) -> Value {
        try store { store in
            let judge = try groupJudge(store)
            var opener = opener.flatMap { $0.judge == judge ? $0 : nil } ?? Opener(judge: judge)
            defer { self.opener = opener }
            return try body(&opener, store)
        }
    }

    func caughtUp(by entries: Int) {
        if let entries = catchUp.took(entries, now: Monotonic.now) { noteCatchUp?(entries) }
    }

    /// By whom groups are judged: for the server of this profile, whose key is pinned.
    nonisolated func groupJudge(_ store: ClientStore) throws -> GroupJudge {
        guard let identity = try store.identity() else { throw notLoggedIn }
        guard let groupKey = try store.groupKey() else {
            throw Problem(.protocolFault, "the server has no key for groups", sent: .no)
        }
        return GroupJudge(server: identity.server, groupKey: groupKey)
    }

    // MARK: The store

    /// The store, opened where it is not.
    func lend(_ use: LentStore.Use) throws -> LentStore {
        switch use {
        case .read: LentStore(store: try readableStore())
        case .write: LentStore(store: try writableStore())
        }
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
    func create() throws(Problem) {
        do {
            try settings.profileDirectory.create()
            (openStore, readStore) = (try open(.create), nil)
        } catch { throw Problem(store: error) }
    }

    /// Lets go of it: its files are removed.
    func forget() {
        (openStore, readStore) = (nil, nil)
        opener = nil
    }

    /// Behind the answer of a command.
    func settle() {
        if let openStore { keepTextsAtEnd(openStore) }
    }

    // MARK: Who this is

    /// The account for which something is to be sent; opens the store for writing.
    func ownAccount() throws(Problem) -> AccountID {
        if let known = knownAccount { return known }
        guard let identity = try store({ try $0.identity() }) else { throw notLoggedIn }
        try requireStanding(identity)
        knownAccount = identity.account
        return identity.account
    }
}
