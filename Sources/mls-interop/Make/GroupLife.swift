import MLS
import TestSupport
import WireCodec

/// A group whose members all live here, for making vectors from.
struct GroupLife {
    var generator: SeededGenerator
    let suite: CipherSuite
    private(set) var groups: [Group] = []
    let judge = VectorJudge()
    private var names = 0

    init(suite: CipherSuite, size: Int, generator: SeededGenerator) throws {
        self.generator = generator
        self.suite = suite
        let identity = try newIdentity()
        let founder = try Group.create(
            groupId: randomBytes(16, using: &self.generator), suite: suite, identity: identity,
            lifetime: Lifetime(notBefore: 0, notAfter: .max), judge: judge, using: &self.generator)
        groups = [founder]
        let others = try (1..<max(size, 1)).map { _ in try newKeyPackage() }
        if !others.isEmpty { try add(others, by: 0) }
    }

    mutating func newIdentity() throws -> MemberIdentity {
        names += 1
        return MemberIdentity(
            credential: .basic(identity: Array("member \(names)".utf8)),
            signatureKey: try SignatureKeyPair(suite: suite, using: &generator))
    }

    mutating func newKeyPackage() throws -> KeyPackageSecrets {
        let identity = try newIdentity()
        return try KeyPackage.create(
            suite: suite, identity: identity, lifetime: Lifetime(notBefore: 0, notAfter: .max), using: &generator)
    }

    mutating func roll(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &generator) }

    /// Adds members by one commit; returns its message and Welcome.
    @discardableResult
    mutating func add(
        _ secrets: [KeyPackageSecrets], by committer: Int, psks: PreSharedKeys = PreSharedKeys(),
        proposals: [Proposal] = [], joining: Bool = true
    ) throws -> (commit: MLSMessage, welcome: Welcome) {
        var options = CommitOptions(secrets.map { .add($0.keyPackage) } + proposals)
        options.forcePath = roll(2) == 0
        let pending = try commit(options, by: committer, psks: psks)
        guard case .welcome(let welcome)? = pending.welcome?.body else { throw VectorFailure("no Welcome") }
        for own in secrets where joining {
            groups.append(try Group.join(welcome, with: own, psks: psks, now: nil, judge: judge))
        }
        return (pending.message, welcome)
    }

    /// One member commits, all others follow; who was removed is gone.
    @discardableResult
    mutating func commit(
        _ options: CommitOptions = CommitOptions(), by committer: Int, psks: PreSharedKeys = PreSharedKeys()
    ) throws -> PendingCommit {
        let pending = try groups[committer].commit(options, psks: psks, now: nil, judge: judge, using: &generator)
        try groups[committer].mergePending()
        try follow(pending.message, except: committer, psks: psks)
        return pending
    }

    mutating func follow(_ message: MLSMessage, except: Int?, psks: PreSharedKeys = PreSharedKeys()) throws {
        for index in groups.indices where index != except {
            guard case .commit(let commit) = try groups[index].open(message) else { throw VectorFailure("no commit") }
            try groups[index].merge(try groups[index].stage(commit, psks: psks, now: nil, judge: judge))
        }
        groups.removeAll { $0.status == .removed }
    }

    /// A proposal reaches everybody.
    mutating func propose(_ message: MLSMessage, by sender: Int?) throws {
        for index in groups.indices where index != sender {
            guard case .proposal(let proposal) = try groups[index].open(message) else {
                throw VectorFailure("no proposal")
            }
            try groups[index].cache(proposal)
        }
    }

    mutating func update(by index: Int, framing: HandshakeFraming) throws -> MLSMessage {
        let message = try groups[index].proposeUpdate(framing: framing, using: &generator)
        try propose(message, by: index)
        return message
    }

    mutating func proposeRemoval(of leaf: LeafIndex, by index: Int, framing: HandshakeFraming) throws -> MLSMessage {
        let message = try groups[index].propose(.remove(leaf), framing: framing, using: &generator)
        try propose(message, by: index)
        return message
    }

    mutating func joinExternally() throws -> MLSMessage {
        let identity = try newIdentity()
        let helper = roll(groups.count)
        let (group, commit) = try Group.joinExternally(
            try groups[helper].groupInfo(), identity: identity, now: nil, judge: judge, using: &generator)
        try follow(commit, except: nil)
        groups.append(group)
        return commit
    }

    /// The signed content of a commit, which nobody follows.
    mutating func commitContent(by index: Int) throws -> AuthenticatedContent {
        var copy = groups[index]
        let pending = try copy.commit(now: nil, judge: judge, using: &generator)
        guard case .publicMessage(let message) = pending.message.body else { throw VectorFailure("no commit") }
        return message.authenticatedContent
    }

    /// Brings some disorder into the tree: commits from everywhere, additions without a path, removals.
    mutating func shake(_ steps: Int) throws {
        for _ in 0..<steps {
            switch roll(4) {
            case 0: try add([try newKeyPackage()], by: roll(groups.count))
            case 1 where groups.count > 3:
                let committer = roll(groups.count)
                let target = groups[(committer + 1) % groups.count].ownLeaf
                try commit(CommitOptions([.remove(target)]), by: committer)
            default: try commit(by: roll(groups.count))
            }
        }
    }
}
