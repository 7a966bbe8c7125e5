import Glibc
import MLS
import WireCodec

/// CPU time of what members do, beside the primitives that cannot be saved, and bytes on the wire.
struct Bench {
    private var generator = SeededGenerator(seed: 1)
    private let suite = CipherSuite.x25519Aes128GcmSha256Ed25519
    private let judge = VectorJudge()
    private let now: UInt64 = 1_800_000_000

    static func run() throws {
        var bench = Bench()
        try bench.messages()
        for size in [2, 100, 1_000] { try bench.commits(size, merged: false) }
        for size in [100, 1_000] { try bench.commits(size, merged: true) }
    }

    /// Microseconds of this process's CPU that `body` took, the median of `rounds` runs of `count` each.
    private func measure(_ count: Int, rounds: Int = 5, _ body: () throws -> Void) rethrows -> Double {
        var times: [Double] = []
        for _ in 0..<rounds {
            let start = cpuTime()
            for _ in 0..<count { try body() }
            times.append((cpuTime() - start) / Double(count))
        }
        return times.sorted()[rounds / 2]
    }

    private func cpuTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    private func report(_ name: String, _ value: Double, _ rest: String = "") {
        let text = String((value * 10).rounded() / 10)
        Interop.write("\(name): \(text) us\(rest)\n", to: 1)
    }

    private mutating func identity(_ name: Int) throws -> MemberIdentity {
        MemberIdentity(
            credential: .basic(identity: [UInt8](repeating: UInt8(name & 255), count: 32)),
            signatureKey: try SignatureKeyPair(suite: suite, using: &generator))
    }

    private mutating func keyPackage(_ name: Int) throws -> KeyPackageSecrets {
        let lifetime = Lifetime(notBefore: now - 60, notAfter: now + 86_400)
        return try KeyPackage.create(suite: suite, identity: identity(name), lifetime: lifetime, using: &generator)
    }

    private mutating func create() throws -> Group {
        try Group.create(
            groupId: randomBytes(16, using: &generator), suite: suite, identity: identity(0),
            lifetime: Lifetime(notBefore: now - 60, notAfter: now + 86_400), judge: judge, using: &generator)
    }

    // MARK: Messages

    private mutating func messages() throws {
        var alice = try create()
        let own = try keyPackage(1)
        let commit = try alice.commit(CommitOptions([.add(own.keyPackage)]), now: now, judge: judge, using: &generator)
        try alice.mergePending()
        guard case .welcome(let welcome)? = commit.welcome?.body else { return }
        var bob = try Group.join(welcome, with: own, now: now, judge: judge)
        for size in [64, 1_024] {
            let data = [UInt8](repeating: 1, count: size)
            let floor = try floor(alice.context.encoded, size)
            var sent: [MLSMessage] = []
            var random = generator
            let protect = try measure(400) { sent.append(try alice.send(data, using: &random)) }
            let wire = sent[0].encoded.count
            report("protect \(size) B", protect, ", floor \(Int(floor.protect)), \(wire) B on the wire")
            var place = 0
            let open = try measure(400) {
                _ = try bob.open(sent[place])
                place += 1
            }
            report("open \(size) B", open, ", floor \(Int(floor.open))")
        }
    }

    /// The primitives of one message: a signature, two AEADs, six expansions (key, nonce and next secret; key and nonce of the
    /// sender data; none saved).
    private mutating func floor(_ context: [UInt8], _ size: Int) throws -> (protect: Double, open: Double) {
        let algorithms = try suite.algorithms()
        let pair = try algorithms.generateSignatureKey(using: &generator)
        let content = [UInt8](repeating: 1, count: size + context.count + 60)
        let signature = try algorithms.sign(content, label: "FramedContentTBS", key: pair.privateKey)
        let sign = try measure(400) {
            _ = try algorithms.sign(content, label: "FramedContentTBS", key: pair.privateKey)
        }
        let verify = measure(400) {
            _ = algorithms.verify(signature, content, label: "FramedContentTBS", key: pair.publicKey)
        }
        let secret = Secret(randomBytes(32, using: &generator))
        let expand = measure(400) { _ = algorithms.expand(secret, label: "key", context: [0, 0, 0, 0], length: 16) }
        let key = Secret(randomBytes(16, using: &generator))
        let nonce = randomBytes(12, using: &generator)
        let plaintext = [UInt8](repeating: 1, count: size + 70)
        let sealed = try algorithms.seal(plaintext, key: key, nonce: nonce, aad: nonce)
        let seal = try measure(400) {
            _ = try algorithms.seal(plaintext, key: key, nonce: nonce, aad: nonce)
            _ = try algorithms.seal(nonce, key: key, nonce: nonce, aad: nonce)
        }
        let small = try algorithms.seal(nonce, key: key, nonce: nonce, aad: nonce)
        let open = measure(400) {
            _ = algorithms.open(sealed, key: key, nonce: nonce, aad: nonce)
            _ = algorithms.open(small, key: key, nonce: nonce, aad: nonce)
        }
        return (sign + 5 * expand + seal, verify + 5 * expand + open)
    }

    // MARK: Commits

    /// A group of `size`, with two members here. Merged: each member has committed once, so that nobody is unmerged.
    private mutating func group(_ size: Int, merged: Bool) throws -> (Group, Group, joining: Double, welcome: Int) {
        var founder = try create()
        if merged {
            var last = founder
            var joining = 0.0
            var bytes = 0
            for name in 1..<size {
                let own = try keyPackage(name)
                let commit = try last.commit(
                    CommitOptions([.add(own.keyPackage)]), now: now, judge: judge, using: &generator)
                guard case .welcome(let welcome)? = commit.welcome?.body else { throw VectorFailure("no Welcome") }
                if name > 1 { try process(commit.message, &founder) } else { try last.mergePending() }
                if name == 1 { founder = last }
                let start = cpuTime()
                last = try Group.join(welcome, with: own, now: now, judge: judge)
                joining = cpuTime() - start
                bytes = welcome.wireBytes.count
            }
            return (founder, last, joining, bytes)
        }
        var secrets: [KeyPackageSecrets] = []
        for name in 1..<size { secrets.append(try keyPackage(name)) }
        let commit = try founder.commit(
            CommitOptions(secrets.map { .add($0.keyPackage) }), now: now, judge: judge, using: &generator)
        try founder.mergePending()
        guard case .welcome(let welcome)? = commit.welcome?.body else { throw VectorFailure("no Welcome") }
        let joining = try measure(1, rounds: 3) {
            _ = try Group.join(welcome, with: secrets[0], now: now, judge: judge)
        }
        let other = try Group.join(welcome, with: secrets[0], now: now, judge: judge)
        return (founder, other, joining, welcome.wireBytes.count)
    }

    private func process(_ message: MLSMessage, _ group: inout Group) throws {
        guard case .commit(let commit) = try group.open(message) else { throw VectorFailure("no commit") }
        try group.merge(try group.stage(commit, now: now, judge: judge))
    }

    private mutating func commits(_ size: Int, merged: Bool) throws {
        let state = merged ? "merged" : "fresh"
        let (one, other, joining, welcome) = try group(size, merged: merged)
        report("join \(size) \(state)", joining, ", Welcome \(welcome) B, tree \(one.ratchetTree.encoded.count) B")
        var random = generator
        var messages: [MLSMessage] = []
        let commit = try measure(1) {
            var copy = one
            messages.append(try copy.commit(now: now, judge: judge, using: &random).message)
        }
        report("commit \(size) \(state)", commit, ", \(messages[0].encoded.count) B")
        let processing = try measure(1) {
            var copy = other
            try process(messages[0], &copy)
        }
        report("process \(size) \(state)", processing)
        let follower = try PublicGroup(try one.groupInfo(), now: now, judge: judge)
        let following = try measure(1) {
            guard case .commit(let commit) = try follower.open(messages[0]) else { return }
            _ = try follower.stage(commit, now: now, judge: judge)
        }
        report("follow \(size) \(state)", following)
    }
}
