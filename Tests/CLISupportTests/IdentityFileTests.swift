import ChatProtocol
import Testing

@testable import CLISupport

@Suite struct IdentityFileTests {
    private static func file(_ use: IdentityFile.Use, devices: Int = 1) throws -> IdentityFile {
        IdentityFile(
            use: use, user: try #require(UserName("alice")), displayName: "Al \"x\" \\ \u{202e}\n",
            account: .init(high: 9, low: 9), address: "127.0.0.1:7420", server: .init(high: 3, low: 4),
            generation: .init(high: 5, low: 6), everyone: .init(high: 7, low: 8), pin: "SHA256:x",
            root: use.isGranted ? "acct1:y" : nil,
            devices: (1...devices).map { index in
                IdentityFile.Device(
                    id: .init(high: 1, low: UInt64(index)), name: "box \(index)",
                    loginKey: Array(repeating: 9, count: 32),
                    grantKey: use.isGranted ? Array(repeating: UInt8(index), count: 32) : nil)
            })
    }

    @Test(arguments: IdentityFile.Use.allCases)
    func `an identity file is read as it was written`(use: IdentityFile.Use) throws {
        for devices in [1, 3, Limits.devicesPerAccount] {
            let file = try Self.file(use, devices: devices)
            #expect(file.bytes.count < IdentityFile.maximumBytes)
            #expect(try IdentityFile(parsing: file.bytes, file: "f") == file)
            var without = file
            without.pin = nil
            #expect(try IdentityFile(parsing: without.bytes, file: "f") == without)
        }
        #expect(throws: Problem.self) {
            try IdentityFile(parsing: Self.file(use, devices: Limits.devicesPerAccount + 1).bytes, file: "f")
        }
    }

    @Test func `whom its maker has met and the names of rooms stand in it, as many as fit`() throws {
        var file = try Self.file(.once, devices: Limits.devicesPerAccount)
        let longest = String(repeating: "n", count: 28)
        file.pins = try (1000..<1000 + IdentityFile.maximumPins).map { number in
            IdentityFile.Pin(
                name: try #require(UserName("\(longest)\(number)")), account: .init(high: .max, low: UInt64(number)),
                root: "acct1:" + String(repeating: "a", count: 52), number: .max,
                head: Array(repeating: 255, count: 32),
                isVerified: number % 2 == 0)
        }
        file.rooms = try (1000..<1000 + IdentityFile.maximumRooms).map { number in
            IdentityFile.Room(
                name: try #require(UserName("\(longest)\(number)")),
                conversation: .init(high: .max, low: UInt64(number)))
        }
        #expect(file.bytes.count < IdentityFile.maximumBytes)
        #expect(try IdentityFile(parsing: file.bytes, file: "f") == file)
        let text = String(decoding: file.bytes, as: UTF8.self)
        for (line, wrong) in [
            (file.pins[0].line, "x"), (file.pins[1].line, "\(file.pins[1].line) trusted"), (file.rooms[0].line, "x y"),
        ] {
            let broken = text.replacing(line, with: wrong)
            #expect(throws: Problem.self) { try IdentityFile(parsing: Array(broken.utf8), file: "f") }
        }
        file.rooms.append(file.rooms[0])
        #expect(throws: Problem.self) { try IdentityFile(parsing: file.bytes, file: "f") }
    }

    @Test func `what is missing or malformed in an identity file is refused`() throws {
        let text = String(decoding: try Self.file(.once).bytes, as: UTF8.self)
        for (index, line) in text.split(separator: "\n").enumerated() where line.contains(" = ") {
            let key = line.prefix { $0 != " " }
            let broken = text.replacing(line, with: "\(key) = \(key == "version" ? "3" : "[]")")
            #expect(throws: Problem.self, "\(index)") { try IdentityFile(parsing: Array(broken.utf8), file: "f") }
            guard key != "pin" else { continue }
            let shorter = text.replacing(line, with: "")
            #expect(throws: Problem.self, "\(index)") { try IdentityFile(parsing: Array(shorter.utf8), file: "f") }
        }
        #expect(throws: Problem.self) { try IdentityFile(parsing: [], file: "f") }
    }

    @Test func `an identity file of version 1 is one device that waits to be approved`() throws {
        let id = String(repeating: "0", count: 31)
        let text = """
            version = 1
            user = "alice"
            display_name = "Alice"
            account = "\(id)1"
            device = "\(id)3"
            device_name = "laptop"
            key = "\(String(repeating: "07", count: 32))"
            server = "127.0.0.1:7420"
            server_id = "\(id)4"
            generation = "\(id)5"
            everyone = "\(id)9"
            """
        let file = try IdentityFile(parsing: Array(text.utf8), file: "f")
        let device = IdentityFile.Device(
            id: .init(high: 0, low: 3), name: "laptop", loginKey: Array(repeating: 7, count: 32))
        #expect(file.use == .login && file.devices == [device])
    }
}
