import CLISupport
import ChatProtocol
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing
import Transport

@testable import ChatServer

@Suite struct ControlServiceTests {
    @Test func `what was asked is answered before the service ends, and nothing more is begun`() async throws {
        let scratch = try Scratch()
        let directory = DataDirectory(scratch.url.path + "/data")
        try directory.create()
        let store = try await SQLiteStore.open(SQLiteStore.Settings(path: directory.database))
        let effects = HeldEffects()
        let administration = Administration(
            store: store, directory: directory,
            identity: { () throws(Problem) in throw Problem(.internalFault, "there is none") }, effects: effects)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let service = NIOLoopBoundBox.makeBoxSendingValue(
            ControlService(
                loop: loop, administration: administration, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ),
            eventLoop: loop)
        let control = try await loop.flatSubmit {
            ControlListener.bind(directory.control, on: loop, delegate: service.value)
        }.get()
        let (first, second) = (
            try ControlClient(path: directory.control, timeout: 20),
            try ControlClient(path: directory.control, timeout: 20)
        )
        try await store.register(StoreUnderTest.account(1, "ada"), device: nil, invite: nil)
        try first.send(AdminRequest.setDisplayName(try #require(UserName("ada")), "A").json.bytes)
        #expect(await eventually { effects.isHeld })

        try await control.close().get()
        let end = try await loop.submit { service.value.end() }.get()
        let hasEnded = Mutex(false)
        end.whenComplete { _ in hasEnded.withLock { $0 = true } }
        try second.send(AdminRequest.listRooms.json.bytes)
        #expect(try second.nextLine() == nil)
        #expect(!hasEnded.withLock { $0 })

        effects.release()
        try await end.get()
        var lines: [AdminReply?] = []
        while let line = try first.nextLine() { lines.append(AdminReply(line)) }
        #expect(lines.last == .end)
        await store.close()
    }
}

/// Holds whoever has changed an account.
private final class HeldEffects: ServiceEffects {
    private let held = Mutex<CheckedContinuation<Void, Never>?>(nil)

    var isHeld: Bool { held.withLock { $0 != nil } }
    func release() { held.withLock { $0.take() }?.resume() }

    func closeConnections(of account: AccountID) async throws {}
    func accountChanged(_ account: AccountRecord) async throws {
        await withCheckedContinuation { continuation in held.withLock { $0 = continuation } }
    }
    func hear(_ news: [News]) async throws {}
    func entriesErased() async throws {}
    func describe(_ status: inout JSONObject) async throws {}
    func restart() throws(Problem) {}
}
