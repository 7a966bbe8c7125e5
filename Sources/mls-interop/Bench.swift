import Glibc
import MLS
import System
import TestSupport
import WireCodec

/// CPU time of what members do, beside the primitives that cannot be saved, and bytes on the wire: a table for the README.
struct Bench {
    var generator = SeededGenerator(seed: 1)
    let suite = CipherSuite.x25519Aes128GcmSha256Ed25519
    private let judge = VectorJudge()
    private let now: UInt64 = 1_800_000_000
    let costs: PrimitiveCosts

    private init() throws { costs = try PrimitiveCosts(suite, using: &generator) }

    static func run() throws {
        var bench = try Bench()
        Interop.write(
            """
            | | µs of CPU | primitives alone | × | bytes | another's |
            |---|---|---|---|---|---|

            """, to: 1)
        try bench.messages()
        for size in [2, 100, 1_000] { try bench.commits(size, merged: false) }
        for size in [100, 1_000] { try bench.commits(size, merged: true) }
        for size in [2, 1_000] { try bench.judging(size) }
        Interop.write("\n" + bench.costs.text + "\n", to: 1)
    }

    /// One line. `others` are bytes that another implementation sends for the same.
    func row(_ name: String, _ value: Double, floor: Double, bytes: Int? = nil, others: String = "") {
        let ratio = Double(Int(value / floor * 100 + 0.5)) / 100
        let cells = [name, text(value), text(floor), "\(ratio)", bytes.map { "\($0)" } ?? "", others]
        Interop.write("| " + cells.joined(separator: " | ") + " |\n", to: 1)
    }

    private func text(_ value: Double) -> String {
        value < 1_000 ? "\(Double(Int(value * 10 + 0.5)) / 10)" : "\(Int(value + 0.5))"
    }

    // MARK: Groups

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

    private func process(_ message: MLSMessage, _ group: inout Group) throws {
        guard case .commit(let commit) = try group.open(message) else { throw VectorFailure("no commit") }
        try group.merge(try group.stage(commit, now: now, judge: judge))
    }

    // MARK: Messages

    private mutating func messages() throws {
        var alice = try create()
        let own = try keyPackage(1)
        let commit = try alice.commit(CommitOptions([.add(own.keyPackage)]), now: now, judge: judge, using: &generator)
        try alice.mergePending()
        guard case .welcome(let welcome)? = commit.welcome?.body else { return }
        var bob = try Group.join(welcome, with: own, now: now, judge: judge)
        for (size, name) in [(64, "64 B"), (1_024, "1 KiB")] {
            let data = [UInt8](repeating: 1, count: size)
            let floor = try costs.message(alice.context.encoded.count + size, data: size, using: &generator)
            var sent: [MLSMessage] = []
            var random = generator
            let protect = try measure(400) { sent.append(try alice.send(data, using: &random)) }
            row(
                "protect \(name)", protect, floor: floor.protect, bytes: sent[0].encoded.count, others: "\(size + 145)")
            var place = 0
            let open = try measure(400) {
                _ = try bob.open(sent[place])
                place += 1
            }
            row("open \(name)", open, floor: floor.open)
        }
    }

    // MARK: Commits

    /// A group with two members here: its founder, and who joined last (merged) or first (fresh).
    private struct Pair {
        var founder: Group
        var other: Group
        let welcome: Welcome
        let secrets: KeyPackageSecrets
    }

    /// Merged: each member has committed once, so that nobody is unmerged.
    private mutating func group(_ size: Int, merged: Bool) throws -> Pair {
        var founder = try create()
        if merged {
            var last = founder
            var found: (Welcome, KeyPackageSecrets)?
            for name in 1..<size {
                let own = try keyPackage(name)
                let commit = try last.commit(
                    CommitOptions([.add(own.keyPackage)]), now: now, judge: judge, using: &generator)
                guard case .welcome(let welcome)? = commit.welcome?.body else { throw VectorFailure("no Welcome") }
                if name > 1 { try process(commit.message, &founder) } else { try last.mergePending() }
                if name == 1 { founder = last }
                last = try Group.join(welcome, with: own, now: now, judge: judge)
                found = (welcome, own)
            }
            guard let (welcome, own) = found else { throw VectorFailure("a group of one") }
            return Pair(founder: founder, other: last, welcome: welcome, secrets: own)
        }
        var secrets: [KeyPackageSecrets] = []
        for name in 1..<size { secrets.append(try keyPackage(name)) }
        let commit = try founder.commit(
            CommitOptions(secrets.map { .add($0.keyPackage) }), now: now, judge: judge, using: &generator)
        try founder.mergePending()
        guard case .welcome(let welcome)? = commit.welcome?.body else { throw VectorFailure("no Welcome") }
        let other = try Group.join(welcome, with: secrets[0], now: now, judge: judge)
        return Pair(founder: founder, other: other, welcome: welcome, secrets: secrets[0])
    }

    private mutating func commits(_ size: Int, merged: Bool) throws {
        let pair = try group(size, merged: merged)
        let name = size == 2 ? "2 members" : "\(size) members, \(merged ? "merged" : "fresh")"
        let tree = pair.founder.ratchetTree.encoded.count
        if size > 2 {
            let joining = try measure {
                _ = try Group.join(pair.welcome, with: pair.secrets, now: now, judge: judge)
            }
            let others = size == 100 ? "24 to 32 kB" : "240 to 325 kB"
            row("join, \(name) (bytes: the tree)", joining, floor: costs.join(size), bytes: tree, others: others)
        }
        var random = generator
        var messages: [MLSMessage] = []
        let commit = try measure {
            var copy = pair.founder
            messages.append(try copy.commit(now: now, judge: judge, using: &random).message)
        }
        let message = messages[0]
        let (nodes, ciphertexts) = shape(message)
        let bytes = message.encoded.count
        row(
            "commit, \(name)", commit, floor: costs.commit(nodes: nodes, ciphertexts: ciphertexts, bytes: bytes),
            bytes: bytes, others: Self.others[Key(size: size, merged: merged)] ?? "")
        let processing = try measure {
            var copy = pair.other
            try process(message, &copy)
        }
        row("process, \(name)", processing, floor: costs.process(nodes: nodes, bytes: bytes))
        let follower = try PublicGroup(try pair.founder.groupInfo(), now: now, judge: judge)
        let following = try measure {
            guard case .commit(let commit) = try follower.open(message) else { return }
            _ = try follower.stage(commit, now: now, judge: judge)
        }
        row("follow, \(name)", following, floor: costs.follow(nodes: nodes, bytes: bytes))
    }

    private struct Key: Hashable {
        let size: Int
        let merged: Bool
    }

    /// What another implementation's commits weigh.
    private static let others = [
        Key(size: 2, merged: false): "550", Key(size: 100, merged: false): "8800",
        Key(size: 1_000, merged: false): "83000", Key(size: 100, merged: true): "1260",
        Key(size: 1_000, merged: true): "1380",
    ]

    /// How many nodes a commit's path has, and how many ciphertexts.
    func shape(_ message: MLSMessage) -> (nodes: Int, ciphertexts: Int) {
        guard case .publicMessage(let framed) = message.body, case .commit(let commit) = framed.content.body else {
            return (0, 0)
        }
        let nodes = commit.path?.nodes ?? []
        return (nodes.count, nodes.reduce(0) { $0 + $1.encryptedPathSecret.count })
    }
}

/// Microseconds of this process's CPU that `body` takes, the median of five runs of some 20 ms each.
func measure(_ body: () throws -> Void) rethrows -> Double {
    let once = try measure(1, rounds: 1, body)
    return try measure(max(1, Int(20_000 / max(once, 1))), body)
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
    Double(SystemClock.processorNanoseconds) / 1e3
}

/// What the primitives cost, one by one, and what RFC 9420 asks for of them.
struct PrimitiveCosts {
    private let algorithms: Algorithms
    private let sign: Double
    private let verify: Double
    private let seal: Double
    private let open: Double
    /// DeriveKeyPair with the secret that it takes.
    private let keyPair: Double
    private let expand: Double
    /// Of 300 bytes: a leaf in the tree hash.
    private let digest: Double
    /// Hashing one byte of many.
    private let byte: Double

    init(_ suite: CipherSuite, using generator: inout SeededGenerator) throws {
        let algorithms = try suite.algorithms()
        self.algorithms = algorithms
        let signer = try algorithms.generateSignatureKey(using: &generator)
        let content = [UInt8](repeating: 1, count: 400)
        let signature = try algorithms.sign(content, label: "LeafNodeTBS", key: signer.privateKey)
        sign = try measure(400) { _ = try algorithms.sign(content, label: "LeafNodeTBS", key: signer.privateKey) }
        verify = measure(400) {
            _ = algorithms.verify(signature, content, label: "LeafNodeTBS", key: signer.publicKey)
        }
        let pair = try algorithms.generateKeyPair(using: &generator)
        let secret = randomBytes(32, using: &generator)
        let context = [UInt8](repeating: 2, count: 150)
        let sealed = try algorithms.encrypt(secret, to: pair.publicKey, label: "UpdatePathNode", context: context)
        seal = try measure(200) {
            _ = try algorithms.encrypt(secret, to: pair.publicKey, label: "UpdatePathNode", context: context)
        }
        open = try measure(200) {
            _ = try algorithms.decrypt(sealed, with: pair.privateKey, label: "UpdatePathNode", context: context)
        }
        let seed = Secret(secret)
        expand = measure(1_000) { _ = algorithms.expand(seed, label: "node", context: [0, 0, 0, 0]) }
        keyPair = try measure(400) { _ = try algorithms.deriveKeyPair(algorithms.derive(seed, "node")) }
        let leaf = [UInt8](repeating: 3, count: 300)
        digest = measure(1_000) { _ = algorithms.digest(leaf) }
        let long = [UInt8](repeating: 3, count: 1 << 16)
        byte = measure(50) { _ = algorithms.digest(long) } / Double(long.count)
    }

    var text: String {
        func one(_ value: Double) -> String { "\(Double(Int(value * 10 + 0.5)) / 10)" }
        return """
            Primitives, µs: sign \(one(sign)), verify \(one(verify)), HPKE seal \(one(seal)) and open \(one(open)), key \
            pair \(one(keyPair)), expand \(one(expand)), hash of 300 B \(one(digest)).
            """
    }

    /// A signature, two AEADs, five expansions: key, nonce and next secret; key and nonce of the sender data.
    func message(
        _ signed: Int, data: Int, using generator: inout SeededGenerator
    ) throws -> (protect: Double, open: Double) {
        let pair = try algorithms.generateSignatureKey(using: &generator)
        let content = [UInt8](repeating: 1, count: signed + 60)
        let signature = try algorithms.sign(content, label: "FramedContentTBS", key: pair.privateKey)
        let sign = try measure(400) {
            _ = try algorithms.sign(content, label: "FramedContentTBS", key: pair.privateKey)
        }
        let verify = measure(400) {
            _ = algorithms.verify(signature, content, label: "FramedContentTBS", key: pair.publicKey)
        }
        let key = Secret(randomBytes(16, using: &generator))
        let nonce = randomBytes(12, using: &generator)
        let plaintext = [UInt8](repeating: 1, count: data + 70)
        let sealed = try algorithms.seal(plaintext, key: key, nonce: nonce, aad: nonce)
        let small = try algorithms.seal(nonce, key: key, nonce: nonce, aad: nonce)
        let seal = try measure(400) {
            _ = try algorithms.seal(plaintext, key: key, nonce: nonce, aad: nonce)
            _ = try algorithms.seal(nonce, key: key, nonce: nonce, aad: nonce)
        }
        let open = measure(400) {
            _ = algorithms.open(sealed, key: key, nonce: nonce, aad: nonce)
            _ = algorithms.open(small, key: key, nonce: nonce, aad: nonce)
        }
        return (sign + 5 * expand + seal, verify + 5 * expand + open)
    }

    /// The key schedule, the own ratchets and the transcript: about as many expansions and hashes in each epoch.
    private var epoch: Double { 20 * expand + 3 * digest }

    /// Two signatures (leaf, message), a key pair a node and one for the leaf, a ciphertext a receiver, two hashes a level; the
    /// message is hashed by its signature, its tag and the transcript.
    func commit(nodes: Int, ciphertexts: Int, bytes: Int) -> Double {
        3 * Double(bytes) * byte + 2 * sign + Double(nodes + 1) * keyPair + Double(nodes) * expand + Double(ciphertexts)
            * seal
            + Double(2 * nodes) * digest + epoch
    }

    /// Two verifications, one decryption, at most a key pair a node.
    func process(nodes: Int, bytes: Int) -> Double {
        3 * Double(bytes) * byte + 2 * verify + open + Double(nodes) * keyPair + Double(nodes) * expand + Double(
            2 * nodes) * digest + epoch
    }

    /// As a member, without tag and secrets.
    func follow(nodes: Int, bytes: Int) -> Double {
        2 * Double(bytes) * byte + 2 * verify + Double(2 * nodes) * digest
    }

    /// A verification a member, and a hash a node.
    func join(_ members: Int) -> Double {
        Double(members + 1) * verify + open + Double(2 * members) * digest + epoch
    }
}
