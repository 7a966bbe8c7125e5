import CLISupport
import ChatProtocol
import GroupRules
import Logging
import RulesSupport
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// What goes out to bob while the server says this and that of his key.
@Suite(.endsWhatItStarts) struct KeyGateTests {
    private final class Scene: Sendable {
        let chain = Mutex<AccountChain?>(nil)
        /// Links that stand behind it, though they may not.
        let lies = Mutex<[ChainLink]>([])
        let notices = Mutex<[KeyNotice]>([])
        /// What whoever subscribes is told of keys.
        let news = Mutex<[KeysChanged]>([])
        let server: ScriptedServer
        let person: Person

        init() async throws {
            let current = Mutex<Scene?>(nil)
            let holder = Holder(current)
            server = try await ScriptedServer.start { server, connection, frame in
                if frame.frameKind == .subscribe {
                    server.behave(connection, frame)
                    for news in holder.scene.withLock({ $0?.news.withLock { $0 } }) ?? [] { connection.send(news) }
                    return
                }
                guard frame.frameKind == .readChain, let read = try? frame.decode(ReadChain.self),
                    read.account == bob, let chain = holder.scene.withLock({ $0?.chain.withLock { $0 } })
                else { return server.behave(connection, frame) }
                let links = chain.links + (holder.scene.withLock { $0?.lies.withLock { $0 } } ?? [])
                let head = ChainHead(count: UInt32(links.count), hash: links.last?.hash.bytes ?? chain.head.bytes)
                connection.send(
                    ChainPage(
                        account: read.account, head: head, from: read.from,
                        links: links.dropFirst(Int(read.from)).map(\.wireBytes)),
                    frame.correlation)
            }
            person = try await server.person()
            holder.scene.withLock { $0 = self }
        }

        /// What the server hands out from now on, and that there is news of it.
        func give(_ account: TestAccount, lies: [ChainLink] = []) async throws {
            chain.withLock { $0 = account.chain }
            self.lies.withLock { $0 = lies }
            try await client().store { store in try store.write { try store.noteWanted(bob) } }
        }

        func client(_ policy: KeyPolicy = .tofu) throws -> Client {
            var log = Logger(label: "keys")
            log.logLevel = .critical
            var settings = ClientSettings(
                paths: person.paths, profile: try #require(UserName("default")), requestedServer: server.address,
                trust: .acceptNew, connectTimeout: .patience)
            settings.keys = policy
            let client = Client(
                settings: settings,
                interaction: Interaction(noteKey: { notice in self.notices.withLock { $0.append(notice) } }), log: log)
            Endings.add { await client.close() }
            return client
        }

        /// The code with which the gate refuses a message to bob; nil where it lets it through. Behind it alice's own account has no
        /// chain here, so that no group is founded.
        func send(_ policy: KeyPolicy = .tofu, to name: String = "bob") async throws -> String? {
            let name = try #require(UserName(name))
            let message = OutgoingMessage(conversation: .user(name), body: "x", key: nil)
            let problem = try await client(policy).send([message])[0].problem
            if let problem, problem.exit == .untrusted { return problem.code }
            passages.withLock { $0 += 1 }
            return nil
        }

        private let passages = Mutex(0)
        /// How many messages were let through.
        var appends: Int { passages.withLock { $0 } }
        /// How often bob's chain was asked for.
        var reads: Int { server.bodies(ReadChain.self).count { $0.account == bob } }
        var codes: [String] { notices.withLock { $0.map(\.code) } }
    }

    private final class Holder: Sendable {
        let scene: Mutex<Scene?>
        init(_ scene: consuming Mutex<Scene?>) { self.scene = scene }
    }

    private func account(seed: UInt64 = 1) throws -> TestAccount {
        try TestAccount("bob", seed: seed, at: AccountPlace(server: ScriptedServer.id, account: bob))
    }

    @Test func `a first message pins the key and says so once, and a later one asks the server nothing`() async throws {
        let scene = try await Scene()
        try await scene.give(try account())
        #expect(try await scene.send() == nil)
        #expect(try await scene.send() == nil)
        #expect(scene.codes == ["key_pinned"])
        #expect(scene.reads == 1)
    }

    @Test func `to a changed key nothing goes out until that very one is accepted`() async throws {
        let scene = try await Scene()
        var account = try account()
        try await scene.give(account)
        #expect(try await scene.send() == nil)
        let old = AccountFingerprint(account.chain.root)
        _ = try account.reset()
        let new = AccountFingerprint(account.chain.root)
        try await scene.give(account)
        #expect(try await scene.send() == "key_changed")
        #expect(try await scene.send() == "key_changed")
        #expect(scene.appends == 1)
        let name = try #require(UserName("bob"))
        await expectRefusal(.untrusted, "key_changed") {
            guard let first = try await scene.client().verifyKeys([(name, old)]).first else { return }
            throw first
        }
        #expect(try await scene.client().acceptKey(of: name, new) == 0)
        #expect(try await scene.send() == nil)
        #expect(try await scene.send(.verified) == "unverified")
        #expect(try await scene.client().verifyKeys([(name, new)]).isEmpty)
        #expect(try await scene.send(.verified) == nil)
    }

    /// Bob is written to, and has begun his account anew since.
    private func begunAnew() async throws -> (Scene, ChainHead) {
        let scene = try await Scene()
        var account = try account()
        try await scene.give(account)
        #expect(try await scene.send() == nil)
        _ = try account.reset()
        let chain = account.chain
        scene.chain.withLock { $0 = chain }
        return (scene, ChainHead(count: chain.count, hash: chain.head.bytes))
    }

    @Test func `a lasting connection reads what it hears of, tells a change once, and believes nobody`() async throws {
        let (scene, head) = try await begunAnew()
        let invented = ChainHead(count: 9, hash: [UInt8](repeating: 9, count: ChainHead.hashBytes))
        scene.news.withLock {
            $0 = [
                KeysChanged(account: .init(high: 77, low: 77), head: head), KeysChanged(account: bob, head: head),
                KeysChanged(account: bob, head: head), KeysChanged(account: bob, head: invented),
            ]
        }
        let listener = try await scene.client().listen(ListenOptions())
        Endings.add { await listener.stop() }
        let isRead = await eventually { scene.reads == 3 }
        #expect(isRead, "once to pin, once for the news, once for the lie")
        #expect(await eventually { scene.codes == ["key_pinned", "key_changed"] })
        #expect(try await scene.send() == "key_changed")
        #expect(scene.server.bodies(ReadChain.self).allSatisfy { [bob, alice].contains($0.account) }, "of nobody else")
    }

    @Test func `a process tells a change that another one has read before it`() async throws {
        let (scene, head) = try await begunAnew()
        scene.news.withLock { $0 = [KeysChanged(account: bob, head: head)] }
        let first = try await scene.client().listen(ListenOptions())
        Endings.add { await first.stop() }
        #expect(await eventually { scene.codes == ["key_pinned", "key_changed"] })
        let second = try await scene.client().listen(ListenOptions())
        Endings.add { await second.stop() }
        #expect(await eventually { scene.codes == ["key_pinned", "key_changed", "key_changed"] })
        #expect(scene.reads == 2, "it is read once")
    }

    @Test func `a list of keys counts whole or not at all`() async throws {
        let scene = try await Scene()
        let account = try account()
        try await scene.give(account)
        #expect(try await scene.send() == nil)
        let bob = try #require(UserName("bob"))
        let zoe = try #require(UserName("zoe"))
        let other = AccountFingerprint(try self.account(seed: 2).chain.root)
        let client = try scene.client()
        #expect(try await client.verifyKeys([(zoe, other), (bob, other)]).map(\.code) == ["fingerprint_differs"])
        #expect(try await client.keys().map(\.trust) == [.tofu])
        let right = AccountFingerprint(account.chain.root)
        #expect(try await client.verifyKeys([(zoe, other), (bob, right)]).isEmpty)
        #expect(try await client.keys().map(\.trust) == [.verified, .verified])
    }

    @Test func `a chain that contradicts the held one closes the gate, is shown, and the user is met anew if accepted`()
        async throws
    {
        let scene = try await Scene()
        try await scene.give(try account())
        #expect(try await scene.send() == nil)
        try await scene.give(try account(seed: 2))
        #expect(try await scene.send() == "chain_forked")
        let client = try scene.client()
        #expect(try await client.keyChecks().map(\.status) == [.failed])
        let name = try #require(UserName("bob"))
        #expect(try await client.acceptFork(of: name) == 0)
        await expectRefusal(.unknownName) { try await client.acceptFork(of: name) }
        #expect(try await client.keyChecks().map(\.status) == [.ok])
        #expect(try await scene.send() == nil)
        #expect(scene.codes == ["key_pinned", "key_pinned"])
    }

    @Test
    func `a ghost that a revoked device has added closes the gate as long as it is told, and nothing of it is kept`()
        async throws
    {
        let scene = try await Scene()
        var account = try account()
        let phone = try account.add(.certify)
        try account.revoke(phone)
        try await scene.give(account)
        #expect(try await scene.send() == nil)
        let grant = try account.grant()
        try await scene.give(account, lies: [try account.link(.add(grant), by: phone)])
        #expect(try await scene.send() == "invalid_chain")
        #expect(scene.appends == 1)
        try await scene.give(account)
        #expect(try await scene.send() == nil)
    }

    @Test func `a revocation that was seen can neither be cut off nor replaced by what a stolen key has added`()
        async throws
    {
        var cut = try account()
        let phone = try cut.add(.certify)
        var honest = cut
        try honest.revoke(phone)
        var stolen = cut
        _ = try stolen.add(.certify, by: phone)
        for lie in [cut, stolen] {
            let scene = try await Scene()
            try await scene.give(honest)
            #expect(try await scene.send() == nil)
            try await scene.give(lie)
            #expect(try await scene.send() == "chain_forked")
            // What was said cannot be unsaid: whoever runs the server has to be asked.
            try await scene.give(honest)
            #expect(try await scene.send() == "chain_forked")
            #expect(scene.appends == 1)
            _ = try await scene.client().acceptFork(of: try #require(UserName("bob")))
            #expect(try await scene.send() == nil)
        }
    }

    @Test func `nobody who is known is passed off as somebody who is not`() async throws {
        let scene = try await Scene()
        try await scene.give(try account())
        #expect(try await scene.send() == nil)
        let admin = try #require(UserName("admin"))
        try await scene.client().store { store in
            let record = AccountRecord(id: bob, name: admin, displayName: "Admin")
            try store.write { try store.remember([record], now: 2) }
            #expect(try store.name(of: bob).text == "bob")
            #expect(try store.account(named: admin) == nil && store.conversation(with: admin) == nil)
        }
    }

    @Test func `programs act on the devices that a user has, and on nobody else`() async throws {
        let scene = try await Scene()
        var account = try account()
        let phone = try account.add()
        try account.revoke(phone)
        try await scene.give(account)
        #expect(try await scene.send() == nil)
        let doubt = { (device: DeviceID) in
            try await scene.client().store { try $0.doubt(of: bob, device: device)?.code }
        }
        #expect(try await doubt(account.first) == nil)
        #expect(try await doubt(phone) == "sender_revoked")
        #expect(try await doubt(DeviceID(high: 9, low: 9)) == "ghost_device")
        _ = try account.reset()
        try await scene.give(account)
        #expect(try await scene.send() == "key_changed")
        #expect(try await doubt(account.first) == "key_changed")
    }
}
