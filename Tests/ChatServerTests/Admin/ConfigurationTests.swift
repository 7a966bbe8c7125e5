import CLISupport
import Testing
import Transport

@testable import ChatServer

@Suite struct ServerConfigurationTests {
    private func read(
        _ text: String, _ change: (inout ServerConfiguration.Flags) -> Void = { _ in }
    ) throws -> ServerConfiguration {
        var flags = ServerConfiguration.Flags()
        change(&flags)
        return try ServerConfiguration(file: Configuration(parsing: Array(text.utf8), file: "f"), flags: flags)
    }

    private func problem(_ text: String) -> String? {
        #expect(throws: Problem.self, "\(text)") { try read(text) }?.text
    }

    @Test func `on loopback alone everybody may come in`() throws {
        let local = try read("")
        #expect(local.listen.map(\.description) == ["127.0.0.1:7420"])
        #expect(local.registration == .open && local.broadcast == .all && local.limits.everyoneInterval == .zero)
        for listen in [#"["0.0.0.0"]"#, #"["127.0.0.1:1", "[::]:1"]"#] {
            let open = try read("listen = \(listen)")
            #expect(open.registration == .invite && open.broadcast == .admins)
            #expect(open.limits.everyoneInterval == .seconds(5))
        }
        #expect(try read("[limits]\neveryone_interval = \"2s\"").limits.everyoneInterval == .seconds(2))
        #expect(try read(#"listen = ["127.9.9.9:0", "[::1]:5"]"#).registration == .open)
    }

    @Test func `who may come in follows from where it listens and not from what will count later`() throws {
        func reread(_ text: String, boundTo host: String) throws -> ServerConfiguration {
            try ServerConfiguration(
                file: Configuration(parsing: Array(text.utf8), file: "f"),
                bound: [NetworkAddress(host: host, port: 7420)])
        }
        let open = try reread(#"listen = ["127.0.0.1"]"#, boundTo: "0.0.0.0")
        #expect(
            open.registration == .invite && open.broadcast == .admins && open.limits.everyoneInterval == .seconds(5))
        let local = try reread(#"listen = ["0.0.0.0"]"#, boundTo: "127.0.0.1")
        #expect(local.registration == .open && local.broadcast == .all && local.limits.everyoneInterval == .zero)
        #expect(local.listen.map(\.host) == ["0.0.0.0"])
        #expect(try reread(#"registration = "open""#, boundTo: "0.0.0.0").registration == .open)
    }

    @Test func `each key of the limits is its own field, and every key has one`() throws {
        let fields: [(String, String, PartialKeyPath<ServerLimits>, AnyHashable)] = [
            ("messages_per_second", "7", \.messagesPerSecond, UInt64(7)),
            ("messages_burst", "11", \.messagesBurst, UInt64(11)),
            ("message_debt", #""13s""#, \.messageDebt, Duration.seconds(13)),
            ("everyone_interval", #""17s""#, \.everyoneInterval, Duration.seconds(17)),
            ("everyone_devices", "18", \.everyoneDevices, UInt64(18)),
            ("account_store", #""19K""#, \.accountStore, UInt64(19 << 10)),
            ("retention", #""23d""#, \.retention, Duration.seconds(23 * 86_400)),
            ("max_store", #""29M""#, \.maxStore, UInt64(29 << 20)), ("store_reserve", "31", \.storeReserve, UInt64(31)),
            ("login_failures", "37", \.loginFailures, UInt64(37)),
            ("login_failure_interval", #""41ms""#, \.loginFailureInterval, Duration.milliseconds(41)),
            ("address_failures", "43", \.addressFailures, UInt64(43)),
            ("address_failure_interval", #""47ms""#, \.addressFailureInterval, Duration.milliseconds(47)),
            ("registrations", "53", \.registrations, UInt64(53)),
            ("registration_interval", #""59s""#, \.registrationInterval, Duration.seconds(59)),
            ("password_threads", "6", \.passwordThreads, UInt64(6)),
            ("password_queue", "61", \.passwordQueue, UInt64(61)),
            ("failure_delay", #""67ms""#, \.failureDelay, Duration.milliseconds(67)),
            ("connections", "71", \.connections, UInt64(71)),
            ("connections_per_account", "73", \.connectionsPerAccount, UInt64(73)),
            ("unauthenticated_per_address", "79", \.unauthenticatedPerAddress, UInt64(79)),
        ]
        #expect(Set(fields.map { "limits.\($0.0)" }) == ServerLimits.keys)
        for (key, text, field, value) in fields {
            let limits = try read("[limits]\n\(key) = \(text)").limits
            #expect(limits[keyPath: field] as? AnyHashable == value, "\(key)")
            for other in fields where other.0 != key && other.0 != "everyone_interval" {
                #expect(
                    limits[keyPath: other.2] as? AnyHashable == ServerLimits()[keyPath: other.2] as? AnyHashable,
                    "\(key) changes \(other.0)")
            }
        }
    }

    @Test func `a flag stands before the file`() throws {
        let file = """
            listen = ["192.0.2.1:5"]
            registration = "closed"
            log_format = "json"
            tls_cert = "a"
            tls_key = "b"
            [limits]
            max_store = "2G"
            """
        let plain = try read(file)
        #expect(plain.certificate == .files(certificate: "a", key: "b") && plain.limits.maxStore == 2 << 30)
        #expect(plain.logFormat == .json && plain.registration == .closed)
        let flagged = try read(file) { flags in
            flags.listen = [NetworkAddress(host: "127.0.0.1", port: 9)]
            flags.registration = .open
            flags.maxStore = 77
            flags.certificate = "c"
            flags.key = "d"
        }
        #expect(flagged.listen.map(\.port) == [9] && flagged.registration == .open && flagged.limits.maxStore == 77)
        #expect(flagged.certificate == .files(certificate: "c", key: "d"))
    }

    @Test func `every limit has a key that counts`() throws {
        let defaults = try read("")
        for key in ServerLimits.keys.sorted() {
            let name = key.dropFirst("limits.".count)
            let isNumber = (try? read("[limits]\n\(name) = 7")) != nil
            let text = isNumber ? "7" : "\"7m\""
            let changed = try read("[limits]\n\(name) = \(text)")
            #expect(changed.limits != defaults.limits, "\(name)")
        }
        // No limit without a key: each stored property but none else.
        #expect(Mirror(reflecting: ServerLimits()).children.count == ServerLimits.keys.count)
    }

    @Test func `a fault is told by line`() {
        let table = [
            ("x = 1", "f:1: unknown key x"), ("\nlisten = \"a\"", "f:2: listen must be a list"),
            ("listen = [\"localhost\"]", "f:1: listen must be an IP address"),
            ("registration = \"some\"", "f:1: registration must be one of \"open\", \"invite\", \"closed\""),
            ("tls_cert = \"a\"", "f:1: tls_cert and tls_key come together"),
            ("[limits]\nretention = \"0s\"", "f:2: limits.retention must be above 0s"),
            ("[limits]\nmax_store = \"much\"", "f:2: limits.max_store must be a size"),
            ("[limits]\npassword_threads = 0", "f:2: limits.password_threads must be from 1 to 64"),
        ]
        for (text, expected) in table {
            #expect(problem(text)?.hasPrefix(expected) == true, "\(text): \(problem(text) ?? "")")
        }
    }

    @Test func `sizes and addresses are read as they are written`() {
        let sizes: [(String, UInt64?)] = [
            ("0", 0), ("512", 512), ("4K", 4_096), ("10G", 10 << 30), ("1T", 1 << 40), ("", nil), ("G", nil),
            ("1.5G", nil), ("-1", nil), ("10g", nil), ("99999999999T", nil), ("+1", nil), ("1 G", nil),
        ]
        for (text, bytes) in sizes { #expect(SizeText.bytes(text) == bytes, "\(text)") }
        #expect(
            [0, 1_023, 1_024, 1_536, 10 << 30, 1_600 << 20].map { SizeText.text($0) } == [
                "0", "1023", "1K", "1.5K", "10G", "1.5G",
            ])
        let addresses: [(String, String?)] = [
            ("127.0.0.1", "127.0.0.1:7420"), ("0.0.0.0:0", "0.0.0.0:0"), ("[::1]:65535", "[::1]:65535"),
            ("::", "[::]:7420"), ("[::1]", "[::1]:7420"), ("localhost", nil), ("127.0.0.1:", nil), ("1.2.3:4", nil),
            ("127.0.0.1:65536", nil), ("127.0.0.1:-1", nil), ("127.0.0.1:1:2", nil), ("", nil), (":1", nil),
            ("[127.0.0.1]:1", nil),
        ]
        for (text, address) in addresses { #expect(ListenAddress.parse(text)?.description == address, "\(text)") }
    }
}
