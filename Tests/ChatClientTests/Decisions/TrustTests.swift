import CLISupport
import Glibc
import TestSupport
import Testing

@testable import ChatClient
@testable import Transport

@Suite struct TrustDecisionTests {
    private static let pin = PublicKeyPin(digest: Array(repeating: 1, count: 32))
    private static let other = PublicKeyPin(digest: Array(repeating: 2, count: 32))

    enum Outcome: Equatable {
        case accept
        case remember(ServerStanding)
        case ask
        case refuse(String)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var address = "chat.example.org"
        var known: ServerStanding?
        var setting: TrustSetting
        var shows: PublicKeyPin
        var verified = false
        var published = false
        var outcome: Outcome
        var testDescription: String {
            "\(address) known \(known?.text ?? "not") \(setting) verified \(verified) published \(published)"
        }
    }

    private static func rows() throws -> [Row] {
        let pin = try #require(Self.pin)
        let other = try #require(Self.other)
        return [
            // First use.
            Row(setting: .ask, shows: pin, verified: true, outcome: .remember(.authority)),
            Row(setting: .strict, shows: pin, verified: true, outcome: .remember(.authority)),
            Row(setting: .acceptNew, shows: pin, verified: true, outcome: .remember(.authority)),
            Row(setting: .ask, shows: pin, outcome: .ask),
            Row(setting: .acceptNew, shows: pin, outcome: .remember(.pin(pin))),
            Row(setting: .strict, shows: pin, outcome: .refuse("server_not_trusted")),
            Row(setting: .pin(pin), shows: pin, outcome: .remember(.pin(pin))),
            Row(setting: .pin(other), shows: pin, outcome: .refuse("server_key_changed")),
            Row(setting: .pin(other), shows: pin, verified: true, outcome: .refuse("server_key_changed")),
            // Loopback is nothing special but where the key was published on this machine.
            Row(address: "127.0.0.1", setting: .ask, shows: pin, outcome: .ask),
            Row(address: "127.0.0.1", setting: .ask, shows: pin, published: true, outcome: .remember(.pin(pin))),
            Row(address: "[::1]", setting: .strict, shows: pin, published: true, outcome: .remember(.pin(pin))),
            Row(address: "localhost", setting: .ask, shows: pin, published: true, outcome: .remember(.pin(pin))),
            Row(setting: .ask, shows: pin, published: true, outcome: .ask),
            // Known by its key.
            Row(known: .pin(pin), setting: .ask, shows: pin, outcome: .accept),
            Row(known: .pin(pin), setting: .strict, shows: pin, outcome: .accept),
            Row(known: .pin(pin), setting: .acceptNew, shows: other, outcome: .refuse("server_key_changed")),
            Row(known: .pin(pin), setting: .ask, shows: other, verified: true, outcome: .refuse("server_key_changed")),
            Row(
                address: "127.0.0.1", known: .pin(pin), setting: .ask, shows: other, published: true,
                outcome: .refuse("server_key_changed")),
            Row(known: .pin(pin), setting: .pin(other), shows: other, outcome: .remember(.pin(other))),
            Row(known: .pin(pin), setting: .pin(pin), shows: pin, outcome: .accept),
            Row(known: .pin(pin), setting: .pin(pin), shows: other, outcome: .refuse("server_key_changed")),
            // Known by its CA.
            Row(known: .authority, setting: .ask, shows: pin, verified: true, outcome: .accept),
            Row(known: .authority, setting: .ask, shows: pin, outcome: .refuse("server_key_changed")),
            Row(known: .authority, setting: .acceptNew, shows: pin, outcome: .refuse("server_key_changed")),
            Row(
                address: "127.0.0.1", known: .authority, setting: .ask, shows: pin, published: true,
                outcome: .refuse("server_key_changed")),
            Row(known: .authority, setting: .pin(pin), shows: pin, outcome: .remember(.pin(pin))),
        ]
    }

    @Test func `a server never changes silently`() throws {
        for row in try Self.rows() {
            let decision = TrustDecision(
                address: try #require(ServerAddress(row.address)), known: row.known, setting: row.setting)
            let verification: PeerIdentity.Verification =
                switch decision.demand {
                case .inspect(name: nil): .notAsked
                default: row.verified ? .verified : .failed("self-signed")
                }
            let verdict = decision.judge(
                PeerIdentity(pin: row.shows, verification: verification), isPublished: { row.published })
            let outcome: Outcome =
                switch verdict {
                case .accept(remember: nil): .accept
                case .accept(let standing?): .remember(standing)
                case .ask: .ask
                case .refuse(let problem): .refuse(problem.code)
                }
            #expect(outcome == row.outcome, "\(row.testDescription)")
            if case .refuse(let problem) = verdict {
                #expect(problem.exit == .untrusted)
                #expect(problem.sent == .no)
            }
        }
    }

    @Test func `authorities are loaded only where they decide`() throws {
        let pin = try #require(Self.pin)
        func demand(_ known: ServerStanding?, _ setting: TrustSetting) throws -> Transport.TrustPolicy {
            TrustDecision(address: try #require(ServerAddress("a.example")), known: known, setting: setting).demand
        }
        #expect(try demand(.pin(pin), .ask) == .inspect(name: nil))
        #expect(try demand(nil, .pin(pin)) == .inspect(name: nil))
        #expect(try demand(nil, .ask) == .inspect(name: "a.example"))
        #expect(try demand(.authority, .strict) == .inspect(name: "a.example"))
    }
}

@Suite struct KnownServersTests {
    private static let digest = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    @Test func `lines are read and others are kept`() throws {
        let text = "# mine\nchat.example.org:7420 ca\n\n[::1]:7420  pin \(Self.digest)\n"
        var servers = try KnownServers(parsing: Array(text.utf8), file: "f")
        #expect(servers.servers.map(\.address.text) == ["chat.example.org:7420", "[::1]:7420"])
        #expect(servers.servers.map(\.standing.text) == ["ca", "pin \(Self.digest)"])
        servers[try #require(ServerAddress("b.example"))] = .authority
        servers[try #require(ServerAddress("[::1]"))] = nil
        #expect(
            String(decoding: servers.bytes, as: UTF8.self)
                == "# mine\nchat.example.org:7420 ca\n\nb.example:7420 ca\n")
    }

    @Test(arguments: [
        "chat.example.org:7420", "chat.example.org:7420 pin", "chat.example.org:7420 pin SHA256:x", "a b c d",
        "a.example:1 ca\na.example:1 ca", "a.example:1 ca more", "a.example:99999 ca",
    ])
    func `a malformed line is named and refused`(text: String) throws {
        let problem = #expect(throws: Problem.self) { try KnownServers(parsing: Array(text.utf8), file: "/x/known") }
        #expect(problem?.exit == .badConfiguration)
        #expect(problem?.text.hasPrefix("/x/known:\(text.contains("\n") ? 2 : 1)") == true)
    }

    @Test func `who holds the file's lock keeps nobody for ever`() async throws {
        let scratch = try Scratch()
        let paths = Paths(configuration: scratch.url.path, data: "/x", state: "/x")
        let holder = open(paths.configuration, O_RDONLY | O_DIRECTORY)
        defer { close(holder) }
        #expect(flock(holder, LOCK_EX) == 0)
        let address = try #require(ServerAddress("h.example"))
        let error = await #expect(throws: Problem.self) {
            try await KnownServersFile(paths: paths, lockPatience: .milliseconds(50)).update {
                $0[address] = .authority
            }
        }
        #expect(error?.exit == .temporary)
    }

    @Test func `many writers lose nothing`() async throws {
        let scratch = try Scratch()
        let paths = Paths(configuration: scratch.url.path + "/c", data: "/x", state: "/x")
        await withTaskGroup(of: Void.self) { group in
            for number in 1...40 {
                group.addTask {
                    guard let address = ServerAddress("h\(number).example") else { return }
                    try? await KnownServersFile(paths: paths, lockPatience: .patience).update {
                        $0[address] = .authority
                    }
                }
            }
        }
        #expect(try KnownServersFile(paths: paths).read().servers.count == 40)
        var status = stat()
        #expect(lstat(paths.knownServersFile, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }
}

@Suite struct PublishedKeyTests {
    @Test func `a key counts only where nobody else could have published it`() throws {
        let scratch = try Scratch()
        let directory = scratch.url.path + "/published"
        let pin = try #require(PublicKeyPin(digest: Array(repeating: 200, count: 32)))
        let other = try #require(PublicKeyPin(digest: Array(repeating: 7, count: 32)))
        #expect(!PublishedKey.isPublished(pin, in: directory, owner: geteuid()))
        #expect(mkdir(directory, 0o700) == 0)
        #expect(PublishedKey.publish(pin, in: directory) == 0)
        #expect(PublishedKey.isPublished(pin, in: directory, owner: geteuid()))
        #expect(!PublishedKey.isPublished(other, in: directory, owner: geteuid()))
        chmod(directory, 0o777)
        #expect(!PublishedKey.isPublished(pin, in: directory, owner: geteuid()))
    }
}
