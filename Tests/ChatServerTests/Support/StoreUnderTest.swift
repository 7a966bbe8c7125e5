import ChatProtocol
import GroupRules
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import ChatServer
@testable import ServerSupport

/// A store with alice, bob and carol, each with a device, and a clock that is moved by hand.
final class StoreUnderTest: Sendable {
    struct Unexpected: Error {}

    enum Engine: String, Sendable { case sqlite, memory }
    enum Trouble: String, Sendable { case alone, interfered, answersLost, deferred }

    struct Kind: Sendable, CustomTestStringConvertible {
        var engine: Engine
        var trouble = Trouble.alone

        var testDescription: String { "\(engine.rawValue), \(trouble.rawValue)" }

        /// Every store that there is.
        static let all: [Kind] =
            quiet + [Kind(engine: .sqlite, trouble: .interfered), Kind(engine: .memory, trouble: .interfered)]
        /// Those that nobody else writes to: for laws about exact numbers.
        static let quiet = [Trouble.alone, .answersLost, .deferred].flatMap { trouble in
            [Kind(engine: .sqlite, trouble: trouble), Kind(engine: .memory, trouble: trouble)]
        }
    }

    let kind: Kind
    let scratch: Scratch
    let path: String
    let store: any Store
    /// What lies below, alone and undisturbed.
    let base: any Store
    /// Who interferes.
    let other: OtherWriter?
    let identity = StoreIdentity(
        server: ServerID(high: 1, low: 1), generation: StoreGeneration(high: 2, low: 2),
        everyone: ConversationID(high: 3, low: 3))
    private let clock: HandClock
    /// The number of the last login that was not given one.
    private let logins = Mutex<LoginNumber>(0)

    final class HandClock: Sendable {
        private let value = Mutex<Timestamp>(1000)
        var time: Timestamp {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    var time: Timestamp {
        get { clock.time }
        set { clock.time = newValue }
    }

    init(_ kind: Kind) async throws {
        self.kind = kind
        scratch = try Scratch()
        path = scratch.url.path + "/server.db"
        let clock = HandClock()
        self.clock = clock
        var settings = SQLiteStore.Settings(path: path, fresh: identity)
        settings.clock = { clock.time }
        settings.synchronous = .off
        let second: any Store
        switch kind.engine {
        case .sqlite:
            base = try await SQLiteStore.open(settings)
            second = kind.trouble == .interfered ? try await SQLiteStore.open(settings) : base
        case .memory:
            base = MemoryStore(identity, clock: { clock.time })
            second = base
        }
        let other = OtherWriter(second, everyone: identity.everyone)
        self.other = kind.trouble == .interfered ? other : nil
        store =
            switch kind.trouble {
            case .alone: base
            case .interfered: TroubledStore(base, .interference(by: other))
            case .answersLost: TroubledStore(base, .lostAnswers)
            case .deferred: TroubledStore(base, .deferrals)
            }
        for (number, name) in [(1, "alice"), (2, "bob"), (3, "carol")] as [(UInt64, String)] {
            _ = try await account(number, name, device: DeviceID(high: 1, low: number))
        }
    }

    // MARK: Accounts

    /// A payload that is none of MLS.
    static let noKind: UInt8 = 1

    static func account(_ number: UInt64, _ name: String, hash: String = "") throws -> StoredAccount {
        StoredAccount(
            record: AccountRecord(
                id: AccountID(high: 0, low: number), name: try #require(UserName(name)), displayName: ""),
            passwordHash: hash, created: 1)
    }

    static func device(_ id: DeviceID, key: UInt8 = 1) -> NewDevice {
        let key = DeviceKey(purpose: .login, algorithm: .ed25519, publicKey: [UInt8](repeating: key, count: 32))
        return NewDevice(id: id, name: "d", keys: [key])
    }

    func account(_ number: UInt64, _ name: String, device: DeviceID? = nil) async throws -> AccountID {
        let account = try Self.account(number, name)
        try await store.register(account, device: device.map { Self.device($0) }, invite: nil)
        _ = try await commit([.join(identity.everyone, account.record.id)])
        return account.record.id
    }

    /// A login that only one of these keys has signed; nil: by whatever key there is.
    func logIn(
        _ device: DeviceID, of account: AccountID, number: LoginNumber? = nil, signedBy key: UInt8? = nil
    ) async throws -> LoggedIn {
        let number =
            number
            ?? logins.withLock { logins in
                logins = logins.advanced(by: 1)
                return logins
            }
        let signer = key.map { [UInt8](repeating: $0, count: 32) }
        return try await store.logIn(device, of: account, number: number) { signer == nil || $0 == signer }
    }

    func device(of account: AccountID, _ number: UInt64) async throws -> DeviceID {
        let id = DeviceID(high: 2, low: number)
        try await store.addDevice(Self.device(id), to: account)
        return id
    }

    // MARK: Operations

    func commit(_ operations: [StoreOperation], time: Timestamp? = nil) async throws -> [OperationOutcome] {
        if let time { self.time = time }
        return try await committed(operations).outcomes
    }

    /// What came of a batch, when nothing of it was deferred any more.
    func committed(_ operations: [StoreOperation]) async throws -> Committed {
        var committed = try await store.commit(StoreBatch(operations))
        while true {
            let left = committed.outcomes.indices.filter { committed.outcomes[$0] == .deferred }
            guard !left.isEmpty else { return committed }
            let again = try await store.commit(StoreBatch(left.map { operations[$0] }))
            for (index, outcome) in zip(left, again.outcomes) { committed.outcomes[index] = outcome }
            committed.news += again.news
        }
    }

    func open(_ one: AccountID, _ other: AccountID) async throws -> ConversationID {
        let id = ConversationID.direct(one, other, on: identity.server)
        guard case .opened(let info, _, _) = try await commit([.openDirect(one, other, as: id)]).first else {
            throw Unexpected()
        }
        return info.id
    }

    func entry(_ text: String, to conversation: ConversationID, rows: [SideRowChange] = []) -> Bundle {
        var entry = Bundle(
            Append(
                conversation: conversation, id: .unique, payloadKind: Self.noKind, payload: Array(text.utf8)),
            sender: alice,
            device: aliceDevice)
        entry.rows = rows
        return entry
    }

    /// Of no kind, which a log without a group takes; with a precondition of a group a message, with `advance` a commit by which its device enters.
    func append(
        _ text: String, to conversation: ConversationID, id: UInt64? = nil, sender: AccountID = alice,
        device: DeviceID = aliceDevice, precondition: Epoch? = nil, advance: Epoch? = nil
    ) -> StoreOperation {
        let id = id.map { MessageID(high: 0, low: $0) } ?? .unique
        let isMessage = precondition.map { $0 > .first } ?? false
        let kind = advance != nil ? PayloadKind.commit.rawValue : isMessage ? PayloadKind.message.rawValue : Self.noKind
        let append = Append(
            conversation: conversation, id: id, payloadKind: kind,
            precondition: precondition.map { ConversationPosition(generation: identity.generation, epoch: $0) },
            payload: Array(text.utf8))
        var bundle = Bundle(append, sender: sender, device: device)
        bundle.advance = advance.map { GroupMark(epoch: $0) }
        if advance != nil { bundle.members = [.enter(device, of: sender, leaf: 0)] }
        return .bundle(bundle)
    }

    func move(
        _ device: DeviceID, _ account: AccountID, _ conversation: ConversationID, acked: SequenceNumber = 0,
        delivered: SequenceNumber = 0, told: Bool = false
    ) async throws {
        let move = CursorMove(
            device: device, account: account, conversation: conversation, acked: acked, delivered: delivered,
            toldStart: told)
        try await store.note(SoftMarks(cursors: [move]))
    }

    func mark(_ account: AccountID, _ conversation: ConversationID, read: SequenceNumber) async throws {
        try await store.note(
            SoftMarks(readMarks: [ReadMark(account: account, conversation: conversation, seq: read)]))
    }

    func inbox(_ device: DeviceID, _ account: AccountID) async throws -> [InboxRow] {
        try await store.inbox(of: device, account: account, after: nil, limit: 100)
    }

    func inbox(_ device: DeviceID, _ account: AccountID, _ conversation: ConversationID) async throws -> InboxRow? {
        try await inbox(device, account).first { $0.conversation.id == conversation }
    }

    func page(
        _ conversation: ConversationID, after seq: SequenceNumber = 0, entries: Int = 10_000, bytes: Int = 1 << 30
    ) async throws -> StoredPage {
        try await store.page(of: conversation, after: seq, entries: entries, bytes: bytes)
    }

    /// Where a conversation stands; nobody interferes.
    func head(_ conversation: ConversationID) async throws -> SequenceNumber {
        try await base.standing(of: conversation, for: .server).standing.head
    }

    /// All bodies of a conversation, without those of a writer that interferes.
    func texts(_ conversation: ConversationID) async throws -> [String] {
        try await page(conversation).entries.filter { $0.payload != OtherWriter.intrusion }.map(\.text)
    }

    func sweep(now: Timestamp, retention: Duration) async throws -> UInt64 {
        var sweep = RetentionSweep(now: now, retention: retention)
        var freed: UInt64 = 0
        while !sweep.isDone {
            let step = try await store.retire(sweep)
            freed += step.freed.values.reduce(0, +)
            sweep = step.sweep
        }
        return freed
    }

    // MARK: What lies in SQLite

    /// Does something on a connection of its own.
    func database<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try body(try Database(path: path, options: DatabaseOptions(synchronous: .off)))
    }

    func faults() throws -> [String] { try database { try CheckStore.faults(in: $0) } }
}

/// Opens a store, and closes it when `body` has returned.
func withStore(
    _ kind: StoreUnderTest.Kind = .init(engine: .sqlite), _ body: (StoreUnderTest) async throws -> Void
) async throws {
    let store = try await StoreUnderTest(kind)
    do {
        try await body(store)
        if let other = store.other {
            #expect(other.faults.isEmpty)
            #expect(!other.stored.isEmpty, "nobody has interfered")
        }
        await store.store.close()
    } catch {
        await store.store.close()
        throw error
    }
}

extension StoredPage {
    var entries: [Entry] {
        rows.compactMap { row in
            guard case .entry(let entry) = row else { return nil }
            return entry
        }
    }
}

extension OperationOutcome {
    var stored: StoredAppend? {
        guard case .appended(let stored) = self else { return nil }
        return stored
    }
    var seq: SequenceNumber? { stored?.seq }
    var refusal: ErrorCode? {
        guard case .refused(let failure) = self else { return nil }
        return failure.errorCode
    }
    var current: ConversationStanding? {
        guard case .refused(let failure) = self else { return nil }
        return failure.current
    }
}

/// What a store refuses by; nil where it does not.
func refusal(_ body: () async throws -> Void) async -> ErrorCode? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? StoreFailure)?.refusal?.errorCode ?? (error as? Failure)?.errorCode ?? .internalError
    }
}
