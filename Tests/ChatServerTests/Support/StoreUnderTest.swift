import ChatProtocol
import SQLite
import TestSupport
import Testing

@testable import ChatServer

/// A store with alice, bob and carol, driven from the test's own thread.
final class StoreUnderTest {
    struct Unexpected: Error {}

    let scratch: Scratch
    let database: Database
    let identity: StoreIdentity
    let writer: any LogWriter
    let reader: any LogReader

    init() throws {
        scratch = try Scratch()
        let path = scratch.url.appendingPathComponent("server.db").path
        database = try Database(path: path, options: DatabaseOptions(synchronous: .off, autoCheckpointPages: 0))
        try database.migrate(to: ServerSchema.schema)
        let fresh = StoreIdentity(
            server: ServerID(high: 1, low: 1), generation: StoreGeneration(high: 2, low: 2),
            everyone: ConversationID(high: 3, low: 3))
        identity = try MetaStore.identity(in: database, fresh: fresh, time: 1)
        writer = SQLiteLogWriter(database: database, identity: identity)
        reader = SQLiteLogReader(database: try Database(path: path, options: DatabaseOptions(mode: .readOnly)))
        for (number, name) in [(1, "alice"), (2, "bob"), (3, "carol")] as [(UInt64, String)] {
            _ = try device(of: account(number, name), number, high: 1)
        }
    }

    func account(_ number: UInt64, _ name: String) throws -> AccountID {
        let id = AccountID(high: 0, low: number)
        try database.run(
            "INSERT INTO accounts(id, name, display_name, password_hash, created) VALUES(?, ?, '', '', 0)", id, name)
        try MembershipStore.joinEveryone(id, everyone: identity.everyone, in: database)
        return id
    }

    func device(of account: AccountID, _ number: UInt64, high: UInt64 = 2) throws -> DeviceID {
        let id = DeviceID(high: high, low: number)
        try database.run(
            "INSERT INTO devices(id, account, name, state, created) VALUES(?, ?, 'd', 2, 0)", id, account)
        try MembershipStore.beginCursors(of: id, account: account, in: database)
        return id
    }

    /// Makes every commit fail as a full disk does.
    func refuseWrites(_ refuse: Bool) throws {
        try database.limitSize(to: refuse ? 1 : 1 << 40)
        // A page that is free would still be filled.
        if refuse { try database.execute("PRAGMA query_only=1") } else { try database.execute("PRAGMA query_only=0") }
    }

    // MARK: Operations

    func commit(_ operations: [StoreOperation], time: UInt64 = 1000) throws -> [OperationOutcome] {
        try writer.commit(StoreBatch(time: time, operations: operations))
    }

    func open(_ one: AccountID, _ other: AccountID, fresh: UInt64 = 50) throws -> ConversationID {
        let outcome = try commit([.openDirect(one, other, fresh: ConversationID(high: 5, low: fresh))]).first
        guard case .opened(let info, _, _) = outcome else { throw Unexpected() }
        return info.id
    }

    func entry(_ text: String, to conversation: ConversationID) -> NewEntry {
        NewEntry(
            Append(conversation: conversation, id: .unique, payload: Array(text.utf8)), sender: alice,
            device: aliceDevice)
    }

    func append(
        _ text: String, to conversation: ConversationID, id: UInt64? = nil, sender: AccountID = alice,
        device: DeviceID = aliceDevice, precondition: UInt64? = nil, advance: UInt64? = nil
    ) -> StoreOperation {
        let id = id.map { MessageID(high: 0, low: $0) } ?? .unique
        let append = Append(
            conversation: conversation, id: id,
            precondition: precondition.map { ConversationPosition(generation: identity.generation, epoch: $0) },
            advance: advance, payload: Array(text.utf8))
        return .append(NewEntry(append, sender: sender, device: device))
    }

    func move(
        _ device: DeviceID, _ account: AccountID, _ conversation: ConversationID, acked: SequenceNumber = 0,
        delivered: SequenceNumber = 0, told: Bool = false
    ) throws {
        let move = CursorMove(
            device: device, account: account, conversation: conversation, acked: acked, delivered: delivered,
            toldStart: told)
        _ = try writer.commit(StoreBatch(time: 1, cursors: [move]))
    }

    func mark(_ account: AccountID, _ conversation: ConversationID, read: SequenceNumber) throws {
        let mark = ReadMark(account: account, conversation: conversation, seq: read)
        _ = try writer.commit(StoreBatch(time: 1, readMarks: [mark]))
    }

    func receipts(_ conversation: ConversationID, for account: AccountID) throws -> [ReceiptState] {
        guard case .receipts(let states) = try commit([.receipts(conversation, for: account)]).first else {
            throw Unexpected()
        }
        return states
    }

    func inbox(_ device: DeviceID, _ account: AccountID) throws -> [InboxRow] {
        try reader.inbox(of: device, account: account, after: nil, limit: 100)
    }

    /// All bodies of a conversation.
    func texts(_ conversation: ConversationID) throws -> [String] {
        try reader.page(of: conversation, after: 0, entries: 1000, bytes: 1 << 30).rows.compactMap { row in
            guard case .entry(let entry) = row else { return nil }
            return entry.text
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
    var current: ConversationPosition? {
        guard case .refused(let failure) = self else { return nil }
        return failure.current
    }
}
