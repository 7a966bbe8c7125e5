import ChatProtocol
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import GroupRules

/// A group whose members and follower have the one judge; whoever commits may leave it out.
struct RulesGroup {
    static let groupKey: SignatureKeyPair? = {
        var generator = SeededGenerator(seed: 77)
        return try? generator.pair()
    }()

    var generator = SeededGenerator(seed: 5)
    let judge: GroupJudge
    let groupKey: SignatureKeyPair
    var groups: [Group]
    var follower: PublicGroup

    /// A lifetime that everybody would refuse who looked at it (J9).
    static let lifetime = Lifetime(notBefore: 1, notAfter: 2)

    init(_ policy: GroupPolicy, founder: MemberIdentity, extensions: Extensions? = nil) throws {
        guard let key = Self.groupKey else { throw TestFailure("no group key") }
        groupKey = key
        judge = GroupJudge(server: TestAccount.server, groupKey: key.publicKey)
        let group = try Self.found(policy, founder, key: key, judge: judge, extensions, using: &generator)
        groups = [group]
        follower = try PublicGroup(try group.groupInfo(), now: GroupJudge.now, judge: judge)
    }

    static func found(
        _ policy: GroupPolicy, _ founder: MemberIdentity, key: SignatureKeyPair, judge: some Judge,
        _ extensions: Extensions? = nil, using generator: inout SeededGenerator
    ) throws -> Group {
        try Group.create(
            groupId: policy.group.groupId, suite: .x25519Aes128GcmSha256Ed25519, identity: founder,
            extensions: try extensions ?? policy.extensions(groupKey: key.publicKey), lifetime: lifetime, judge: judge,
            using: &generator)
    }

    mutating func keyPackage(_ identity: MemberIdentity) throws -> KeyPackageSecrets {
        try KeyPackage.create(
            suite: .x25519Aes128GcmSha256Ed25519, identity: identity, lifetime: Self.lifetime, using: &generator)
    }

    /// An honest commit, which everybody takes.
    mutating func commit(_ proposals: [Proposal] = [], by member: Int = 0, note: CommitNote? = nil) throws {
        var options = CommitOptions(proposals)
        options.authenticatedData = note?.authenticatedData ?? []
        let pending = try groups[member].commit(options, now: GroupJudge.now, judge: judge, using: &generator)
        try groups[member].mergePending()
        try deliver(pending.message, except: member)
    }

    mutating func deliver(_ message: MLSMessage, except member: Int?) throws {
        for index in groups.indices where index != member && groups[index].status == .active {
            try groups[index].process(message, judge: judge)
        }
        try follower.process(message, judge: judge)
    }

    /// Adds devices by one commit; all of them live here.
    mutating func add(_ identities: [MemberIdentity], by member: Int = 0) throws {
        let packages = try identities.map { try keyPackage($0) }
        let options = CommitOptions(packages.map { .add($0.keyPackage) })
        let pending = try groups[member].commit(options, now: GroupJudge.now, judge: judge, using: &generator)
        try groups[member].mergePending()
        try deliver(pending.message, except: member)
        guard case .welcome(let welcome)? = pending.welcome?.body else { throw TestFailure("no Welcome") }
        for own in packages { groups.append(try Group.join(welcome, with: own, now: GroupJudge.now, judge: judge)) }
    }

    /// Joins from outside; everybody takes it.
    mutating func join(_ identity: MemberIdentity, removing leaf: LeafIndex? = nil) throws {
        let (group, commit) = try external(identity, removing: leaf, judge: judge)
        try deliver(commit, except: nil)
        groups.append(group)
    }

    mutating func external(
        _ identity: MemberIdentity, removing leaf: LeafIndex? = nil, note: CommitNote? = nil, judge: some Judge
    ) throws -> (group: Group, commit: MLSMessage) {
        var options = ExternalJoinOptions()
        options.removing = leaf
        options.authenticatedData = note?.authenticatedData ?? []
        return try Group.joinExternally(
            try groups[0].groupInfo(), identity: identity, options: options, now: GroupJudge.now, judge: judge,
            using: &generator)
    }

    /// The server's Remove, which everybody keeps.
    mutating func serverRemoves(_ leaf: LeafIndex) throws {
        try deliver(
            try ExternalProposal.make(.remove(leaf), context: follower.context, index: 0, key: groupKey), except: nil)
    }

    /// Expects that a commit, made by somebody whose program has no judge, is refused by its maker's own judge, where it has one, by
    /// every member and by the follower alike, by this rule, and that nothing has changed.
    mutating func expectRefusal(
        _ rule: Rule, of proposals: [Proposal], by member: Int = 0, note: CommitNote? = nil, data: [UInt8]? = nil,
        newIdentity: MemberIdentity? = nil, _ location: SourceLocation = #_sourceLocation
    ) throws {
        var options = CommitOptions(proposals)
        options.authenticatedData = data ?? note?.authenticatedData ?? []
        options.newIdentity = newIdentity
        var copy = groups[member]
        let hostile = try copy.commit(options, now: GroupJudge.now, judge: Anything(), using: &generator)
        if newIdentity == nil {
            expectJudged(rule, location) {
                var honest = groups[member]
                _ = try honest.commit(options, now: GroupJudge.now, judge: judge, using: &generator)
            }
        }
        expectRefusal(rule, of: hostile.message, except: member, location)
    }

    mutating func expectRefusal(
        _ rule: Rule, of message: MLSMessage, except member: Int?, _ location: SourceLocation = #_sourceLocation
    ) {
        for index in groups.indices where index != member && groups[index].status == .active {
            let epoch = groups[index].epoch
            expectJudged(rule, location) { try groups[index].process(message, judge: judge) }
            #expect(groups[index].epoch == epoch, sourceLocation: location)
        }
        expectJudged(rule, location) { try follower.process(message, judge: judge) }
    }
}

/// Whoever changed their program: allows all, other credentials too.
struct Anything: Judge {
    func maySucceed(_ old: Credential, _ new: Credential) -> Bool { true }
}

extension Group {
    mutating func process(_ message: MLSMessage, judge: some Judge) throws {
        switch try open(message) {
        case .commit(let commit): try merge(try stage(commit, now: GroupJudge.now, judge: judge))
        case .proposal(let proposal): try cache(proposal)
        case .application, .ownCommit: throw TestFailure("another message")
        }
    }
}

extension PublicGroup {
    mutating func process(_ message: MLSMessage, judge: some Judge) throws {
        switch try open(message) {
        case .commit(let commit): try merge(try stage(commit, now: GroupJudge.now, judge: judge))
        case .proposal(let proposal): try cache(proposal)
        case .application, .ownCommit: throw TestFailure("another message")
        }
    }
}

/// Three accounts and the policies between them.
struct TestWorld {
    var ann: TestAccount
    var bob: TestAccount
    var eve: TestAccount

    init() throws {
        ann = try TestAccount("ann", seed: 1)
        bob = try TestAccount("bob", seed: 2)
        eve = try TestAccount("eve", seed: 3)
    }

    func room(
        admins: [Party]? = nil, adders: GroupPolicy.Adders = .admins, access: GroupPolicy.Access = .closed,
        name: String = "ops", conversation: UInt64 = 7, incarnation: UInt32 = 0
    ) throws -> GroupPolicy {
        guard let name = RoomName(name) else { throw TestFailure("no name") }
        let group = GroupName(
            conversation: ConversationID(high: conversation, low: 0), incarnation: incarnation)
        return GroupPolicy(
            server: TestAccount.server, group: group,
            kind: .room(.init(name: name, admins: admins ?? [ann.party], adders: adders, access: access)))
    }

    func everyone() -> GroupPolicy {
        GroupPolicy(
            server: TestAccount.server,
            group: GroupName(conversation: ConversationID(high: 1, low: 1), incarnation: 0), kind: .everyone)
    }

    func direct() -> GroupPolicy { .direct(ann.party, bob.party, on: TestAccount.server) }
}

/// Expects a refusal by the judge, which names the rule.
func expectJudged(_ rule: Rule, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
    do {
        try body()
        Issue.record("not refused, expected \(rule)", sourceLocation: location)
    } catch let error as MLSError {
        let judged: [Check] = [.leafRefused, .commitRefused, .treeRefused, .externalSenderRefused]
        #expect(
            judged.contains(error.check) && error.detail.hasPrefix(rule.rawValue + " "), "\(error)",
            sourceLocation: location)
    } catch {
        Issue.record("another error: \(error)", sourceLocation: location)
    }
}
