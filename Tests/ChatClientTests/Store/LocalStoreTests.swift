import CLISupport
import ChatProtocol
import Dispatch
import Glibc
import GroupRules
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

@Suite struct StandingTests {
    @Test func `a refusal that comes late changes nothing`() throws {
        let scene = try StoreScene()
        let store = scene.store
        let other = DeviceID(high: 99, low: 99)
        // Another device has taken its place.
        try store.noteRefused(other, .revoked)
        #expect(try store.identity()?.standing == .active)
        #expect(try store.identity()?.loginKey != nil)
        // It has logged out by itself.
        let device = try #require(try store.identity()?.device)
        try store.setLoggedOut()
        try store.noteRefused(device, .revoked)
        #expect(try store.identity()?.standing == .loggedOut)
    }

    @Test func `a revoked device loses its key and a copied one keeps it`() throws {
        for (standing, keepsKey) in [(Identity.Standing.revoked, false), (.copied, true)] {
            let store = try StoreScene().store
            let device = try #require(try store.identity()?.device)
            try store.noteRefused(device, standing)
            #expect(try store.identity()?.standing == standing)
            #expect((try store.identity()?.loginKey != nil) == keepsKey)
        }
    }
}

@Suite struct LoginNumberTests {
    @Test func `no number is given twice even if a machine loses its last commits`() {
        var durable = LoginNumbers(next: 1, reserved: 1, boot: "")
        var used: Set<LoginNumber> = []
        for boot in 1...50 {
            // A new start finds what was synced last, or anything later.
            var numbers = durable
            for _ in 0..<(boot * 3 % 150) {
                let syncs = numbers.needsSync(boot: "\(boot)")
                #expect(used.insert(numbers.take(boot: "\(boot)")).inserted)
                if syncs { durable = numbers }
            }
        }
        #expect((used.max()?.value ?? 0) < UInt64(used.count) + 51 * LoginNumbers.block)
    }

    @Test func `a commit is synced once a block`() {
        var numbers = LoginNumbers(next: 1, reserved: 1, boot: "")
        var syncs = 0
        for _ in 0..<640 {
            if numbers.needsSync(boot: "a") { syncs += 1 }
            _ = numbers.take(boot: "a")
        }
        #expect(syncs == 10)
        #expect(numbers.next == 641)
    }

    @Test func `where starts cannot be told apart each is synced`() {
        var numbers = LoginNumbers(next: 5, reserved: 9, boot: "a")
        #expect(numbers.needsSync(boot: ""))
        #expect(numbers.take(boot: "") == 9)
        #expect(numbers.needsSync(boot: ""))
        #expect(numbers.take(boot: "") == 10)
    }

    @Test func `many processes get many numbers`() async throws {
        let scene = try StoreScene()
        let directory = scene.directory
        let numbers = try await withThrowingTaskGroup(of: [LoginNumber].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let store = try ClientStore(directory, mode: .write)
                    return try (0..<50).compactMap { _ in try store.loginTicket()?.number }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(numbers.count == 400)
        #expect(Set(numbers).count == 400)
    }

    @Test func `a new device counts from the beginning and the same one goes on`() throws {
        let scene = try StoreScene()
        let first = try scene.store.loginTicket()?.number
        var identity = try scene.identity()
        try scene.store.write { try scene.store.setIdentity(identity) }
        #expect(try #require(try scene.store.loginTicket()?.number) > (first ?? .max))
        identity.device = DeviceID(high: 8, low: 8)
        try scene.store.write { try scene.store.setIdentity(identity) }
        #expect(try scene.store.loginTicket()?.number == 1)
    }
}

@Suite struct StoreReserveTests {
    private func size(_ scene: StoreScene) -> Int {
        var status = stat()
        return lstat(scene.directory.reserveFile, &status) == 0 ? Int(status.st_size) : 0
    }

    private let full = SQLiteError(kind: .full, message: "", operation: "write", path: "")

    @Test func `a store keeps room for what says that there is none`() throws {
        let scene = try StoreScene()
        #expect(size(scene) == StoreReserve.size)
        let reserve = StoreReserve(path: scene.directory.reserveFile)
        var tries = 0
        let value = try reserve.withRoom {
            tries += 1
            guard tries > 2 else { throw full }
            return tries
        }
        #expect(value == 3 && size(scene) == StoreReserve.size - 2 * StoreReserve.step)
        _ = try scene.other()
        #expect(size(scene) == StoreReserve.size)
    }

    @Test(.timeLimit(.minutes(1))) func `a pipe in the place of the reserve holds nobody up`() throws {
        let scene = try StoreScene()
        #expect(unlink(scene.directory.reserveFile) == 0 && mkfifo(scene.directory.reserveFile, 0o600) == 0)
        _ = try scene.other()
        let reserve = StoreReserve(path: scene.directory.reserveFile)
        #expect(throws: full) { try reserve.withRoom { () throws -> Int in throw full } }
    }

    @Test func `a disk that stays full and every other failure is told`() throws {
        let scene = try StoreScene()
        let reserve = StoreReserve(path: scene.directory.reserveFile)
        let busy = SQLiteError(kind: .busy, message: "", operation: "write", path: "")
        #expect(throws: busy) { try reserve.withRoom { () throws -> Int in throw busy } }
        #expect(size(scene) == StoreReserve.size)
        #expect(throws: full) { try reserve.withRoom { () throws -> Int in throw full } }
        #expect(size(scene) == 0)
    }
}

@Suite struct OutboxStoreTests {
    private let toBob = ConversationName("@bob")

    private static let boot = BootTime(boot: "a", milliseconds: 7_000)

    /// Queued at 10, when the machine had run for seven seconds.
    private func queue(_ scene: StoreScene, _ number: UInt64, expires: Duration? = nil) throws {
        let name = try #require(toBob)
        try scene.store.write {
            try scene.store.queue(
                name, id: MessageID(high: 0, low: number), content: Content(body: "q\(number)", sent: 1), now: 10,
                expires: expires.map { Expiry(after: $0, now: 10, boot: Self.boot) })
        }
    }

    private func take(_ scene: StoreScene, failed: Bool = false) throws -> [QueuedMessage] {
        try scene.store.queuedMessages(includingFailed: failed, limit: 10)
    }

    private func items(_ scene: StoreScene, now: Timestamp = 100, boot: BootTime = Self.boot) throws -> [String] {
        try scene.store.outboxItems(now: now, boot: boot).map {
            "\($0.body) \($0.state)" + ($0.code.map { " \($0)" } ?? "")
        }
    }

    @Test func `the oldest goes first, and what has expired stays as failed`() throws {
        let scene = try StoreScene()
        try queue(scene, 1)
        try queue(scene, 2, expires: .seconds(1))
        try queue(scene, 3, expires: .seconds(9))
        let later = BootTime(boot: "a", milliseconds: 8_000)
        #expect(try items(scene, boot: later) == ["q1 queued", "q2 failed expired", "q3 queued"])
        #expect(try scene.store.write { try scene.store.expireQueued(now: 100, boot: later) } == [try #require(toBob)])
        #expect(try scene.store.write { try scene.store.expireQueued(now: 100, boot: later) } == [])
        #expect(try take(scene).map(\.content.body) == ["q1", "q3"])
        #expect(try take(scene, failed: true).map(\.content.body) == ["q1", "q3"])
        #expect(try items(scene) == ["q1 queued", "q2 failed expired", "q3 queued"])
        try queue(scene, 2, expires: .seconds(1))
        #expect(try take(scene).map(\.content.body) == ["q1", "q2", "q3"])
    }

    @Test func `what was queued does not expire because the clock was set`() throws {
        let scene = try StoreScene()
        try queue(scene, 1, expires: .seconds(60))
        let year = Timestamp.zero + .seconds(365 * 86_400)
        #expect(try items(scene, now: year, boot: BootTime(boot: "a", milliseconds: 66_999)) == ["q1 queued"])
        #expect(try items(scene, now: 0, boot: BootTime(boot: "a", milliseconds: 67_000)) == ["q1 failed expired"])
        // After another start of the machine there is only the time of day.
        for boot in ["b", ""] {
            let start = BootTime(boot: boot, milliseconds: 1)
            #expect(try items(scene, now: 60_009, boot: start) == ["q1 queued"])
            #expect(try items(scene, now: 60_010, boot: start) == ["q1 failed expired"])
        }
    }

    @Test func `a refused one stays and holds nobody up`() throws {
        let scene = try StoreScene()
        try queue(scene, 1)
        try queue(scene, 2)
        let first = try #require(try take(scene).first)
        try scene.store.write { try scene.store.noteAttempt(first.number, code: "no_such_user", failed: true) }
        #expect(try take(scene).map(\.content.body) == ["q2"])
        #expect(try take(scene, failed: true).count == 2)
        let items = try scene.store.outboxItems(now: 100, boot: Self.boot)
        #expect(items.map(\.state) == [.failed, .queued])
        #expect(items.first?.code == "no_such_user")
        #expect(items.first?.attempts == 1)
        #expect(try scene.store.hasQueued(for: try #require(toBob)))
    }

    @Test func `queued again it is there once and tried again`() throws {
        let scene = try StoreScene()
        try queue(scene, 1)
        let first = try #require(try take(scene).first)
        try scene.store.write { try scene.store.noteAttempt(first.number, code: "x", failed: true) }
        try queue(scene, 1)
        #expect(try take(scene).count == 1)
        #expect(try scene.store.write { try scene.store.dropFromOutbox(MessageID(high: 0, low: 1)) })
        #expect(try scene.store.write { try !scene.store.dropFromOutbox(MessageID(high: 0, low: 1)) })
    }

    @Test func `who is written to was asked once and stays so, whoever queues it again`() throws {
        let scene = try StoreScene()
        let bob = try #require(toBob)
        func queue(_ isForVerified: Bool) throws {
            try scene.store.write {
                try scene.store.queue(
                    bob, id: MessageID(high: 0, low: 1), content: Content(body: "q", sent: 1), now: 10, expires: nil,
                    isForVerified: isForVerified)
            }
        }
        try queue(false)
        #expect(try take(scene).map(\.isForVerified) == [false])
        #expect(try !scene.store.hasQueued(for: bob, onlyForVerified: true))
        try queue(true)
        try queue(false)
        #expect(try take(scene).map(\.isForVerified) == [true])
        #expect(try scene.store.hasQueued(for: bob, onlyForVerified: true))
    }

    @Test func `a login knows that something waits`() throws {
        let scene = try StoreScene()
        #expect(try scene.store.loginTicket()?.hasQueued == false)
        try queue(scene, 1)
        #expect(try scene.store.loginTicket()?.hasQueued == true)
    }
}

@Suite struct ReaderStoreTests {
    @Test func `of one millisecond history has a conversation's messages in their order`() throws {
        let scene = try StoreScene()
        // One's own is stored by its answer, before what came in between.
        try scene.store.write {
            let place = StoreScene.entry(2, "own", from: alice, time: 7).place
            _ = try scene.store.storeSent(place, Content(body: "own", sent: 7), now: 5000)
        }
        try scene.receive([StoreScene.entry(1, "theirs", time: 7)])
        let reader = try #require(try scene.store.itemReader())
        let items = try scene.store.history(HistoryQuery(), reader: reader)
        #expect(items.map(StoreScene.word) == ["theirs", "own"])
    }

    @Test func `history is the last ones oldest first`() throws {
        let scene = try StoreScene()
        try scene.receive((1...9).map { StoreScene.entry($0) })
        try scene.receive([StoreScene.entry(1, "to all", in: everyone, time: 1004)])
        let reader = try #require(try scene.store.itemReader())
        func bodies(_ query: HistoryQuery) throws -> [String] {
            try scene.store.history(query, reader: reader).map(StoreScene.word)
        }
        #expect(try bodies(HistoryQuery(conversation: ConversationName("@bob"), limit: 2)) == ["m8", "m9"])
        #expect(try bodies(HistoryQuery(conversation: .everyone)) == ["to all"])
        #expect(try bodies(HistoryQuery(limit: 3)) == ["m7", "m8", "m9"])
        #expect(try bodies(HistoryQuery(since: 1003, until: 1004)) == ["m3", "to all", "m4"])
        #expect(try bodies(HistoryQuery(conversation: ConversationName("@carol"))) == [])
        #expect(try bodies(HistoryQuery(search: "TO A")) == ["to all"])
        #expect(try bodies(HistoryQuery(search: "%")) == [])
        #expect(try bodies(HistoryQuery(conversation: ConversationName("@bob"), search: "m_")) == [])
        #expect(try bodies(HistoryQuery(limit: 0)) == [])
    }

    @Test func `unread counts what others sent and nobody was shown`() throws {
        let scene = try StoreScene()
        try scene.receive([StoreScene.entry(1), StoreScene.entry(2, from: alice), StoreScene.entry(3)])
        try scene.receive([StoreScene.entry(1, in: everyone)])
        #expect(try scene.store.unread().map(\.count) == [2, 1])
        #expect(try scene.store.unread().map(\.conversation.text) == ["@bob", "*"])
        let reader = try #require(try scene.store.itemReader())
        let items = try scene.store.itemsNotShown(after: 0, upTo: 99, limit: 9, reader: reader)
        #expect(items.map(StoreScene.word) == ["m1", "m3", "m1"])
        let messages = items.compactMap { if case .message(let message) = $0 { message } else { nil } }
        try scene.store.write { try scene.store.markShown(Array(messages.prefix(2))) }
        #expect(try scene.store.unread().map(\.conversation) == [.everyone])
        #expect(try scene.store.untoldReadMarks() == [MarkRead(conversation: withBob, seq: 3)])
        try scene.store.write { try scene.store.noteTold([MarkRead(conversation: withBob, seq: 3)]) }
        #expect(try scene.store.untoldReadMarks().isEmpty)
    }

    @Test func `the last sync is the one that came last, whatever an earlier one's clock said`() throws {
        let store = try StoreScene().store
        try store.write { try store.noteSynced(2_082_758_400_000) }
        try store.write { try store.noteSynced(1_800_000_000_000) }
        #expect(try store.lastSync() == 1_800_000_000_000)
    }

    @Test func `resume points are kept and counted`() throws {
        let scene = try StoreScene()
        let name = try #require(UserName("bot"))
        try scene.receive((1...5).map { StoreScene.entry($0) })
        try scene.store.write {
            try scene.store.setResumePosition(name, ResumePosition(position: 2, since: 1005), now: 7)
        }
        #expect(try scene.store.resumePosition(name) == ResumePosition(position: 2, since: 1005))
        #expect(try scene.store.resumePositions().map(\.waiting) == [1])
        #expect(try scene.store.position(before: 1003) == 2)
        #expect(try scene.store.position(before: 9999) == 5)
        #expect(try scene.store.write { try scene.store.removeResumePosition(name) })
        #expect(try scene.store.write { try !scene.store.removeResumePosition(name) })
    }

    @Test func `a resume point belongs to one and is free when its holder is gone`() throws {
        let scene = try StoreScene()
        let name = try #require(UserName("bot"))
        var lock: LockFile? = try LockFile.resumePoint(name, in: scene.directory)
        #expect(lock != nil)
        let problem = #expect(throws: Problem.self) { try LockFile.resumePoint(name, in: scene.directory) }
        #expect(problem?.exit == .temporary)
        #expect(problem?.text.contains("process \(getpid())") == true)
        #expect(LockFile.holder(of: scene.directory.resumeLockFile(name)) == getpid())
        lock = nil
        #expect(LockFile.holder(of: scene.directory.resumeLockFile(name)) == nil)
        lock = try LockFile.resumePoint(name, in: scene.directory)
        #expect(try LockFile.resumePoint(try #require(UserName("other")), in: scene.directory) !== lock)
    }

    @Test func `a lock that is refused closes nobody else's file`() throws {
        let scene = try StoreScene()
        let name = try #require(UserName("bot"))
        let directory = scene.directory
        let lock = try LockFile.resumePoint(name, in: directory)
        let closed = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 2) { half in
            for _ in 0..<2_000 {
                guard half == 0 else {
                    _ = try? LockFile.resumePoint(name, in: directory)
                    continue
                }
                let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
                if fcntl(descriptor, F_GETFD) < 0 { closed.withLock { $0 += 1 } }
                close(descriptor)
            }
        }
        #expect(closed.withLock { $0 } == 0)
        #expect(LockFile.holder(of: directory.resumeLockFile(name)) == getpid())
        withExtendedLifetime(lock) {}
    }

    @Test func `receipts only go up`() throws {
        let scene = try StoreScene()
        func note(_ delivered: SequenceNumber, _ read: SequenceNumber) throws {
            let state = ReceiptState(account: bob, delivered: delivered, read: read)
            try scene.store.write { try scene.store.storeReceipts([state], of: withBob) }
        }
        try note(5, 3)
        try note(4, 4)
        let states = try scene.store.receipts(of: withBob)
        #expect(states.map(\.user.text) == ["bob"])
        #expect(states.map(\.state) == [ReceiptState(account: bob, delivered: 5, read: 4)])
    }

    @Test func `a name that was given again means who has it now`() throws {
        let scene = try StoreScene()
        let newBob = AccountID(high: 0, low: 22)
        let conversation = ConversationID(high: 9, low: 22)
        let record = try scene.record(newBob, "bob")
        try scene.store.write {
            try scene.store.remember([record], now: 99)
            try scene.store.remember(conversation, type: .direct, peer: newBob)
        }
        #expect(try scene.store.conversation(with: record.name) == conversation)
        #expect(try scene.store.account(named: record.name) == newBob)
    }
}

@Suite struct StoreOpeningTests {
    @Test func `a store that cannot be written still reads`() throws {
        let scene = try StoreScene()
        try scene.receive([StoreScene.entry(1)])
        // As root nothing is refused for its mode: what is left is to open it as a read-only one.
        let store = try Database(path: scene.directory.storeFile, options: DatabaseOptions(mode: .readOnly))
        #expect(try store.first("SELECT count(*) FROM entries") { $0.int(0) } == 1)
        #expect(throws: SQLiteError.self) { try store.run("DELETE FROM entries") }
    }

    @Test func `every way in which the store fails has its code and its status`() {
        let told: [(SQLiteError.Kind, String, CLISupport.ExitStatus)] = [
            (.busy, "store_busy", .temporary), (.full, "io_failed", .inputOutput),
            (.readOnly, "io_failed", .inputOutput), (.cannotOpen, "io_failed", .inputOutput),
            (.inputOutput, "io_failed", .inputOutput), (.constraint, "damaged_store", .badConfiguration),
            (.corrupt, "damaged_store", .badConfiguration), (.notADatabase, "damaged_store", .badConfiguration),
            (.otherApplication(found: 1), "damaged_store", .badConfiguration),
            (.newerSchema(found: 9, known: 1), "newer_store", .badConfiguration),
            (.olderSchema(found: 1, known: 9), "newer_store", .badConfiguration),
            (.outOfMemory, "internal_fault", .internalFault), (.other, "internal_fault", .internalFault),
        ]
        for (kind, code, exit) in told {
            let problem = Problem(store: SQLiteError(kind: kind, message: "why", operation: "read", path: "/x"))
            #expect(problem.code == code && problem.exit == exit)
        }
    }

    @Test func `what is stored and is no link or message any more is damage of the store`() throws {
        let scene = try StoreScene()
        let failures: [() throws -> Any] = [
            { try scene.store.stored([1]) as ChainLink }, { try scene.store.stored([1]) as Renewal },
            { try scene.store.stored([1]) as Content },
        ]
        for failure in failures {
            let error = #expect(throws: SQLiteError.self) { try failure() }
            #expect(error.map { Problem(store: $0).code } == "damaged_store")
        }
    }

    @Test func `the database of another program is refused`() throws {
        let scene = try StoreScene()
        let other = try Database(path: scene.directory.path + "/other", options: DatabaseOptions())
        try other.execute("CREATE TABLE t(x)")
        rename(scene.directory.path + "/other", scene.directory.storeFile)
        let error = #expect(throws: SQLiteError.self) { try ClientStore(scene.directory, mode: .write) }
        #expect(error.map { Problem(store: $0).exit } == .badConfiguration)
    }

    @Test func `every version of the schema is frozen and the first opens`() throws {
        let scene = try StoreScene()
        let frozen = try Database(path: scene.directory.path + "/frozen", options: DatabaseOptions())
        try frozen.execute(text: FrozenSchema.version1)
        func tables(_ database: Database) throws -> [String] {
            try database.all(
                "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1"
            ) { $0.text(0).split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        }
        let current = try Database(path: scene.directory.path + "/current", options: DatabaseOptions())
        try current.execute(text: "\(ClientSchema.version1)")
        #expect(try tables(current) == tables(frozen))
        let second = try Database(path: scene.directory.path + "/second", options: DatabaseOptions())
        try second.execute(text: FrozenSchema.version1)
        try second.execute(text: FrozenSchema.version2)
        try current.execute(text: "\(ClientSchema.version2)")
        #expect(try tables(current) == tables(second))
        try second.execute(text: FrozenSchema.version3)
        try current.execute(text: "\(ClientSchema.version3)")
        #expect(try tables(current) == tables(second))
        try second.execute(text: FrozenSchema.version4)
        try current.execute(text: "\(ClientSchema.version4)")
        #expect(try tables(current) == tables(second))
        try second.execute(text: FrozenSchema.version5)
        try current.execute(text: "\(ClientSchema.version5)")
        #expect(try tables(current) == tables(second))
        // And what it made opens in this version.
        try frozen.execute(text: "PRAGMA application_id=\(0x6368_6174);PRAGMA user_version=1")
        try frozen.run("INSERT INTO state(one, store, position) VALUES (1, '0123456789abcdef', 3)")
        let (own, bob, server) = (AccountID(high: 1, low: 1), AccountID(high: 2, low: 2), ServerID(high: 3, low: 3))
        try frozen.run(
            """
            INSERT INTO identity VALUES(1, ?, 'alice', '', ?, '', NULL, 0, '127.0.0.1:7420', ?, ?, ?, 0, 0, '')
            """, own, own, server, server, own)
        try frozen.run("INSERT INTO accounts VALUES(?, 'bob', '', 0, 0)", bob)
        // A restore of then had drawn another one for the same two.
        try frozen.run(
            """
            INSERT INTO conversations(id, type, peer, head) VALUES (x'ffeeddccbbaa99887766554433221100', 1, ?1, 3),
                (x'00112233445566778899aabbccddeeff', 1, ?1, 7)
            """, bob)
        #expect(rename(scene.directory.path + "/frozen", scene.directory.storeFile) == 0)
        #expect(rename(scene.directory.path + "/frozen-wal", scene.directory.storeFile + "-wal") == 0)
        unlink(scene.directory.storeFile + "-shm")
        let store = try ClientStore(scene.directory, mode: .write)
        #expect(try store.lastPosition() == 3)
        // A direct conversation goes on as the one that follows from both.
        let direct = ConversationID.direct(own, bob, on: server)
        #expect(try store.conversation(with: try #require(UserName("bob"))) == direct)
        #expect(try store.database.first("SELECT head FROM conversations WHERE id = ?", direct) { $0.int(0) } == 7)
    }
}
