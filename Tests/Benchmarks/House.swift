import ChatProtocol
import Foundation
import Transport

/// A `chatd` on a directory of its own, with accounts. Quotas are off: they are not what is measured.
final class House {
    let server: ServerProcess
    let directory: URL
    /// Accounts with the numbers that the next logins take.
    var accounts: [Credentials] = []
    var everyone = ConversationID(high: 0, low: 0)
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

    /// The data lies where `TMPDIR` says, else in `/var/tmp`, which is on a disk: syncing memory would cost nothing.
    init(chatd: String) throws {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp"
        directory = URL(filePath: parent).appending(path: "chat-bench-\(getpid())")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let configuration = directory.appending(path: "chatd.toml")
        try Self.configuration.write(to: configuration, atomically: true, encoding: .utf8)
        server = try ServerProcess(
            chatd,
            [
                "run", "--listen", "127.0.0.1:0", "--data", directory.appending(path: "data").path, "--config",
                configuration.path, "--registration", "open", "--broadcast", "all",
            ], log: directory.appending(path: "log").path)
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
            house.accounts.append(try await session.register(name, password: "correct horse").get())
            session.close()
        }
    }

    /// A new connection of an account's device.
    func logIn(_ house: House, account: Int) async throws -> ChatSession {
        let session = ChatSession(loop.value)
        try await session.open(house.server).get()
        let welcome = try await session.logIn(&house.accounts[account]).get()
        house.everyone = welcome.everyone
        return session
    }

    func subscribe(_ house: House, account: Int) async throws -> ChatSession {
        let session = try await logIn(house, account: account)
        try await session.subscribe().get()
        return session
    }
}
