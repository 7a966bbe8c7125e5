import ChatProtocol
import NIOCore
import NIOPosix
import RulesSupport
import Synchronization
import TestSupport
import Testing
import Transport

@testable import ChatClient

/// A server that says what a test wants it to say, over real TLS, and writes down what it hears.
final class ScriptedServer: Sendable {
    /// What it does with a frame, on its event loop.
    typealias Script = @Sendable (ScriptedServer, FrameConnection, RawFrame) -> Void

    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    static let id = TestAccount.server
    static let generation = StoreGeneration(high: 8, low: 8)

    let address: ServerAddress
    private let listener: Listener
    private let heard = Mutex<[RawFrame]>([])
    private let accepted = Mutex(0)

    private init(address: ServerAddress, listener: Listener) {
        self.address = address
        self.listener = listener
    }

    /// What it has heard, of all connections.
    var frames: [RawFrame] { heard.withLock { $0 } }
    var kinds: [FrameKind] { frames.compactMap(\.frameKind) }
    func bodies<Body: FrameBody>(_ type: Body.Type = Body.self) -> [Body] {
        frames.filter { $0.kind == Body.kind.rawValue }.compactMap { try? $0.decode(Body.self) }
    }
    /// How many connections it has taken.
    var connections: Int { accepted.withLock { $0 } }

    private final class Acceptor: ListenerDelegate, FrameConnectionDelegate {
        weak var server: ScriptedServer?
        let hello: @Sendable (FrameConnection) -> Void
        let script: Script

        init(hello: @escaping @Sendable (FrameConnection) -> Void, script: @escaping Script) {
            self.hello = hello
            self.script = script
        }

        func listenerDidAccept(_ connection: FrameConnection) -> (any FrameConnectionDelegate)? { self }
        func connectionDidOpen(_ connection: FrameConnection) {
            server?.accepted.withLock { $0 += 1 }
            connection.setFrameLimit(Limits.frame)
            hello(connection)
        }
        func connection(_ connection: FrameConnection, didReceive frame: RawFrame) {
            guard let server else { return }
            server.heard.withLock { $0.append(frame) }
            script(server, connection, frame)
        }
        func connectionReadComplete(_ connection: FrameConnection) {}
        func connectionDidBecomeWritable(_ connection: FrameConnection) {}
        func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {}
    }

    /// Says hello and follows the script.
    static func start(_ script: @escaping Script = { $0.behave($1, $2) }) async throws -> ScriptedServer {
        try await start(greeting: { $0.send(ScriptedServer.hello()) }, script: script)
    }

    /// Greets in its own way, and behaves from then on.
    static func start(
        greeting: @escaping @Sendable (FrameConnection) -> Void, script: Script? = nil
    ) async throws -> ScriptedServer {
        let script = script ?? { $0.behave($1, $2) }
        let identity = try TestServer.identity.get()
        let loop = group.next()
        let acceptor = try await loop.submit {
            NIOLoopBound(Acceptor(hello: greeting, script: script), eventLoop: loop)
        }.get()
        let listener = try await loop.flatSubmit {
            do {
                return Listener.bind(
                    [NetworkAddress(host: "127.0.0.1", port: 0)], on: TransportLoop(loop),
                    identity: try ServerIdentityBox(identity), delegate: acceptor.value)
            } catch { return loop.makeFailedFuture(error) }
        }.get()
        let address = try #require(ServerAddress("127.0.0.1:\(listener.addresses[0].port)"))
        let server = ScriptedServer(address: address, listener: listener)
        try await loop.submit { acceptor.value.server = server }.get()
        Endings.add { await server.stop() }
        return server
    }

    func stop() async { try? await listener.close().get() }

    static func hello(version: UInt16 = 0, server: ServerID = id) -> ServerHello {
        ServerHello(
            version: version, server: server, nonce: Array(repeating: 0, count: 32), time: WallClock.now,
            software: "scripted")
    }

    static func welcome(generation: StoreGeneration = generation) -> Welcome {
        Welcome(
            account: AccountRecord(id: alice, name: aliceName, displayName: "Alice"), device: .init(high: 3, low: 3),
            deviceName: "laptop", server: id, generation: generation, everyone: everyone, time: WallClock.now,
            chain: ChainHead(count: 1, hash: [UInt8](repeating: 1, count: ChainHead.hashBytes)),
            groupKey: (try? ScriptedGroup.shared.get())?.groupKey ?? [],
            keyPackages: KeyPackageStanding(left: 20, hasLastResort: true))
    }

    static let aliceName: UserName = {
        guard let name = UserName("alice") else { preconditionFailure("a test's own name") }
        return name
    }()

    /// Answers as a server does, as far as a script does not.
    func behave(_ connection: FrameConnection, _ frame: RawFrame) {
        switch frame.frameKind {
        case .loginByDevice: connection.send(Self.welcome(), frame.correlation)
        case .subscribe:
            connection.send(Done(), frame.correlation)
            connection.send(Live(time: WallClock.now))
        case .append:
            guard let append = try? frame.decode(Append.self) else { return }
            connection.send(Self.appended(append, seq: 1), frame.correlation)
        case .listAccounts: connection.send(AccountPage(accounts: [], more: false), frame.correlation)
        case .lookUpAccounts, .changeBlocks: connection.send(Accounts(accounts: []), frame.correlation)
        case .lookUpConversations: connection.send(Conversations(conversations: []), frame.correlation)
        case .readChain:
            guard let read = try? frame.decode(ReadChain.self) else { return }
            connection.send(ChainPage(account: read.account, head: .none, from: read.from), frame.correlation)
        case .readLog: connection.send(Failure(.noSuchConversation), frame.correlation)
        case .ping: connection.send(Pong(time: WallClock.now), frame.correlation)
        default: break
        }
    }

    static func appended(_ append: Append, seq: SequenceNumber) -> Appended {
        Appended(
            conversation: append.conversation, id: append.id, seq: seq, time: WallClock.now,
            digest: SHA256.hash(append.payload),
            position: ConversationPosition(generation: generation, epoch: 0), duplicate: false)
    }

    /// Alice, who is logged in at this server, is in everyone's group, and knows bob.
    func person() async throws -> Person {
        let person = try Person("alice", at: address)
        try await person.client().becomeAlice(at: address)
        return person
    }
}

extension FrameConnection {
    func send(_ body: some FrameBody, _ correlation: UInt32 = 0) {
        write(ByteBuffer(bytes: body.frame(correlation: correlation).wireBytes))
    }
}

extension Client {
    fileprivate func becomeAlice(at address: ServerAddress) throws {
        try onProfile { try $0.create() }
        let key = try SigningKey()
        try store { store in
            try store.write {
                try store.setIdentity(
                    Identity(
                        account: ChatClientTests.alice, name: ScriptedServer.aliceName, displayName: "Alice",
                        device: .init(high: 3, low: 3), deviceName: "laptop", loginKey: key.rawRepresentation,
                        standing: .active, address: address, server: ScriptedServer.id,
                        generation: ScriptedServer.generation, everyone: everyone))
                guard let bobName = UserName("bob") else { return }
                let records = [
                    AccountRecord(id: ChatClientTests.alice, name: ScriptedServer.aliceName, displayName: "Alice"),
                    AccountRecord(id: bob, name: bobName, displayName: "Bob"),
                ]
                try store.remember(records, now: 1)
                try store.remember(everyone, type: .everyone, peer: nil)
                try store.remember(withBob, type: .direct, peer: bob)
                try ScriptedGroup.shared.get().enter(store)
                // Bob has no chain, and that is known.
                try store.noteLook(at: bob, now: WallClock.now)
            }
        }
    }
}
