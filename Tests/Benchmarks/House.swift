import ChatProtocol
import Foundation
import RulesSupport
import Synchronization
import Transport

/// A `chatd` on a directory of its own, with accounts. Quotas are off: they are not what is measured.
final class House {
    private(set) var server: ServerProcess
    let directory: URL
    private let chatd: String
    /// Accounts with the numbers that the next logins take.
    var accounts: [Credentials] = []
    /// A room of all accounts, and the direct conversation of the second and the third.
    var groups: (room: FoundedGroup, direct: FoundedGroup)?
    private var runs: UInt64 = 0

    private static let configuration = """
        [limits]
        messages_per_second = 0
        everyone_interval = "0s"
        account_store = 0
        registration_interval = "0s"
        login_failure_interval = "0s"
        address_failure_interval = "0s"

        """

    /// Where the store costs no disk.
    static let memory = "/dev/shm"

    private static let made = Atomic(0)

    /// The data lies in `parent`, else where `TMPDIR` says, else in `/var/tmp`, which is on a disk: syncing memory would
    /// cost nothing.
    init(chatd: String, parent: String? = nil) throws {
        let parent = parent ?? ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp"
        let number = Self.made.add(1, ordering: .relaxed).newValue
        directory = URL(filePath: parent).appending(path: "chat-bench-\(getpid())-\(number)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let configuration = directory.appending(path: "chatd.toml")
        try Self.configuration.write(to: configuration, atomically: true, encoding: .utf8)
        self.chatd = chatd
        server = try Self.start(chatd, directory)
    }

    private static func start(_ chatd: String, _ directory: URL, port: Int = 0) throws -> ServerProcess {
        try ServerProcess(
            chatd,
            [
                "run", "--listen", "127.0.0.1:\(port)", "--data", directory.appending(path: "data").path, "--config",
                directory.appending(path: "chatd.toml").path, "--registration", "open", "--broadcast", "all",
            ], log: directory.appending(path: "log").path)
    }

    /// Ends the server and starts it again, on the same port. Returns how long it took until it listened, in milliseconds.
    func restart() throws -> Double {
        halt()
        let start = ContinuousClock.now
        try self.start()
        return (ContinuousClock.now - start).inSeconds * 1e3
    }

    /// Ends the server, so that its store can be worked on; then `start` again.
    func halt() { server.stop() }

    func start() throws { server = try Self.start(chatd, directory, port: server.address.port) }

    var store: String { directory.appending(path: "data/chatd.db").path }

    /// Bytes of the store on the disk.
    var bytes: Double { directory.appending(path: "data").sizeOnDisk }

    /// Seconds that a write of two pages of SQLite and its sync take where the store lies.
    func syncs(count: Int) throws -> [Double] {
        let file = open(directory.appending(path: "sync").path, O_CREAT | O_WRONLY, 0o600)
        guard file >= 0 else { throw Child.Failed(description: "no file to sync") }
        defer { close(file) }
        let pages = [UInt8](repeating: 1, count: 2 * 4120)
        // As a write-ahead log, which is written over and over: what makes a file longer costs more.
        for number in 0..<count { pwrite(file, pages, pages.count, number * pages.count) }
        fsync(file)
        return (0..<count).map { number in
            let start = ContinuousClock.now
            pwrite(file, pages, pages.count, number * pages.count)
            fdatasync(file)
            return (ContinuousClock.now - start).inSeconds
        }
    }

    deinit {
        server.stop()
        try? FileManager.default.removeItem(at: directory)
    }

    /// A number that makes the identifiers of one run's messages its own.
    func nextRun() -> UInt64 {
        runs += 1
        return runs
    }
}

extension Driver {
    /// Registers accounts; each costs the server a bcrypt.
    func fill(_ house: House, accounts: Int) async throws {
        for number in 0..<accounts {
            let session = ChatSession(loop.value)
            try await session.open(house.server).get()
            guard let name = UserName("user\(number)") else { continue }
            house.accounts.append(try await session.register(name, password: Profile.password).get())
            session.close()
        }
    }

    /// Puts two accounts into a direct group.
    func foundDirect(_ house: House, _ one: Credentials, _ other: Credentials) async throws -> FoundedGroup {
        house.halt()
        var foundry = try await GroupFoundry(house.store, seed: house.nextRun())
        let group = try await foundry.direct(try foundry.account(one, seed: 1), try foundry.account(other, seed: 2))
        await foundry.store.close()
        try house.start()
        return group
    }

    /// Puts the accounts into their groups.
    func found(_ house: House) async throws {
        house.halt()
        var foundry = try await GroupFoundry(house.store, seed: house.nextRun())
        var members: [TestAccount] = []
        for (number, known) in house.accounts.enumerated() {
            members.append(try foundry.account(known, seed: UInt64(number)))
        }
        house.groups = (
            try await foundry.room("town", of: members), try await foundry.direct(members[1], members[2])
        )
        await foundry.store.close()
        try house.start()
    }

    /// A new connection of an account's device.
    func logIn(_ house: House, account: Int) async throws -> ChatSession {
        let session = ChatSession(loop.value)
        try await session.open(house.server).get()
        _ = try await session.logIn(&house.accounts[account]).get()
        return session
    }

    func subscribe(_ house: House, account: Int) async throws -> ChatSession {
        let session = try await logIn(house, account: account)
        try await session.subscribe().get()
        return session
    }
}
