import ChatProtocol
import TestSupport
import Testing
import WireCodec

@testable import ChatServer

/// What connections of devices that wait may do, and what becomes of those whose device is another by now.
@Suite(.endsWhatItStarts) struct WaitingTests {
    /// Gives an account a chain, in which its device stands: the store looks into no link.
    private func beginChain(_ server: TestServer, _ client: TestClient) async throws {
        let step = ChainStep(
            account: try client.account, before: .none, link: [1], hash: [UInt8](repeating: 1, count: 32),
            signer: try client.device, instance: 0, effect: .create(try client.device))
        _ = try await server.store.publish(step)
    }

    private func use(_ file: DeviceID, of alice: TestClient, key: UInt8, renewal: [UInt8]) throws -> LoginByIdentity {
        func registration(_ purpose: KeyPurpose, _ key: UInt8) -> KeyRegistration {
            KeyRegistration(
                purpose: purpose, algorithm: .ed25519, publicKey: [UInt8](repeating: key, count: 32),
                proof: [UInt8](repeating: 0, count: 64))
        }
        return LoginByIdentity(
            account: try alice.account, device: file, enrol: registration(.enrol, 9),
            description: DeviceDescription(name: "bot", keys: [registration(.login, key)]), renewal: renewal)
    }

    private func enter(_ server: TestServer, _ request: LoginByIdentity) async throws -> (TestClient, Welcome) {
        let client = try await server.connect()
        client.send(ClientHello(nonce: [UInt8](repeating: 1, count: 32), software: "test"))
        return (client, try await client.reply(to: request))
    }

    @Test func `the former connection of an identity is ended before the newer one is welcomed`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            try await beginChain(server, alice)
            let file = DeviceID(high: 9, low: 9)
            let former = try await server.logIn("alice", device: file)
            let (newer, welcome) = try await enter(server, use(file, of: alice, key: 1, renewal: [1]))
            #expect(welcome.state == .active && welcome.device == file)
            #expect(try await former.closed()?.errorCode == .replaced)
            // The same use again, as after a lost answer, ends nothing.
            let (again, _) = try await enter(server, use(file, of: alice, key: 1, renewal: [1]))
            for client in [newer, again, alice] { let _: Pong = try await client.reply(to: Ping()) }
        }
    }

    @Test func `a renewal that was taken is answered the next time, though the server was busy`() async throws {
        try await withServer(change: { $0.hub.limits.connectionsPerAccount = 1 }) { server in
            let alice = try await server.logIn("alice")
            try await beginChain(server, alice)
            let file = DeviceID(high: 9, low: 9)
            let request = try use(file, of: alice, key: 1, renewal: [1])
            let busy = try await server.connect()
            busy.send(ClientHello(nonce: [UInt8](repeating: 1, count: 32), software: "test"))
            let refusal: Failure = try await busy.reply(to: request)
            #expect(refusal.errorCode == .busy)
            let account = try alice.account
            #expect(try await server.store.chain(of: account, from: 0, limit: 9)?.renewals == [[1]])
            alice.close()
            let isGone = await eventually {
                (try? await server.server.hub.value { $0.connections.sessions(of: account).isEmpty }) == true
            }
            #expect(isGone)
            #expect(try await enter(server, request).1.device == file)
        }
    }

    @Test func `a connection that waits may ask only for what ends its waiting`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            try await beginChain(server, alice)
            let phone = try await server.logIn("alice")
            #expect(try phone.welcome.state == .pending)
            let everyone = try phone.everyone
            func refusal(_ request: some FrameBody) async throws -> ErrorCode? {
                try await phone.reply(Failure.self, to: request).errorCode
            }
            #expect(try await refusal(Subscribe(options: [])) == .devicePending)
            #expect(try await refusal(Append(conversation: everyone, id: .unique, payload: [1])) == .devicePending)
            #expect(try await refusal(OpenConversation(with: #require(UserName("bob")))) == .devicePending)
            #expect(try await refusal(RevokeDevice(device: alice.device)) == .devicePending)
            #expect(try await refusal(RenameDevice(device: alice.device, name: "x")) == .devicePending)
            let _: Pong = try await phone.reply(to: Ping())
            let page: ChainPage = try await phone.reply(to: ReadChain(account: alice.account, from: 0))
            #expect(page.links == [[1]])
            // Where it stands, it is active as soon as it is added.
            let _: ChainState = try await alice.reply(to: PublishLink(link: phone.device.wireBytes, password: []))
            let _: KeysChanged = try await phone.next()
            try await phone.subscribe()
        }
    }

    @Test func `news of a chain goes to subscribed partners, and to nobody else`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            let bob = try await server.logIn("bob")
            let carol = try await server.logIn("carol")
            let oneShot = try await server.logIn("bob")
            try await beginChain(server, alice)
            let _: Conversations = try await bob.reply(to: OpenConversation(with: #require(UserName("alice"))))
            try await bob.subscribe()
            try await carol.subscribe()
            let state: ChainState = try await alice.reply(
                to: PublishLink(link: DeviceID(high: 9, low: 9).wireBytes, password: []))
            let news: KeysChanged = try await bob.next()
            #expect(try news.account == alice.account && news.head == state.head)
            for other in [carol, oneShot] {
                let _: Pong = try await other.reply(to: Ping())
                #expect(!other.waiting.contains { $0.kind == KeysChanged.kind.rawValue })
            }
        }
    }

    @Test func `who looks by an identity file is made active by no link`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            try await beginChain(server, alice)
            let file = DeviceID(high: 9, low: 9)
            let (looking, look) = try await enter(server, use(file, of: alice, key: 1, renewal: []))
            #expect(look.state == .pending && look.chain.count == 1)
            let _: ChainState = try await alice.reply(to: PublishLink(link: file.wireBytes, password: []))
            let refusal: Failure = try await looking.reply(to: Subscribe(options: []))
            #expect(refusal.errorCode == .devicePending)
        }
    }

    @Test func `a device is cut off before it is told to whom had it suspended`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice", enters: false)
            try await beginChain(server, alice)
            let phone = try await server.logIn("alice", enters: false)
            let _: Done = try await phone.reply(to: SuspendDevice(device: alice.device, password: [1]))
            #expect(try await alice.closed()?.errorCode == .deviceRevoked)
            let devices = try await server.store.devices(of: try phone.account)
            #expect(devices.first { $0.state == .suspended } != nil)
            let _: Pong = try await phone.reply(to: Ping())
        }
    }
}
