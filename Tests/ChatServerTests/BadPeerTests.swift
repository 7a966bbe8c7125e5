import ChatProtocol
import NIOCore
import TestSupport
import Testing

@testable import ChatServer

@Suite(.endsWhatItStarts) struct BadPeerTests {
    @Test func `an acknowledgement beyond what was sent ends the connection`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await bob.subscribe()
            _ = try await alice.append("x", to: try alice.everyone)
            let entry: Entry = try await bob.next()
            bob.send(
                frame: Acknowledge(items: [
                    .init(conversation: entry.conversation, seq: entry.seq.advanced(by: 1), disposition: .stored)
                ]).frame())
            #expect(try await bob.closed() == Failure(.acknowledgedTooMuch))
            #expect(try await alice.append("y", to: try alice.everyone).seq == 2)
        }
    }

    @Test func `who is not logged in may only log in`() async throws {
        try await withServer { server in
            let client = try await server.connect()
            client.send(ClientHello(nonce: [UInt8](repeating: 1, count: 32), software: "test"))
            await #expect(throws: Failure(.notLoggedIn)) {
                let _: Done = try await client.reply(to: Subscribe())
            }
            let user = try #require(UserName("alice"))
            let wrong = LoginByPassword(
                name: user, password: Array("wrong".utf8), device: DeviceDescription(name: "d"))
            await #expect(throws: Failure(.loginRefused)) { let _: Welcome = try await client.reply(to: wrong) }
            // The connection may try again.
            try await client.logInAgain("alice")
        }
    }

    @Test func `S2: of what comes in one flight with a login that is refused nothing is carried out`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            let bob = try await server.logIn("bob")
            let dm = try await alice.open(with: "bob")
            let client = try await server.connect()
            client.send(ClientHello(nonce: [UInt8](repeating: 1, count: 32), software: "test"))
            let user = try #require(UserName("alice"))
            let login = client.send(
                LoginByPassword(
                    name: user, password: Array("wrong".utf8), existing: try alice.device,
                    device: DeviceDescription(name: "d")))
            let behind = [
                client.send(Subscribe()), client.send(try alice.message(to: dm)),
                client.send(OpenConversation(with: user)), client.send(TakeTurn(conversation: dm)),
                client.send(CreateRoom(id: .unique, name: try #require(UserName("ops")))),
                client.send(RenameDevice(device: try alice.device, name: "mine")),
            ]
            let refused: Failure = try await client.next(correlation: login)
            #expect(refused.errorCode == .loginRefused)
            for correlation in behind {
                let failure: Failure = try await client.next(correlation: correlation)
                #expect(failure.errorCode == .notLoggedIn)
            }
            #expect(!client.waiting.contains { $0.frameKind == .entry || $0.frameKind == .live })
            #expect(try await alice.append("x", to: dm).seq == 1)
            let devices: Devices = try await alice.reply(to: ListDevices())
            #expect(devices.devices.allSatisfy { $0.state == .active && $0.name == "d" })
            let _: Pong = try await bob.reply(to: Ping())
        }
    }

    @Test func `who does not say hello is sent away`() async throws {
        try await withServer { server in
            let client = try await server.connect()
            let correlation = client.send(Ping())
            let failure: Failure = try await client.next(correlation: correlation)
            #expect(failure.errorCode == .unexpectedFrame)
            _ = try await client.closed()
        }
    }

    @Test func `a malformed body is named and ends the connection`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            alice.send(frame: RawFrame(kind: FrameKind.append.rawValue, correlation: 900, body: [1, 2, 3]))
            let failure: Failure = try await alice.next(correlation: 900)
            #expect(failure.errorCode == .malformed)
            _ = try await alice.closed()
        }
    }

    @Test func `an unknown request is refused and the connection stays`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            for kind in [60, 128, 193, 255] as [UInt8] {
                alice.send(frame: RawFrame(kind: kind, correlation: 900, body: [1, 2, 3]))
                let failure: Failure = try await alice.next(correlation: 900)
                #expect(failure.errorCode == .unexpectedFrame)
            }
            let _: Pong = try await alice.reply(to: Ping())
        }
    }

    @Test func `a second subscription is refused`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            try await alice.subscribe()
            await #expect(throws: Failure(.alreadySubscribed)) {
                let _: Done = try await alice.reply(to: Subscribe())
            }
        }
    }

    @Test func `what the server does not take is refused by its reason`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            let everyone = try alice.everyone
            await #expect(throws: Failure(.payloadTooLarge)) {
                let _: Appended = try await alice.reply(
                    to: try alice.message([UInt8](repeating: 1, count: Limits.payload + 1), to: everyone))
            }
            // Nothing is plain, and handshakes come with what belongs to them.
            for kind in [1, 7, PayloadKind.commit.rawValue, PayloadKind.proposal.rawValue] {
                await #expect(throws: Failure(.unknownPayloadKind)) {
                    let _: Appended = try await alice.reply(
                        to: Append(conversation: everyone, id: .unique, payloadKind: kind, payload: [1]))
                }
            }
            await #expect(throws: Failure(.noSuchUser)) { _ = try await alice.open(with: "nobody") }
            await #expect(throws: Failure(.noSuchConversation)) {
                _ = try await alice.append("x", to: ConversationID(high: 1, low: 1))
            }
            #expect(try await alice.append("x", to: everyone).seq == 1)
        }
    }

    @Test func `only administrators write to everyone where the server says so`() async throws {
        try await withServer {
            $0.hub.broadcastByAdminsOnly = true
        } _: { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await server.store.setFlags(.administrator, clearing: [], of: try alice.account)
            let admin = try await server.logIn("alice", device: try alice.device)
            await #expect(throws: Failure.self) { try await bob.append("no", to: try bob.everyone) }
            #expect(try await admin.append("yes", to: try admin.everyone).seq == 1)
            let dm = try await bob.open(with: "alice")
            #expect(try await bob.append("yes", to: dm).seq == 1)
        }
    }

    @Test func `a full store takes no messages no conversations and no accounts`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            for name in ["bob", "carol"] { _ = try await server.logIn(name) }
            let dm = try await alice.open(with: "bob")
            try await server.server.hub.value { hub in
                var settings = hub.context.settings
                settings.limits.maxStore = 1
                hub.apply(settings)
            }
            await #expect(throws: Failure(.storeFull)) { _ = try await alice.append("x", to: dm) }
            await #expect(throws: Failure(.storeFull)) { _ = try await alice.open(with: "carol") }
            // What is there stays usable: for acknowledgements, and for reading.
            #expect(try await alice.open(with: "bob") == dm)
            let stranger = try await server.connect()
            stranger.send(ClientHello(nonce: [UInt8](repeating: 1, count: 32), software: "test"))
            await #expect(throws: Failure(.storeFull)) {
                let _: Welcome = try await stranger.reply(
                    to: Register(
                        name: try #require(UserName("dave")), displayName: "", password: Array("long enough".utf8),
                        device: DeviceDescription(name: "d")))
            }
        }
    }

    @Test func `over its rate an account is slowed down and not refused`() async throws {
        try await withServer { settings in
            settings.hub.limits.messagesPerSecond = 200
            settings.hub.limits.messagesBurst = 20
        } _: { server in
            let alice = try await server.logIn("alice")
            let everyone = try alice.everyone
            let clock = ContinuousClock()
            let start = clock.now
            let sent = try (1...120).map { _ in
                alice.send(try alice.message(to: everyone))
            }
            for correlation in sent { let _: Appended = try await alice.next(correlation: correlation) }
            #expect(clock.now - start > .milliseconds(300))
        }
    }

    @Test func `who is not logged in in time is closed`() async throws {
        let clock = MovableClock()
        try await withServer {
            $0.go(by: clock)
        } _: { server in
            let client = try await server.connect()
            let alice = try await server.logIn("alice")
            clock.move(on: .seconds(21))
            #expect(try await client.closed()?.errorCode == .timedOut)
            let _: Pong = try await alice.reply(to: Ping())
        }
    }

    @Test func `whose login the server cannot check in time is told to try again`() async throws {
        let clock = MovableClock()
        try await withServer {
            $0.go(by: clock)
        } _: { server in
            let client = try await server.connect()
            try await client.beginEndlessLogin(at: server)
            clock.move(on: .seconds(21))
            #expect(try await client.closed()?.errorCode == .busy)
        }
    }

    @Test func `a silent peer is closed and one that pings is not`() async throws {
        let clock = MovableClock()
        try await withServer {
            $0.go(by: clock)
        } _: { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await bob.subscribe()
            for _ in 0..<3 {
                clock.move(on: .seconds(25))
                let _: Pong = try await alice.reply(to: Ping())
            }
            #expect(try await bob.closed()?.errorCode == .timedOut)
            let _: Pong = try await alice.reply(to: Ping())
        }
    }

    @Test func `a peer that reads but never acknowledges is closed`() async throws {
        let clock = MovableClock()
        try await withServer {
            $0.go(by: clock)
        } _: { server in
            let (alice, bob, carol) =
                (try await server.logIn("alice"), try await server.logIn("bob"), try await server.logIn("carol"))
            try await bob.subscribe()
            try await carol.subscribe()
            _ = try await alice.append("x", to: try alice.everyone)
            _ = try await carol.entries(1)
            let _: Entry = try await bob.next()
            for _ in 0..<3 {
                for client in [alice, carol, bob] { client.send(Ping()) }
                let _: Pong = try await carol.reply(to: Ping())
                clock.move(on: .seconds(25))
            }
            #expect(try await bob.closed()?.errorCode == .timedOut)
            let _: Pong = try await carol.reply(to: Ping())
        }
    }

    @Test func `a crowd of strangers cannot lock out who logs in`() async throws {
        try await withServer {
            $0.hub.limits.unauthenticatedPerAddress = 5
        } _: { server in
            let member = try await server.logIn("alice")
            var strangers: [TestClient] = []
            for _ in 0..<12 { strangers.append(try await server.connect()) }
            let bob = try await server.logIn("bob")
            for stranger in strangers.prefix(7) {
                #expect(await eventually { stranger.closeReason != nil })
            }
            #expect(strangers.last?.closeReason == nil)
            for client in [member, bob] { let _: Pong = try await client.reply(to: Ping()) }
        }
    }

    @Test func `a crowd of strangers does not end a login that is being checked`() async throws {
        try await withServer {
            $0.hub.limits.unauthenticatedPerAddress = 5
        } _: { server in
            let client = try await server.connect()
            try await client.beginEndlessLogin(at: server)
            var strangers: [TestClient] = []
            for _ in 0..<12 { strangers.append(try await server.connect()) }
            for stranger in strangers.prefix(7) {
                #expect(await eventually { stranger.closeReason != nil })
            }
            #expect(client.closeReason == nil)
        }
    }

    @Test func `random frames end a connection and nothing else`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            for seed in 0..<40 {
                let client = seed % 2 == 0 ? try await server.connect() : try await server.logIn("mallory")
                for _ in 0..<20 {
                    let body = (0..<Int.random(in: 0...200)).map { _ in UInt8.random(in: 0...255) }
                    client.send(
                        frame: RawFrame(kind: .random(in: 0...255), correlation: .random(in: 0...9), body: body))
                }
                client.close()
            }
            let _: Pong = try await alice.reply(to: Ping())
            #expect(try await alice.append("still here", to: try alice.everyone).seq == 1)
        }
    }

    @Test func `the largest numbers that a client may send end its connection at most`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            let everyone = try alice.everyone
            let generation = try alice.welcome.generation
            func append(epoch: Epoch, kind: UInt8) -> RawFrame {
                Append(
                    conversation: everyone, id: .unique, payloadKind: kind,
                    precondition: .init(generation: generation, incarnation: .max, epoch: epoch), payload: [1]
                ).frame(correlation: 9)
            }
            func acknowledge(_ seq: SequenceNumber) -> RawFrame {
                Acknowledge(items: [.init(conversation: everyone, seq: seq, disposition: .stored)]).frame()
            }
            let hostile =
                [0, .largest].flatMap {
                    [acknowledge($0), MarkRead(conversation: everyone, seq: $0).frame()]
                } + [append(epoch: .max, kind: 1), append(epoch: 0, kind: 2), append(epoch: .max, kind: 2)]
                + [FrameKind.acknowledge, .markRead, .append].map {
                    RawFrame(kind: $0.rawValue, correlation: 9, body: [UInt8](repeating: 0xff, count: 64))
                }
            for frame in hostile {
                let mallory = try await server.logIn("mallory")
                try await mallory.subscribe()
                mallory.send(frame: frame)
                mallory.send(Ping())
                let isAnswered = await eventually {
                    mallory.closeReason != nil || mallory.waiting.contains { $0.frameKind == .pong }
                }
                #expect(isAnswered, "\(frame)")
                mallory.close()
            }
            #expect(try await alice.append("still here", to: everyone).seq == 1)
        }
    }

    @Test func `disabling an account ends its connections at once`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            let tablet = try await server.logIn("bob")
            for client in [bob, tablet] { try await client.subscribe() }
            try await server.server.hub.closeConnections(account: try bob.account)
            _ = try await alice.append("x", to: try alice.everyone)
            for client in [bob, tablet] {
                #expect(try await client.closed()?.errorCode == .accountDisabled)
                #expect(!client.waiting.contains { $0.frameKind == .entry })
            }
        }
    }

    @Test func `revoking a device ends its connections and no others`() async throws {
        try await withServer { server in
            let bob = try await server.logIn("bob")
            let tablet = try await server.logIn("bob")
            let _: Done = try await bob.reply(to: RevokeDevice(device: try tablet.device))
            #expect(try await tablet.closed()?.errorCode == .deviceRevoked)
            let correlation = bob.send(RevokeDevice(device: try bob.device))
            let _: Done = try await bob.next(correlation: correlation)
            #expect(try await bob.closed()?.errorCode == .deviceRevoked)
        }
    }
}

extension TestClient {
    /// Begins a login that is never answered.
    fileprivate func beginEndlessLogin(at server: TestServer) async throws {
        send(ClientHello(nonce: [UInt8](repeating: 1, count: 32), software: "test"))
        let name = try #require(UserName("alice"))
        send(LoginByPassword(name: name, password: Array("never".utf8), device: DeviceDescription(name: "d")))
        let loggingIn = await eventually {
            (try? await server.server.hub.value { $0.connections.sessions.values.contains { $0.stage == .loggingIn } })
                == true
        }
        #expect(loggingIn)
    }

    /// As `logIn`, where hello was said already.
    func logInAgain(_ name: String) async throws {
        let _: Welcome = try await reply(
            to: LoginByPassword(
                name: try #require(UserName(name)), password: [1], device: DeviceDescription(name: "d")))
    }
}

extension Server.Settings {
    fileprivate mutating func go(by clock: MovableClock) {
        now = { clock.now }
        hub.loginTimeout = HubSettings().loginTimeout
        hub.sweepInterval = .milliseconds(20)
    }
}
