import Testing

@testable import MLS

/// What a group keeps.
@Suite struct BehaviourTests {
    @Test
    func `our own commit may not present somebody else, and nothing is sent that nobody would decode`() throws {
        var team = try TestGroup(2)
        var options = CommitOptions()
        var identity = team.clients[0].identity
        identity.credential = .basic(identity: [66])
        options.newIdentity = identity
        expectRefusal(.identityChanged) { try team.commit(options) }
        identity.credential = .other(type: CredentialType(rawValue: 77), content: [])
        options.newIdentity = identity
        expectRefusal(.credentialNotSupported) {
            _ = try team.groups[0].commit(options, now: testTime, judge: Lenient(), using: &team.generator)
        }
        let large = [UInt8](repeating: 0, count: Limits.messageBytes)
        expectRefusal(.limitExceeded) { _ = try team.groups[0].send(large, using: &team.generator) }
        expectRefusal(.limitExceeded) {
            _ = try team.groups[0].send([], authenticatedData: large, using: &team.generator)
        }
    }

    @Test
    func `while proposals wait, nothing is sent before a commit, from memory or from rows`() throws {
        var team = try TestGroup(3)
        let update = try team.groups[2].proposeUpdate(using: &team.generator)
        try team.deliver(update, except: 2)
        expectRefusal(.proposalsWaiting) { _ = try team.groups[0].send([1], using: &team.generator) }
        let store = MemoryGroupStore()
        try team.groups[0].save(to: store)
        expectRefusal(.proposalsWaiting) {
            _ = try StoredGroup.send([1], to: [1, 2, 3], from: store, using: &team.generator)
        }
        try team.commit()
        _ = try team.groups[0].send([1], using: &team.generator)
    }

    @Test
    func `an Update of ours whose keys were lost cannot be followed, and says so`() throws {
        var team = try TestGroup(3)
        let update = try team.groups[2].proposeUpdate(using: &team.generator)
        try team.deliver(update, except: 2)
        team.groups[2].ownUpdates = [:]
        let commit = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        expectRefusal(.privateKeyMissing) { try team.groups[2].process(commit.message) }
        #expect(team.groups[2].epoch == team.groups[1].epoch)
    }

    @Test
    func `a path in which nothing is for us, and a private key of a node that is not known`() throws {
        var team = try TestGroup(4)
        let path = try team.groups[0].honestPath(&team.generator)
        let tree = team.groups[1].state.tree
        let steps = tree.filteredDirectPath(LeafIndex(0))
        let context = team.groups[1].state.contextBytes
        expectRefusal(.pathNotForUs) {
            _ = try tree.decryptPathSecret(
                path, steps: steps, keys: team.groups[0].keys, joining: [], context: context)
        }
        expectRefusal(.pathNotForUs) {
            _ = try tree.decryptPathSecret(
                path, steps: steps, keys: team.groups[1].keys, joining: [LeafIndex(1)], context: context)
        }
        expectRefusal(.privateKeyMissing) {
            _ = try tree.decryptPathSecret(
                path, steps: steps, keys: TreePrivateKeys(leaf: LeafIndex(1), pairs: [:]), joining: [],
                context: context)
        }
    }

    @Test
    func `the last epoch has no successor`() throws {
        var team = try TestGroup(2)
        var context = team.groups[0].context
        context.epoch = .max
        team.groups[0].state = GroupState(
            context: context, tree: team.groups[0].state.tree, confirmationTag: team.groups[0].state.confirmationTag)
        var nearly = team
        context.epoch = .max - 1
        nearly.groups[0].state = GroupState(
            context: context, tree: team.groups[0].state.tree, confirmationTag: team.groups[0].state.confirmationTag)
        _ = try nearly.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try nearly.groups[0].mergePending()
        #expect(nearly.groups[0].epoch == .max)
        expectRefusal(.epochExhausted) {
            _ = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        }
    }

    @Test
    func `a secret tree has no secret for a leaf outside it, nor for one whose secret is gone`() throws {
        let algorithms = try CipherSuite.x25519Aes128GcmSha256Ed25519.algorithms()
        let tree = SecretTree(algorithms, shape: TreeShape(atLeast: 4), encryptionSecret: .zero(32))
        expectRefusal(.leafOutOfRange) { _ = try tree.taking(.application, of: LeafIndex(4), generation: 0) }
        let empty = SecretTree(algorithms, shape: TreeShape(atLeast: 4), nodes: [:], ratchets: [:])
        expectRefusal(.ratchetMissing) { _ = try empty.taking(.application, of: LeafIndex(1), generation: 0) }
        let broken = SecretTree(algorithms, shape: TreeShape(atLeast: 4), encryptionSecret: .zero(32))
        #expect(broken.nodes.count == 1)
        expectRefusal(.encryptionFailed) {
            _ = try algorithms.seal([1], key: Secret([1]), nonce: [1], aad: [])
        }
    }

    @Test
    func `deriving one sender's ratchets erases the path to it and keeps the others reachable`() throws {
        let algorithms = try CipherSuite.x25519Aes128GcmSha256Ed25519.algorithms()
        var tree = SecretTree(algorithms, shape: TreeShape(atLeast: 8), encryptionSecret: .zero(32))
        let whole = tree
        for leaf in [3, 0, 7, 4, 1, 2, 6, 5] {
            let step = try tree.taking(.application, of: LeafIndex(leaf), generation: 2)
            let same = try whole.taking(.application, of: LeafIndex(leaf), generation: 2)
            #expect(step.key?.key == same.key?.key)
            tree.apply(step)
            let own = NodeIndex(LeafIndex(leaf))
            for node in [own] + tree.shape.directPath(of: own) { #expect(tree.nodes[node] == nil) }
        }
        #expect(tree.nodes.isEmpty)
    }

    @Test
    func `a generation that was passed over is kept, once, and the oldest go first beyond the limit`() throws {
        let algorithms = try CipherSuite.x25519Aes128GcmSha256Ed25519.algorithms()
        var ratchet = Ratchet(secret: .zero(32))
        var reference = Ratchet(secret: .zero(32))
        var keys: [Secret] = []
        for _ in 0..<1_500 { keys.append(try reference.step(algorithms).key) }
        #expect(try ratchet.take(900, algorithms).key == keys[900])
        #expect(try ratchet.take(1_400, algorithms).key == keys[1_400])
        #expect(ratchet.kept.count == Limits.keptKeys)
        #expect(try ratchet.take(1_399, algorithms).key == keys[1_399])
        expectRefusal(.generationUsed) { _ = try ratchet.take(1_399, algorithms) }
        expectRefusal(.generationUsed) { _ = try ratchet.take(3, algorithms) }
    }

    @Test
    func `two messages under one generation, from a copied state, still have nonces of their own`() throws {
        var team = try TestGroup(2)
        var copy = team.groups[0]
        let one = try team.groups[0].send([1], using: &team.generator)
        let two = try copy.send([1], using: &team.generator)
        guard case .privateMessage(let first) = one.body, case .privateMessage(let second) = two.body else { return }
        #expect(first.ciphertext != second.ciphertext)
        let secret = team.groups[1].secrets.senderDataSecret
        let algorithms = team.groups[1].algorithms
        let guards = try [first, second].map {
            try Protection.openSenderData($0, senderDataSecret: secret, algorithms: algorithms)
        }
        #expect(guards[0].generation == guards[1].generation && guards[0].reuseGuard != guards[1].reuseGuard)
    }

    @Test
    func `padding hides lengths: all sizes up to the block give one`() throws {
        var team = try TestGroup(2)
        var sizes: Set<Int> = []
        for length in 0..<100 {
            let data = [UInt8](repeating: 1, count: length)
            let message = try team.groups[0].send(data, padding: .multiple(of: 256), using: &team.generator)
            sizes.insert(message.encoded.count)
            #expect(try team.groups[1].read(message).data == data)
        }
        #expect(sizes.count == 1)
    }

    @Test
    func `members whose key packages have run out may be refused by whoever joins, or not be judged by time`() throws {
        var team = try TestGroup(3)
        let own = try Client("late", using: &team.generator).keyPackage(using: &team.generator)
        guard case .welcome(let welcome)? = try team.commit(CommitOptions([.add(own.keyPackage)]))?.body else { return }
        expectRefusal(.lifetimeInvalid) {
            _ = try Group.join(welcome, with: own, now: testTime + 10 * 86_400, judge: AcceptAll())
        }
        _ = try Group.join(welcome, with: own, now: nil, judge: AcceptAll())
    }
}
