import Glibc
import CLISupport
import ChatProtocol
import GroupRules
import Logging
import Synchronization
import TestSupport
import Testing
import Transport

@testable import ChatServer

@Suite struct AdministrationTests {
    static func user(_ name: String) throws -> NewUser {
        NewUser(
            name: try #require(UserName(name)), displayName: "D \u{202e}\"\n",
            hash: try PasswordHash(UserImportTests.hash),
            origin: .imported, isAdministrator: true)
    }

    @Test func `every request travels as it is`() throws {
        let name = try #require(UserName("alice"))
        var enrolled = try Self.user("alice")
        enrolled.firstDevice = FirstDevice(name: "first \"", key: [UInt8](repeating: 7, count: 32))
        let requests: [AdminRequest] = [
            .addUser(enrolled), .addUser(try Self.user("alice")), .listUsers,
            .setPassword(name, try PasswordHash(UserImportTests.hash)),
            .setFlag(name, .disabled, isOn: true), .deleteUser(name, erasing: true),
            .deleteUser(name, erasing: false),
            .importUsers([try Self.user("a"), try Self.user("b")], isDryRun: true),
            .createInvite(uses: 3, lifetime: .milliseconds(9), by: "x"), .listInvites, .revokeInvite("ab"),
            .fingerprint, .identity,
            .check, .status, .restart, .listRooms, .removeRoom(try #require(RoomName("ops"))),
            .exportUser(name, from: nil),
            .exportUser(name, from: .conversations(after: nil)),
            .exportUser(name, from: .conversations(after: ConversationID(high: .max, low: 3))),
            .exportUser(name, from: .entries(of: ConversationID(high: 1, low: .max), after: 17)),
        ]
        for request in requests { #expect(AdminRequest(request.json.bytes) == request) }
        for text in [
            "", "{}", "[]", "{\"command\":\"nonsense\"}", "{\"command\":\"user_add\"}",
            "{\"command\":\"room_remove\",\"room\":\"#ops\"}",
            "{\"command\":\"user_delete\",\"name\":\"../x\"}", "{\"command\":\"user_export\",\"name\":\"x\"}",
            "{\"command\":\"user_export\",\"name\":\"x\",\"from\":{\"after\":\"+1\"}}",
        ] {
            #expect(AdminRequest(Array(text.utf8)) == nil, "\(text)")
        }
        enrolled.firstDevice?.key = [7]
        #expect(AdminRequest(AdminRequest.addUser(enrolled).json.bytes) == nil)
        let tooMany = try (0...AdminRequest.chunk).map { try Self.user("u\($0)") }
        #expect(AdminRequest(AdminRequest.importUsers(tooMany, isDryRun: false).json.bytes) == nil)
        let largest = try (0..<AdminRequest.chunk).map { try Self.user("u\($0)") }
        #expect(AdminRequest.importUsers(largest, isDryRun: false).json.bytes.count < ControlConnection.lineLimit)
    }

    @Test func `every reply travels as it is`() {
        var row = JSONObject(head: "x")
        row["text"] = .string("\u{1b}")
        let replies: [AdminReply] = [
            .row(row), .waiting, .end, .error(Problem(.busy, "text", hint: "hint")),
            .error(Problem(ErrorCode.noSuchUser)),
        ]
        for reply in replies { #expect(AdminReply(reply.json.bytes) == reply) }
        for text in ["", "{}", "{\"error\":\"x\",\"exit\":3,\"text\":\"\"}"] {
            #expect(AdminReply(Array(text.utf8)) == nil)
        }
    }

    @Test func `every way in which the store fails has its code and its status`() {
        let told: [(StoreFailure.Kind, String, CLISupport.ExitStatus)] = [
            (.refused(Failure(.noSuchUser)), "no_such_user", .unknownName),
            (.full, "store_full", .temporary), (.failed, "store_failed", .temporary),
            (.unknown, "busy", .temporary), (.busy, "store_busy", .temporary),
            (.closed, "not_running", .temporary), (.readOnly, "read_only_store", .badConfiguration),
            (.cannotOpen, "cannot_create", .cannotCreate), (.newer, "newer_store", .badConfiguration),
            (.damaged, "damaged_store", .badConfiguration),
        ]
        for (kind, code, exit) in told {
            let problem = Problem(StoreFailure(kind, "why"))
            #expect(problem.code == code && problem.exit == exit)
        }
    }

    @Test func `one process has the data`() throws {
        let scratch = try Scratch()
        let directory = DataDirectory(scratch.url.path + "/deep/data")
        try directory.create()
        try directory.create()
        var lock = try DirectoryLock.take(directory)
        #expect(lock != nil)
        #expect(try DirectoryLock.take(directory) == nil)
        #expect(DirectoryLock.holder(directory) != nil)
        lock = nil
        #expect(try DirectoryLock.take(directory) != nil)
    }

    @Test func `what is unsafe is refused`() throws {
        let scratch = try Scratch()
        let missing = DataDirectory(scratch.url.path + "/none")
        #expect(throws: Problem.self) { try missing.checkedOwner() }
        let open = DataDirectory(scratch.url.path + "/open")
        try open.create()
        chmod(open.path, 0o755)
        #expect(#expect(throws: Problem.self) { try open.checkedOwner() }?.code == LocalCode.unsafeStore.rawValue)
        // Root has a place of its own.
        guard geteuid() != 0 else { return }
        #expect(throws: Problem.self) { try DataDirectory.standard { _ in nil } }
    }

    @Test func `what a crash has left beside the data goes, and nothing else`() throws {
        let scratch = try Scratch()
        let directory = DataDirectory(scratch.url.path + "/data")
        try directory.create()
        let left = ["tmp-x", "key.pem.1abc.new", "certificate.pem.2.new"]
        let kept = ["key.pem", "certificate.pem", "key.pem.old", "notes.new", "chatd.toml"]
        for name in left + kept { try WholeFile.replace("\(directory.path)/\(name)", with: [1]) }
        directory.removeTemporaries()
        #expect(WholeFile.names(in: directory.path).sorted() == kept.sorted())
    }

    @Test func `a whole file is the old one or the new one`() throws {
        let scratch = try Scratch()
        let path = scratch.url.path + "/f"
        #expect(try WholeFile.read(path, limit: 10) == nil)
        try WholeFile.replace(path, with: [1, 2])
        try WholeFile.replace(path, with: [3])
        #expect(try WholeFile.read(path, limit: 10) == [3])
        #expect(throws: Problem.self) { try WholeFile.read(path, limit: 0) }
        #expect(throws: Problem.self) { try WholeFile.replace(path + "/g", with: [3]) }
        #expect(WholeFile.names(in: scratch.url.path) == ["f"])
    }
}

@Suite struct LineLogTests {
    private func lines(_ format: LogFormat, _ body: (Logger) -> Void) -> [String] {
        let collector = LineCollector()
        let log = Logger(label: "x") { _ in
            LineLog(format: format, level: .info, time: { 0 }, write: { collector.add($0) })
        }
        body(log)
        return collector.all
    }

    @Test func `a line is one line whatever stands in it`() {
        let metadata: Logger.Metadata = ["b": "two words", "a": "\u{1b}]0;x\u{7}\nlevel=error", "c": "", "d": "plain"]
        let text = lines(.logfmt) { log in
            log.info("it's done", metadata: metadata)
            log.debug("not this")
        }
        #expect(
            text == [
                "time=1970-01-01T00:00:00.000Z level=info msg=\"it's done\" a=\"^[]0;x^G^Jlevel=error\" b=\"two words\" c=\"\" d=plain\n"
            ])
        let json = lines(.json) { $0.warning("x", metadata: metadata) }
        #expect(json.count == 1 && json[0].utf8.filter { $0 < 0x20 }.count == 1)
        let object = (try? JSONValue(parsing: json[0]))?.object
        #expect(object?["a"]?.string == "\u{1b}]0;x\u{7}\nlevel=error" && object?["level"]?.string == "warning")
    }
}

private final class LineCollector: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ bytes: [UInt8]) { lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) } }
    var all: [String] { lines.withLock { $0 } }
}
