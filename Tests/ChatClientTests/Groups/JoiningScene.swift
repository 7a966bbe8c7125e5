import CLISupport
import ChatProtocol
import GroupRules
import MLS
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// A wire that loses the answer to the first request of a kind, which the server has acted on.
final class LosingWire: GroupWire {
    private let base: any GroupWire
    private let kind: FrameKind
    /// It never comes to the server.
    private let isRequest: Bool
    private let hasLost = Mutex(false)

    init(_ base: any GroupWire, losing kind: FrameKind, isRequest: Bool = false) {
        self.base = base
        self.kind = kind
        self.isRequest = isRequest
    }

    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        if isRequest, Body.kind == kind { throw Problem(.unreachable, "the request is lost") }
        let reply: Reply = try await base.ask(body)
        let isLost = hasLost.withLock { hasLost in
            defer { hasLost = hasLost || Body.kind == kind }
            return Body.kind == kind && !hasLost
        }
        if isLost { throw Problem(.unreachable, "the answer is lost") }
        return reply
    }
}

/// A wire on which the server gives other key packages than it has.
final class LyingWire: GroupWire {
    private let base: any GroupWire
    private let lie: @Sendable (KeyPackages) -> [DeviceKeyPackage]

    init(_ base: any GroupWire, _ lie: @escaping @Sendable (KeyPackages) -> [DeviceKeyPackage]) {
        self.base = base
        self.lie = lie
    }

    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        let reply: Reply = try await base.ask(body)
        guard var packages = reply as? KeyPackages else { return reply }
        packages.packages = lie(packages)
        return packages as? Reply ?? reply
    }
}

/// A client's store, with an opener of its own.
final class TestDoor: GroupDoor {
    private let client: Client
    private let opener: Mutex<Opener>

    init(_ client: Client, _ judge: GroupJudge) {
        self.client = client
        opener = Mutex(Opener(judge: judge))
    }

    func withStore<Value: Sendable>(_ body: @Sendable (ClientStore) throws -> Value) async throws(Problem) -> Value {
        try await client.withStore(body)
    }

    func withOpener<Value: Sendable>(
        _ body: @Sendable (inout Opener, ClientStore) throws -> Value
    ) async throws(Problem) -> Value {
        try await client.withStore { store in try opener.withLock { try body(&$0, store) } }
    }

    func caughtUp(by entries: Int) async {}
}

extension Client {
    func joiner(on link: ChatClient.Link) async throws -> Joiner {
        let welcome = try await link.welcome()
        let judge = GroupJudge(server: welcome.server, groupKey: SignaturePublicKey(welcome.groupKey))
        return try await joiner(on: link, through: TestDoor(self, judge))
    }

    /// It can open no commit of others any more.
    func losesPrivateKeys() async throws {
        try await withStore { store in
            try store.write {
                try store.database.run("DELETE FROM group_rows WHERE kind = ?", Int(RowKind.privateKey.rawValue))
            }
        }
    }
}

/// Somebody's device at a direct conversation: a process of its own.
struct Joining {
    let client: Client
    let link: ChatClient.Link
    let joiner: Joiner
    let conversation: ConversationID
    let peer: Joiner.Peer

    /// - Parameter wire: what stands before the connection.
    init(
        _ person: Person, with other: Person, wire: (any GroupWire) -> any GroupWire = { $0 }
    ) async throws {
        let client = try person.client()
        let link = try await client.loggedInLink().0
        let opened = try await ConversationBook(store: client.profile).open(.user(other.name), on: link)
        let made = try await client.joiner(on: link)
        self.client = client
        self.link = link
        joiner = Joiner(
            place: made.place, store: made.store, wire: wire(link), gate: made.gate, log: made.log,
            refresh: made.refresh)
        conversation = opened.id
        peer = Joiner.Peer(account: try #require(opened.recipient), name: other.name)
    }

    init(_ person: Person, with other: Person, losing kind: FrameKind) async throws {
        try await self.init(person, with: other) { LosingWire($0, losing: kind) }
    }

    func enter(after refusal: ErrorCode? = nil) async throws -> GroupMark {
        try await joiner.enter(conversation, as: .direct(peer), after: refusal)
    }

    @discardableResult
    func commit(_ wish: CommitWish) async throws -> GroupMark {
        try await joiner.commit(wish, to: conversation, as: .direct(peer))
    }

    /// Seals a message and sends it.
    func writes(_ body: String, _ number: UInt64) async throws {
        let (conversation, id) = (conversation, MessageID(high: 5, low: number))
        let append = try await client.withStore { store -> Append? in
            guard let identity = try store.identity() else { return nil }
            var generator = SystemRandomNumberGenerator()
            let message = UnsealedMessage(
                conversation: conversation, id: id, content: Content(body: body, sent: WallClock.now))
            let outcome = try Sealer(store: store, identity: identity) { _, _ in .open }
                .seal([message], using: &generator)
            guard case .append(let append)? = outcome.first else { return nil }
            return append
        }
        let done: Appended = try await link.request(try #require(append))
        try await joiner.store.withOpener { opener, store in
            guard let identity = try store.identity() else { return }
            _ = try opener.acknowledged(done, in: store, as: identity, now: WallClock.now)
        }
    }

    /// What a reader finds, in the order of the log.
    func bodies() async throws -> [String] {
        let conversation = conversation
        return try await client.withStore { store in
            try store.database.all(
                """
                SELECT e.body FROM entries e JOIN conversations c ON c.number = e.conversation
                WHERE c.id = ? AND e.body IS NOT NULL ORDER BY e.seq
                """, conversation
            ) { $0.text(0) }
        }
    }

    /// What the gate of the group says, to whom a person knows.
    func passage() async throws -> KeyGate.Passage {
        let (conversation, peer) = (conversation, peer)
        return try await client.withStore { store in
            try store.write {
                _ = try store.noteTold(peer.account)
                return try GroupGate(gate: .plain).look(at: conversation, in: store, now: WallClock.now)
            }
        }
    }

    /// The key of its leaf that others encrypt to.
    func leafKey() async throws -> HPKEPublicKey {
        let (conversation, judge) = (conversation, joiner.place.judge)
        let key = try await client.withStore { store -> HPKEPublicKey? in
            // Another process of the profile may write meanwhile.
            try store.read { () throws -> HPKEPublicKey? in
                guard let standing = try store.groupStanding(of: conversation) else { return nil }
                let group = try Group.load(standing.group.groupId, from: store.groupRows, judge: judge)
                return group.member(group.ownLeaf)?.encryptionKey
            }
        }
        return try #require(key)
    }

    /// What its store holds.
    struct View: Equatable, Sendable {
        var context: [UInt8]
        var devices: Set<DeviceID>
        var standing: GroupStanding
        var isWaiting: Bool
        var packages: Int
    }

    func view() async throws -> View {
        let (conversation, judge) = (conversation, joiner.place.judge)
        let view = try await client.withStore { store -> View? in
            // Another process of the profile may write meanwhile.
            try store.read { () throws -> View? in
                guard let standing = try store.groupStanding(of: conversation) else { return nil }
                let group = try Group.load(standing.group.groupId, from: store.groupRows, judge: judge)
                let staged = try store.stagedGroupRows.row(RowKey(groupId: standing.group.groupId, kind: .head))
                return View(
                    context: group.context.encoded,
                    devices: Set(group.members.compactMap { try? DeviceCredential($0.leaf.credential).device }),
                    standing: standing,
                    isWaiting: try store.waitingCommit(of: conversation) != nil || staged != nil,
                    packages: try store.database.first(
                        "SELECT count(*) FROM key_packages WHERE is_last_resort = 0"
                    ) { $0.int(0) } ?? 0)
            }
        }
        return try #require(view)
    }
}

extension Client {
    /// Connects, and returns when the server has key packages of this device.
    nonisolated func leavesPackages() async throws {
        let isDone = try await eventually {
            _ = try await self.loggedInLink()
            await self.settle()
            return try await self.withStore { store in
                try store.database.first("SELECT count(*) FROM key_packages WHERE waits = 0") { $0.int(0) } ?? 0
            } > 0
        }
        #expect(isDone)
    }
}
