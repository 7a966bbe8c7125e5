import CLISupport
import ChatProtocol
import Foundation
import Logging
import NIOCore
import NIOPosix
import SQLite
import ServerSupport
import Synchronization
import TestSupport
import Testing
import Transport

@testable import ChatClient
@testable import ChatServer

/// A real server on a free port of 127.0.0.1, which can be stopped and started again on its store.
final class TestServer: Sendable {
    let scratch: Scratch
    let address: ServerAddress
    private let port: ReservedPort
    private let now: Clock
    private let adjust: Adjustment
    private let running: Mutex<Running?>

    typealias Clock = @Sendable () -> NIODeadline

    private struct Running: Sendable {
        var parts: StartedParts
        let store: SQLiteStore
        let administration: Administration
    }

    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    /// One for all tests: making a key is slow.
    static let identity = Result { try ServerIdentity.selfSigned() }

    /// What a test wants to be otherwise.
    typealias Adjustment = @Sendable (inout HubSettings) -> Void

    private init(
        scratch: Scratch, port: ReservedPort, address: ServerAddress, now: @escaping Clock, running: Running,
        adjust: @escaping Adjustment
    ) {
        self.scratch = scratch
        self.adjust = adjust
        self.port = port
        self.now = now
        self.address = address
        self.running = Mutex(running)
    }

    /// - Parameter now: the clock of its turns and deadlines.
    static func start(
        now: @escaping Clock = { .now() }, _ adjust: @escaping Adjustment = { _ in }
    ) async throws -> TestServer {
        let scratch = try Scratch()
        let port = try ReservedPort()
        let running = try await run(in: scratch, port: port.number, now: now, adjust)
        let address = try #require(ServerAddress("127.0.0.1:\(port.number)"))
        let started = TestServer(
            scratch: scratch, port: port, address: address, now: now, running: running, adjust: adjust)
        Endings.add { await started.stop() }
        return started
    }

    private static func run(
        in scratch: Scratch, port: Int, now: @escaping Clock, _ adjust: Adjustment
    ) async throws -> Running {
        let path = scratch.url.appendingPathComponent("server.db").path
        var settings = Server.Settings.patient(port: port)
        settings.now = now
        adjust(&settings.hub)
        var log = Logger(label: "server")
        log.logLevel = .critical
        let store = try await SQLiteStore.open(SQLiteStore.Settings(path: path))
        var limits = ServerLimits()
        limits.failureDelay = .milliseconds(30)
        limits.registrationInterval = .zero
        let accounts = AccountKeeper(
            store: store, everyone: store.everyone, policy: AccountPolicy(registration: .open, limits: limits),
            passwordCost: 4, log: log)
        var parts = StartedParts()
        parts.add { await store.close() }
        let server = try await Server.start(
            settings, on: loops.next(), store: store, accounts: accounts,
            certificate: try ServerIdentityBox(Self.identity.get()), log: log, &parts)
        let effects = HubEffects(
            server: server, metrics: nil, started: ServerSources.system.ticks(), restartService: {})
        let administration = Administration(
            store: store, directory: DataDirectory(scratch.url.path),
            identity: { () throws(Problem) in throw Problem(.internalFault, "it has none") }, effects: effects)
        return Running(parts: parts, store: store, administration: administration)
    }

    func stop() async {
        await running.withLock({ $0.take() })?.parts.end()
    }

    func startAgain() async throws {
        let again = try await Self.run(in: scratch, port: port.number, now: now, adjust)
        running.withLock { $0 = again }
    }

    /// Where its store is written.
    func writing<Value: Sendable>(_ work: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await #require(running.withLock { $0?.store }).write(work)
    }

    /// What an administrator does beside it.
    func administer(_ request: AdminRequest) async throws {
        try await #require(running.withLock { $0?.administration }).perform(request) { _ in }
    }
}

/// Backups, of a server that does not run.
extension TestServer {
    var storeFile: String { scratch.url.appendingPathComponent("server.db").path }
    var copyFile: String { scratch.url.appendingPathComponent("copy.db").path }

    func copyStore() throws { try Self.copy(storeFile, to: copyFile) }

    /// Is put back to what it is now, after a change that it knows nothing of then.
    func isRestored(after change: () async throws -> Void) async throws {
        await stop()
        try copyStore()
        try await startAgain()
        try await change()
        await stop()
        try restoreStore()
        try await startAgain()
    }

    /// Puts the copy back, as `chatd restore` does: behind all numbers that were given away.
    func restoreStore(_ generation: StoreGeneration = StoreGeneration(high: 8, low: 8)) throws {
        let replaced = try MetaStore.largestHead(
            in: Database(path: storeFile, options: DatabaseOptions(mode: .readWrite)))
        try Self.copy(copyFile, to: storeFile)
        let database = try Database(path: storeFile, options: DatabaseOptions(mode: .readWrite))
        try database.transaction {
            try MetaStore.beginGeneration(generation, floor: replaced.advanced(by: MetaStore.leap), in: database)
        }
    }

    private static func copy(_ from: String, to: String) throws {
        let files = FileManager.default
        for suffix in ["", "-wal", "-shm"] {
            try? files.removeItem(atPath: to + suffix)
            if files.fileExists(atPath: from + suffix) {
                try FileCopy.make(of: from + suffix, at: to + suffix)
            }
        }
    }
}

/// A person: a home, and clients on it.
final class Person: Sendable {
    static let password = Array("correct horse".utf8)

    let name: UserName
    let scratch: Scratch
    let server: ServerAddress

    init(_ name: String, at server: ServerAddress) throws {
        self.name = try #require(UserName(name))
        self.server = server
        scratch = try Scratch()
    }

    var paths: Paths {
        let home = scratch.url.path
        return Paths(configuration: home + "/config/chat", data: home + "/data/chat", state: home + "/state/chat")
    }

    /// A further client of the profile, as another process would be.
    func client(
        profile: String = "default", trust: TrustSetting = .acceptNew, server: ServerAddress? = nil,
        connectTimeout: Duration = .patience, interaction: Interaction = .none, line: @escaping LinkLine = { $0 }
    ) throws -> Client {
        var log = Logger(label: name.text)
        log.logLevel = .critical
        let settings = ClientSettings(
            paths: paths, profile: try #require(UserName(profile)), requestedServer: server ?? self.server,
            trust: trust, connectTimeout: connectTimeout)
        let client = Client(settings: settings, interaction: interaction, log: log, line: line)
        Endings.add { await client.close() }
        return client
    }

    /// With an account.
    static func registered(_ name: String, at server: TestServer) async throws -> Person {
        let person = try Person(name, at: server.address)
        _ = try await person.client().register(user: person.name, displayName: nil, password: password)
        return person
    }

    /// Logs in a further device of somebody's account, and is approved.
    func joins(_ owner: Person, deviceName: String = "further") async throws -> WhoAmI {
        await expectRefusal(.refused, "device_pending") {
            try await client().login(user: owner.name, password: Person.password, deviceName: deviceName)
        }
        let me = try await client().whoAmI()
        _ = try await owner.client().approveDevice(
            me.device.hex, fingerprint: try #require(me.deviceKey), certifies: false)
        return try await client().whoAmI()
    }

    func to(_ body: String, key: String? = nil) -> OutgoingMessage {
        OutgoingMessage(conversation: .user(name), body: body, key: key)
    }
}

/// Starts a server, which is stopped with the test.
func withServer(
    _ adjust: @escaping TestServer.Adjustment = { _ in }, _ body: (TestServer) async throws -> Void
) async throws {
    try await body(TestServer.start(adjust))
}

/// One whose clock stands: nobody's turn is over before they have used it, however slow the machine is.
func withTimelessServer(_ body: (TestServer) async throws -> Void) async throws {
    let moment = NIODeadline.now()
    try await body(TestServer.start(now: { moment }))
}

extension MessageListener {
    /// The next message, whatever is told before it; nil where none comes.
    func nextMessage(within limit: Duration = .patience) async throws -> ReceivedMessage? {
        let deadline = ContinuousClock.now + limit
        while case .event(let event) = try await next(deadline: deadline) {
            if case .message(let message) = event { return message }
        }
        return nil
    }

    /// Whether a message with this text comes, whatever is told before it.
    func brings(_ body: String) async throws -> Bool {
        while let message = try await nextMessage() { if message.body == body { return true } }
        return false
    }

    func nextBodies(_ count: Int, within limit: Duration = .patience) async throws -> [String] {
        var bodies: [String] = []
        while bodies.count < count, let message = try await nextMessage(within: limit) { bodies.append(message.body) }
        return bodies
    }

    /// Waits until it is live.
    func untilLive() async throws {
        while case .event(let event) = try await next(deadline: .now + .patience) {
            if case .live = event { return }
        }
    }
}
