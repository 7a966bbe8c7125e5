import ChatProtocol
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Transport

@testable import ChatServer
@testable import ServerSupport

/// A server with a store of its own, on a free port of 127.0.0.1.
final class TestServer: Sendable {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    let scratch: Scratch
    let server: Server
    let store: SQLiteStore
    private let running: Mutex<StartedParts?>

    private init(scratch: Scratch, server: Server, store: SQLiteStore, running: StartedParts) {
        self.scratch = scratch
        self.server = server
        self.store = store
        self.running = Mutex(running)
    }

    static func start(
        scratch: Scratch? = nil, trouble: TroubledStore.Trouble? = nil,
        change: (inout Server.Settings) -> Void = { _ in }
    ) async throws -> TestServer {
        let scratch = try scratch ?? Scratch()
        var settings = Server.Settings.patient()
        change(&settings)
        var log = Logger(label: "test")
        log.logLevel = .critical
        let path = scratch.url.appendingPathComponent("server.db").path
        let store = try await SQLiteStore.open(SQLiteStore.Settings(path: path))
        let served: any Store = trouble.map { TroubledStore(store, $0) } ?? store
        var parts = StartedParts()
        parts.add { await served.close() }
        let server = try await Server.start(
            settings, on: loops.next(), store: served, accounts: TestAccounts(store),
            certificate: try ServerIdentityBox(certificate.get()), log: log, &parts)
        let started = TestServer(scratch: scratch, server: server, store: store, running: parts)
        Endings.add { await started.stop() }
        return started
    }

    /// One for all tests: making a key is slow.
    private static let certificate = Result { try ServerIdentity.selfSigned() }

    func connect() async throws -> TestClient { try await TestClient.connect(to: server.addresses[0]) }

    /// Connects and logs in; makes the account if there is none.
    ///
    /// - Parameter enters: everything that its account has is a group, and the device is in it.
    func logIn(_ name: String, device: DeviceID? = nil, enters: Bool = true) async throws -> TestClient {
        let client = try await connect()
        try await client.logIn(name, device: device)
        if enters { try await client.enter(store) }
        return client
    }

    /// Once is enough, and what comes later does nothing.
    func stop() async { await running.withLock { $0.take() }?.end() }
}

/// Starts a server, which is stopped with the test.
func withServer(
    change: (inout Server.Settings) -> Void = { _ in }, _ body: (TestServer) async throws -> Void
) async throws {
    try await body(TestServer.start(change: change))
}

extension Server.Settings {
    /// An account may send so many messages and no more: time stands, and nothing is earned meanwhile.
    mutating func allowMessages(_ burst: UInt64) {
        hub.limits.messagesPerSecond = 1
        hub.limits.messagesBurst = burst
        hub.limits.messageDebt = .zero
        let start = NIODeadline.now()
        now = { start }
    }
}

/// A clock that runs as the system's does, and can be moved on by hand.
final class MovableClock: Sendable {
    private let moved = Mutex(TimeAmount.zero)

    func move(on amount: TimeAmount) { moved.withLock { $0 = $0 + amount } }
    var now: NIODeadline { .now() + moved.withLock { $0 } }
}
