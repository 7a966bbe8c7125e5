import ChatProtocol
import ChatServer
import GroupRules
import MLS
import RulesSupport
import TestSupport

/// Puts accounts and groups into the store of a server that has ended, as the server itself would: what it takes to make a
/// thousand members is not what is measured.
struct GroupFoundry {
    static let suite = CipherSuite.x25519Aes128GcmSha256Ed25519
    private static let lifetime = Lifetime(notBefore: 1, notAfter: 2)

    let store: SQLiteStore
    private let authority: GroupAuthority
    private let identity: StoreIdentity
    var generator: SeededGenerator

    /// - Parameter seed: another one each time, since identifiers are made of it.
    init(_ path: String, seed: UInt64) async throws {
        var settings = SQLiteStore.Settings(path: path, fresh: nil)
        settings.synchronous = .off
        settings.isServing = false
        store = try await SQLiteStore.open(settings)
        identity = try await store.identity()
        let key = try await store.groupKey(orKeep: [])
        guard let authority = GroupAuthority(server: identity.server, key: key) else {
            throw Child.Failed(description: "the store has no key for groups")
        }
        self.authority = authority
        generator = SeededGenerator(seed: seed)
    }

    private var judge: GroupJudge {
        GroupJudge(server: identity.server, groupKey: SignaturePublicKey(authority.publicKey))
    }

    // MARK: Accounts

    /// The keys of an account that the server has.
    func account(_ known: Credentials, seed: UInt64) throws -> TestAccount {
        try TestAccount(
            known.name.text, seed: seed, at: AccountPlace(server: identity.server, account: known.account),
            device: known.device)
    }

    /// Accounts that never log in, with a device each.
    mutating func people(_ count: Int, named name: String) async throws -> [TestAccount] {
        let people = try (0..<count).map { try person("\(name)\($0)") }
        for person in people { try await register(person) }
        return people
    }

    func register(_ person: TestAccount) async throws {
        let record = AccountRecord(id: person.place.account, name: person.name, displayName: "")
        let device = NewDevice(id: person.first, name: "bench", keys: [])
        try await store.register(
            StoredAccount(record: record, passwordHash: "", created: 1), device: device, invite: nil)
    }

    // Apart from the registration: the compiler cannot split a function that waits and makes accounts in one loop.
    mutating func person(_ name: String) throws -> TestAccount {
        let place = AccountPlace(server: identity.server, account: generator.identifier())
        return try TestAccount(name, seed: generator.next(), at: place)
    }

    // MARK: Groups

    /// A room whose members came as in a real one: by 64 at a time, added by one of those who came last.
    mutating func room(_ name: String, of members: [TestAccount]) async throws -> FoundedGroup {
        guard let founder = members.first, let name = RoomName(name) else { throw Child.Failed(description: "no room") }
        let account = founder.place.account
        let id = ConversationID.room(name, madeBy: account, request: generator.identifier(), on: identity.server)
        _ = try await store.settle([.openRoom(id, name, by: account)])
        let policy = GroupPolicy(
            server: identity.server, group: GroupName(conversation: id, incarnation: 0),
            kind: .room(
                GroupPolicy.Room(name: name, admins: [founder.party], adders: .members, access: .closed)))
        var facts = FoundingFacts()
        facts.roomName = name
        return try await found(policy, ConversationInfo(id: id, audience: .room), facts, members)
    }

    mutating func direct(_ one: TestAccount, _ other: TestAccount) async throws -> FoundedGroup {
        let (a, b) = (one.place.account, other.place.account)
        let id = ConversationID.direct(a, b, on: identity.server)
        _ = try await store.settle([.openDirect(a, b, as: id)])
        let info = ConversationInfo(id: id, audience: .direct(min(a, b), max(a, b)))
        let policy = GroupPolicy.direct(one.party, other.party, on: identity.server)
        return try await found(policy, info, FoundingFacts(), [one, other])
    }

    private mutating func found(
        _ policy: GroupPolicy, _ conversation: ConversationInfo, _ facts: FoundingFacts, _ members: [TestAccount]
    ) async throws -> FoundedGroup {
        var founder = try Group.create(
            groupId: policy.group.groupId, suite: Self.suite, identity: members[0].identity(),
            extensions: try policy.extensions(groupKey: judge.groupKey), lifetime: Self.lifetime, judge: judge,
            using: &generator)
        let founding = try founder.groupInfo().encoded
        var (committer, author, follower) = (founder, members[0], GroupFollower?.none)
        var (left, newcomer) = (members.dropFirst(), Newcomer?.none)
        repeat {
            let next = Array(left.prefix(Limits.addsPerCommit))
            left = left.dropFirst(next.count)
            let packages = try next.map { try package(of: $0) }
            let pending = try committer.commit(
                CommitOptions(packages.map { .add($0.keyPackage) }), now: GroupJudge.now, judge: judge,
                using: &generator)
            guard let info = try pending.groupInfo() else { throw Child.Failed(description: "no GroupInfo") }
            var handshake = GroupHandshake(
                conversation: conversation,
                author: DeviceReader(account: author.place.account, device: author.first),
                commit: pending.message.encoded, groupInfo: info.encoded, welcome: pending.welcome?.encoded ?? [])
            if let before = follower {
                follower = try await keep(try before.judge(handshake, by: authority), handshake, after: before.mark)
            } else {
                handshake.founding = founding
                let ruling = try GroupFollower.found(handshake, after: nil, facts, by: authority)
                follower = try await keep(ruling, handshake, after: .none)
            }
            if author.first == members[0].first {
                try founder = Self.merged(committer)
            } else if case .commit(let commit) = try founder.open(pending.message) {
                try founder.merge(try founder.stage(commit, now: GroupJudge.now, judge: judge))
            }
            guard let last = next.last, let own = packages.last, case .welcome(let welcome)? = pending.welcome?.body
            else { break }
            newcomer = Newcomer(welcome: welcome, package: own, judge: judge)
            guard !left.isEmpty, let joined = try newcomer?.join() else { break }
            (committer, author) = (joined, last)
        } while true
        let mark = follower?.mark ?? .none
        return FoundedGroup(
            position: ConversationPosition(generation: identity.generation, mark), conversation: conversation.id,
            name: policy.group, group: founder, newcomer: newcomer, judge: judge,
            generator: SeededGenerator(seed: generator.next()))
    }

    private static func merged(_ group: Group) throws -> Group {
        var group = group
        try group.mergePending()
        return group
    }

    private mutating func package(of member: TestAccount) throws -> KeyPackageSecrets {
        try KeyPackage.create(
            suite: Self.suite, identity: member.identity(), lifetime: Self.lifetime, using: &generator)
    }

    private mutating func keep(
        _ ruling: GroupRuling, _ handshake: GroupHandshake, after mark: GroupMark
    ) async throws -> GroupFollower {
        let (author, conversation) = (handshake.author, handshake.conversation.id)
        var bundle = Bundle(
            generator.identifier(), in: conversation, sender: author.account, device: author.device,
            entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: handshake.commit))
        bundle.precondition = ConversationPosition(generation: identity.generation, mark)
        ruling.apply(to: &bundle, welcome: handshake.welcome)
        let outcome = try await store.settle([.bundle(bundle)]).first
        guard case .appended? = outcome else { throw Child.Failed(description: "not founded: \(outcome as Any)") }
        return ruling.last
    }

    // MARK: Memory

    /// KiB that a follower takes when it is read from its rows, and what it counts for.
    func memory(of group: FoundedGroup, copies: Int) async throws -> (taken: Double, counted: Double) {
        var followers: [GroupFollower] = []
        func load() async throws {
            let rows = try await GroupRows.read(GroupFollower.kinds, of: group.conversation, from: store)
            followers.append(try GroupFollower.load(rows, of: group.name, by: authority))
        }
        try await load()
        let before = try ResidentMemory.bytes()
        for _ in 0..<copies { try await load() }
        let taken = Double(try ResidentMemory.bytes() - before) / Double(copies)
        return (taken / 1024, Double(followers[0].bytes) / 1024)
    }
}

/// A group that a server has, as its founder knows it.
struct FoundedGroup: Sendable {
    var position: ConversationPosition
    let conversation: ConversationID
    let name: GroupName
    private(set) var group: Group
    /// Who was added last.
    let newcomer: Newcomer?
    private let judge: GroupJudge
    private var generator: SeededGenerator

    init(
        position: ConversationPosition, conversation: ConversationID, name: GroupName, group: Group,
        newcomer: Newcomer?, judge: GroupJudge, generator: SeededGenerator
    ) {
        self.position = position
        self.conversation = conversation
        self.name = name
        self.group = group
        self.newcomer = newcomer
        self.judge = judge
        self.generator = generator
    }

    /// A commit with new keys for the founder, taken for granted.
    mutating func update() throws -> ChatProtocol.Commit {
        let pending = try group.commit(CommitOptions([]), now: GroupJudge.now, judge: judge, using: &generator)
        guard let info = try pending.groupInfo() else { throw Child.Failed(description: "no GroupInfo") }
        try group.mergePending()
        let commit = ChatProtocol.Commit(
            conversation: conversation, id: generator.identifier(), position: position,
            handshake: pending.message.encoded, groupInfo: info.encoded)
        position.epoch = Epoch(group.epoch)
        return commit
    }
}

/// Somebody who was put into a group and has not come in yet.
struct Newcomer: Sendable {
    let welcome: MLS.Welcome
    let package: KeyPackageSecrets
    let judge: GroupJudge

    func join() throws -> Group { try Group.join(welcome, with: package, now: GroupJudge.now, judge: judge) }

    /// One commit of another.
    func read(_ commit: [UInt8], into group: inout Group) throws {
        guard case .commit(let opened) = try group.open(MLSMessage(decoding: commit)) else {
            throw Child.Failed(description: "not a commit")
        }
        try group.merge(try group.stage(opened, now: GroupJudge.now, judge: judge))
    }
}
