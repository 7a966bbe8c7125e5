import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatServer

/// A device that is connected, with its keys and, where it is in one, its group: what a client will be.
struct GroupMember {
    /// What goes with a commit, and the group as it is when the server has taken it.
    struct Prepared {
        var founding: [UInt8] = []
        var handshake: [UInt8]
        var info: [UInt8]
        var welcome: [UInt8] = []
        var next: Group
    }

    static let lifetime = Lifetime(notBefore: 1, notAfter: 2)

    let client: TestClient
    let hello: ChatProtocol.Welcome
    var account: TestAccount
    let judge: GroupJudge
    var generator: SeededGenerator
    var group: Group?
    var position: ConversationPosition?

    var device: DeviceID { hello.device }

    /// The first device of an account.
    init(_ name: String, on server: TestServer, seed: UInt64) async throws {
        let client = try await server.logIn(name, enters: false)
        let hello = try client.welcome
        let place = AccountPlace(server: hello.server, account: hello.account.id)
        try self.init(client, TestAccount(name, seed: seed, at: place, device: hello.device), seed: seed)
    }

    /// A further device of an account, which the first one has added to the chain.
    init(another: inout GroupMember, on server: TestServer, seed: UInt64) async throws {
        let client = try await server.logIn(another.account.name.text, enters: false)
        _ = try another.account.add(as: client.device)
        try self.init(client, another.account, seed: seed)
    }

    private init(_ client: TestClient, _ account: TestAccount, seed: UInt64) throws {
        self.client = client
        self.account = account
        hello = try client.welcome
        judge = GroupJudge(server: hello.server, groupKey: SignaturePublicKey(hello.groupKey))
        generator = SeededGenerator(seed: seed &+ 1_000)
    }

    var identity: MemberIdentity { get throws { try account.identity(device) } }

    func direct(
        with other: GroupMember, incarnation: UInt32 = 0, previous: GroupPolicy.Previous? = nil
    ) -> GroupPolicy {
        .direct(account.party, other.account.party, on: hello.server, incarnation: incarnation, previous: previous)
    }

    // MARK: Rooms

    /// Makes a room, of which it is the admin.
    func makeRoom(_ name: String) async throws -> ConversationID {
        let made: Rooms = try await client.reply(to: CreateRoom(id: .unique, name: try #require(UserName(name))))
        return try #require(made.rooms.first).conversation
    }

    func policy(
        of room: ConversationID, name: String = "ops", admins: [Party]? = nil, access: GroupPolicy.Access = .closed,
        incarnation: UInt32 = 0, previous: GroupPolicy.Previous? = nil
    ) throws -> GroupPolicy {
        GroupPolicy(
            server: hello.server, group: GroupName(conversation: room, incarnation: incarnation),
            kind: .room(
                GroupPolicy.Room(
                    name: try #require(RoomName(name)), admins: admins ?? [account.party], adders: .admins,
                    access: access)), previous: previous)
    }

    /// Reads the log and takes what it does not know.
    mutating func catchUp(in conversation: ConversationID) async throws {
        let page: LogPage = try await client.reply(to: ReadLog(conversation: conversation, after: 0))
        for entry in page.entries where !page.hashed.contains(entry.seq) {
            guard try MLSMessage(decoding: entry.payload).epoch == group?.epoch else { continue }
            try take(entry)
        }
    }

    mutating func keyPackage() throws -> KeyPackageSecrets {
        try KeyPackage.create(
            suite: .x25519Aes128GcmSha256Ed25519, identity: identity, lifetime: Self.lifetime, using: &generator)
    }

    // MARK: Preparing

    mutating func founding(_ policy: GroupPolicy, adding packages: [KeyPackage] = []) throws -> Prepared {
        try founding(policy, adding: packages, judge: judge)
    }

    /// - Parameter judge: of a program that was changed, where it is another one than everybody's.
    mutating func founding(
        _ policy: GroupPolicy, adding packages: [KeyPackage] = [], judge: some Judge
    ) throws -> Prepared {
        var group = try Group.create(
            groupId: policy.group.groupId, suite: .x25519Aes128GcmSha256Ed25519, identity: identity,
            extensions: try policy.extensions(groupKey: self.judge.groupKey), lifetime: Self.lifetime, judge: judge,
            using: &generator)
        let founding = try group.groupInfo().encoded
        var prepared = try commit(packages.map { .add($0) }, to: &group, judge: judge)
        prepared.founding = founding
        return prepared
    }

    mutating func commit(_ proposals: [Proposal] = [], note: CommitNote? = nil) throws -> Prepared {
        var group = try #require(group)
        return try commit(proposals, note: note, to: &group, judge: judge)
    }

    private mutating func commit(
        _ proposals: [Proposal], note: CommitNote? = nil, to group: inout Group, judge: some Judge
    ) throws -> Prepared {
        var options = CommitOptions(proposals)
        options.authenticatedData = note?.authenticatedData ?? []
        let pending = try group.commit(options, now: GroupJudge.now, judge: judge, using: &generator)
        let info = try #require(try pending.groupInfo())
        try group.mergePending()
        return Prepared(
            handshake: pending.message.encoded, info: info.encoded, welcome: pending.welcome?.encoded ?? [], next: group
        )
    }

    /// An external commit to the group as the server describes it.
    mutating func joining(_ part: GroupPart, removing leaf: LeafIndex? = nil) throws -> Prepared {
        var options = ExternalJoinOptions()
        options.removing = leaf
        let (group, commit) = try Group.joinExternally(
            try GroupInfo(decoding: part.groupInfo), tree: try ExportedRatchetTree(decoding: part.tree),
            identity: identity, options: options, now: GroupJudge.now, judge: judge, using: &generator)
        return Prepared(
            handshake: commit.encoded, info: try group.groupInfo(withTree: false).encoded, next: group)
    }

    // MARK: Asking

    @discardableResult
    mutating func found(_ prepared: Prepared, _ policy: GroupPolicy, id: MessageID = .unique) async throws -> Appended {
        let done: Appended = try await client.reply(
            to: FoundGroup(
                conversation: policy.group.conversation, id: id, founding: prepared.founding,
                handshake: prepared.handshake, groupInfo: prepared.info, welcome: prepared.welcome))
        (group, position) = (prepared.next, done.position)
        return done
    }

    @discardableResult
    mutating func send(
        _ prepared: Prepared, at position: ConversationPosition? = nil, id: MessageID = .unique,
        to conversation: ConversationID? = nil
    ) async throws -> Appended {
        let conversation = try conversation ?? #require(self.conversation)
        let position = try #require(position ?? self.position)
        let done: Appended = try await client.reply(
            to: ChatProtocol.Commit(
                conversation: conversation, id: id, position: position, handshake: prepared.handshake,
                groupInfo: prepared.info, welcome: prepared.welcome))
        (group, self.position) = (prepared.next, done.position)
        return done
    }

    var conversation: ConversationID? { group.flatMap { GroupName(groupId: $0.groupId) }?.conversation }

    /// Takes the Welcome that waits, and enters.
    mutating func enter(_ conversation: ConversationID, with package: KeyPackageSecrets) async throws {
        let part: WelcomePart = try await client.reply(to: ReadWelcome(conversation: conversation, request: .unique))
        guard case .welcome(let welcome) = try MLSMessage(decoding: part.welcome).body else {
            throw TestFailure("no Welcome")
        }
        let group = try Group.join(welcome, with: package, now: GroupJudge.now, judge: judge)
        self.group = group
        position = ConversationPosition(
            generation: hello.generation, incarnation: try #require(GroupName(groupId: group.groupId)).incarnation,
            epoch: Epoch(group.epoch))
    }

    /// Joins from outside.
    @discardableResult
    mutating func join(_ conversation: ConversationID) async throws -> Appended {
        let part: GroupPart = try await client.reply(to: ReadGroup(conversation: conversation))
        return try await send(try joining(part), at: part.position, to: conversation)
    }

    mutating func message(_ text: String) async throws -> Appended {
        var sealing = try #require(group)
        let sealed = try sealing.send(Array(text.utf8), using: &generator)
        group = sealing
        return try await client.reply(
            to: Append(
                conversation: try #require(conversation), id: .unique, payloadKind: PayloadKind.message.rawValue,
                precondition: position, payload: sealed.encoded))
    }

    /// Opens an entry, and merges it where it is a commit.
    @discardableResult
    mutating func take(_ entry: Entry) throws -> String? {
        var group = try #require(group)
        defer { self.group = group }
        switch try group.open(try MLSMessage(decoding: entry.payload)) {
        case .application(let message): return String(decoding: message.data, as: UTF8.self)
        case .proposal(let proposal): try group.cache(proposal)
        case .commit(let commit):
            try group.merge(try group.stage(commit, now: GroupJudge.now, judge: judge))
            position?.epoch = Epoch(group.epoch)
        case .ownCommit: throw TestFailure("its own commit")
        }
        return nil
    }
}

/// What the server refuses by; nil where it does not.
func failure(_ body: () async throws -> Void) async throws -> Failure? {
    do {
        try await body()
        return nil
    } catch let failure as Failure { return failure }
}

/// Two accounts, their direct conversation, and nobody in it yet.
struct GroupScene {
    var alice: GroupMember
    var bob: GroupMember
    let dm: ConversationID

    init(_ server: TestServer) async throws {
        alice = try await GroupMember("alice", on: server, seed: 1)
        bob = try await GroupMember("bob", on: server, seed: 2)
        dm = try await alice.client.open(with: "bob")
    }

    /// Alice founds it, and bob enters.
    mutating func found() async throws {
        let package = try bob.keyPackage()
        let policy = alice.direct(with: bob)
        try await alice.found(try alice.founding(policy, adding: [package.keyPackage]), policy)
        try await bob.enter(dm, with: package)
    }
}
