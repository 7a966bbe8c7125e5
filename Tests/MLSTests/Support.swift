import TestSupport
import Testing

@testable import MLS

/// The time at which all tests take place, in seconds since 1970.
let testTime: UInt64 = 1_800_000_000
let testLifetime = Lifetime(notBefore: testTime - 3_600, notAfter: testTime + 86_400)

/// Allows what the protocol allows, other credentials too.
struct Lenient: Judge {
    func maySucceed(_ old: Credential, _ new: Credential) -> Bool { true }
}

/// A client: an identity and key packages of its own.
struct Client {
    let name: String
    var identity: MemberIdentity
    let suite: CipherSuite

    init(
        _ name: String, suite: CipherSuite = .x25519Aes128GcmSha256Ed25519, capabilities: Capabilities = Capabilities(),
        extensions: [MLS.Extension] = [], using generator: inout SeededGenerator
    ) throws {
        self.name = name
        self.suite = suite
        identity = MemberIdentity(
            credential: .basic(identity: Array(name.utf8)),
            signatureKey: try SignatureKeyPair(suite: suite, using: &generator), capabilities: capabilities,
            extensions: try Extensions(extensions))
    }

    func keyPackage(
        lifetime: Lifetime = testLifetime, using generator: inout SeededGenerator
    ) throws -> KeyPackageSecrets {
        try KeyPackage.create(suite: suite, identity: identity, lifetime: lifetime, using: &generator)
    }
}

/// A group with several members in one process, with a follower beside them: what is committed is processed by all.
struct TestGroup {
    var generator: SeededGenerator
    var clients: [Client]
    var groups: [Group]
    var follower: PublicGroup
    let suite: CipherSuite

    init(
        _ size: Int, suite: CipherSuite = .x25519Aes128GcmSha256Ed25519, extensions: [MLS.Extension] = [],
        capabilities: Capabilities = Capabilities(), seed: UInt64 = 1, joining: Int = .max
    ) throws {
        self.suite = suite
        generator = SeededGenerator(seed: seed)
        let creator = try Client("0", suite: suite, capabilities: capabilities, using: &generator)
        let group = try Group.create(
            groupId: [1, 2, 3], suite: suite, identity: creator.identity, extensions: try Extensions(extensions),
            lifetime: testLifetime, judge: AcceptAll(), using: &generator)
        clients = [creator]
        groups = [group]
        follower = try PublicGroup(try group.groupInfo(), now: testTime, judge: AcceptAll())
        if size > 1 { try add(size - 1, capabilities: capabilities, joining: joining) }
    }

    /// Adds members, all in one commit; only the first `joining` of them live here too.
    mutating func add(
        _ count: Int, by committer: Int = 0, capabilities: Capabilities = Capabilities(), joining: Int = .max
    ) throws {
        var secrets: [KeyPackageSecrets] = []
        for _ in 0..<count {
            let client = try Client(
                "\(clients.count)", suite: suite, capabilities: capabilities, using: &generator)
            clients.append(client)
            secrets.append(try client.keyPackage(using: &generator))
        }
        let welcome = try commit(CommitOptions(secrets.map { .add($0.keyPackage) }), by: committer)
        guard case .welcome(let welcome)? = welcome?.body else { throw TestFailure("no Welcome") }
        for own in secrets.prefix(joining) {
            groups.append(try Group.join(welcome, with: own, now: testTime, judge: AcceptAll()))
        }
    }

    /// One member commits, all others and the follower process. Returns the Welcome.
    @discardableResult
    mutating func commit(
        _ options: CommitOptions = CommitOptions(), by committer: Int = 0,
        psks: PreSharedKeys = PreSharedKeys()
    ) throws -> MLSMessage? {
        let pending = try groups[committer].commit(
            options, psks: psks, now: testTime, judge: AcceptAll(), using: &generator)
        try deliver(pending.message, except: committer, psks: psks)
        try groups[committer].mergePending()
        return pending.welcome
    }

    /// Everybody but `except` processes a commit; the follower too if it is public.
    mutating func deliver(_ message: MLSMessage, except: Int?, psks: PreSharedKeys = PreSharedKeys()) throws {
        for index in groups.indices where index != except && groups[index].status == .active {
            try groups[index].process(message, psks: psks)
        }
        if message.wireFormat == .publicMessage { try follower.process(message) }
    }

    /// Everybody agrees on what an epoch is.
    func expectAgreement(_ location: SourceLocation = #_sourceLocation) throws {
        let active = groups.filter { $0.status != .removed }
        let first = try #require(active.first)
        for group in active.dropFirst() {
            #expect(group.epochAuthenticator == first.epochAuthenticator, sourceLocation: location)
            #expect(group.context == first.context, sourceLocation: location)
        }
        #expect(follower.context == first.context, sourceLocation: location)
    }
}

struct TestFailure: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

extension Group {
    /// Opens a handshake message and applies or keeps it.
    mutating func process(
        _ message: MLSMessage, psks: PreSharedKeys = PreSharedKeys(), judge: some Judge = AcceptAll()
    ) throws(MLSError) {
        switch try open(message) {
        case .commit(let commit): try merge(try stage(commit, psks: psks, now: testTime, judge: judge))
        case .proposal(let proposal): try cache(proposal)
        case .ownCommit: try mergePending()
        case .application: throw MLSError(.wrongWireFormat, "an application message")
        }
    }

    mutating func read(_ message: MLSMessage) throws -> ApplicationMessage {
        guard case .application(let content) = try open(message) else { throw TestFailure("no application message") }
        return content
    }
}

extension PublicGroup {
    mutating func process(_ message: MLSMessage, judge: some Judge = AcceptAll()) throws(MLSError) {
        switch try open(message) {
        case .commit(let commit): try merge(try stage(commit, now: testTime, judge: judge))
        case .proposal(let proposal): try cache(proposal)
        case .application, .ownCommit: throw MLSError(.wrongWireFormat)
        }
    }
}

/// Expects that `body` is refused, and by which check.
func expectRefusal(
    _ check: Check, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    do {
        try body()
        Issue.record("not refused, expected \(check)", sourceLocation: location)
    } catch let error as MLSError {
        #expect(error.check == check, "\(error)", sourceLocation: location)
    } catch {
        Issue.record("another error: \(error)", sourceLocation: location)
    }
}
