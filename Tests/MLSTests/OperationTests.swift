import Glibc
import Testing
import WireCodec

@testable import MLS

/// How much work a message can cause, counted in primitives and not in time.
@Suite struct OperationTests {
    private func cost(_ body: () throws -> Void) -> [Operation: Int] { OperationCount.of(body).counts }

    private func refusalCost(_ check: Check, _ body: () throws -> Void) -> [Operation: Int] {
        let (counts, error) = OperationCount.of(body)
        #expect((error as? MLSError)?.check == check, "\(String(describing: error))")
        return counts
    }

    @Test
    func `a message with a wrong tag costs one MAC, one with a wrong signature one verification, a follower's one`()
        throws
    {
        var team = try TestGroup(3)
        let stranger = team.groups[2].signatureKey.privateKey
        let removal = FramedContent.Body.proposal(.remove(LeafIndex(2)))
        let untagged = try team.groups[0].forge(removal) { $0.membershipTag?[0] ^= 1 }
        #expect(refusalCost(.membershipTag) { try team.groups[1].process(untagged) } == [.mac: 1])
        let unsigned = try team.groups[0].forge(removal, key: stranger)
        #expect(refusalCost(.messageSignature) { try team.groups[1].process(unsigned) } == [.mac: 1, .verify: 1])
        #expect(refusalCost(.messageSignature) { try team.follower.process(unsigned) } == [.verify: 1])
        // What is for another group or epoch costs nothing.
        let elsewhere = try team.groups[0].forge(removal) { $0.content.groupId = [9] }
        let past = try team.groups[0].forge(removal) { $0.content.epoch = 0 }
        #expect(refusalCost(.wrongGroup) { try team.groups[1].process(elsewhere) }.isEmpty)
        #expect(refusalCost(.epochPast) { try team.groups[1].process(past) }.isEmpty)
    }

    @Test
    func `4,096 Adds with bad signatures cost one verification each way, and doubled ones none`() throws {
        var team = try TestGroup(2)
        let package = try team.keyPackage()
        let path = try team.groups[0].honestPath(&team.generator)
        func commit(_ adds: [KeyPackage]) throws -> MLSMessage {
            try team.groups[0].forge(Commit(proposals: adds.map { .proposal(.add($0)) }, path: path))
        }
        let same = try commit([KeyPackage](repeating: package, count: Limits.proposals))
        var costs = refusalCost(.initKeyNotUnique) { try team.groups[1].process(same) }
        #expect(costs[.verify] == 1)
        // All different, none signed: the first ends it. Nothing of them is a key that is looked at before that.
        let different = (0..<Limits.proposals).map { number -> KeyPackage in
            var other = package
            other.initKey.bytes[0] = UInt8(number & 0xff)
            other.initKey.bytes[1] = UInt8(number >> 8)
            other.leafNode.encryptionKey.bytes[0] = UInt8(number & 0xff)
            other.leafNode.encryptionKey.bytes[1] = UInt8(number >> 8)
            other.leafNode.signatureKey.bytes[0] = UInt8(number & 0xff)
            other.leafNode.signatureKey.bytes[1] = UInt8(number >> 8)
            return other
        }
        let bad = try commit(different)
        costs = refusalCost(.leafSignature) { try team.groups[1].process(bad) }
        // The message, and one leaf.
        #expect(costs[.verify] == 2)
        #expect(refusalCost(.leafSignature) { try team.follower.process(bad) }[.verify] == 2)
    }

    @Test
    func `good Adds before a bad one cost two verifications each, and no secret is touched before all are checked`()
        throws
    {
        var team = try TestGroup(2)
        var adds: [KeyPackage] = []
        for _ in 0..<40 { adds.append(try team.keyPackage()) }
        adds.append(try team.keyPackage(resign: false) { $0.signature[5] ^= 1 })
        let message = try team.forge(adds.map { .add($0) })
        let costs = refusalCost(.keyPackageSignature) { try team.groups[1].process(message) }
        #expect(costs[.verify] == 1 + 2 * adds.count)
        #expect(costs[.hpkeOpen] == nil && costs[.keyPair] == nil && costs[.extract] == nil)
    }

    @Test
    func `a maximal resolution costs its reader one decryption, and its maker one encryption a member`() throws {
        // Nobody has committed: no parent has a key, and a path is encrypted to each of 255 leaves.
        let size = 256
        var team = try TestGroup(size, joining: 1)
        let blanked = team.groups[1]
        var message: MLSMessage?
        let making = cost {
            message = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator).message
        }
        let commit = try #require(message)
        team.groups[1] = blanked
        let seals = try #require(making[.hpkeSeal])
        // One for each member on the other side of each node of the path; the founder's own path covers some.
        #expect(seals <= size - 1 && seals >= size / 2)
        #expect(making[.sign] == 2)
        #expect(making[.verify] == nil)
        let reading = cost { try team.groups[0].process(commit) }
        #expect(reading[.hpkeOpen] == 1)
        // The message and the leaf.
        #expect(reading[.verify] == 2)
        // A key pair for each node of the path above the one that was opened.
        #expect(try #require(reading[.keyPair]) <= 8)
        // Hashes: the changed path and what a parent hash needs, never the tree.
        #expect(try #require(reading[.digest]) < 64)
        let following = cost { try team.follower.process(commit) }
        #expect(following[.verify] == 2 && following[.hpkeOpen] == nil)
        #expect(try #require(following[.digest]) < 64)
    }

    @Test
    func `a join costs two verifications, one a member besides, and hashes that grow as n log n`() throws {
        for size in [8, 24] {
            let invitation = try Invitation(size: size)
            let counts = cost { _ = try invitation.join(invitation.welcome) }
            // Each leaf and the GroupInfo.
            #expect(counts[.verify] == size + 2)
            #expect(counts[.hpkeOpen] == 1)
            #expect(try #require(counts[.digest]) < 4 * size * 7)
        }
    }

    /// A tree whose parents all list all leaves below them as unmerged: the largest lists that fit into it.
    private func unmergedTree(_ size: Int, _ template: LeafNode) throws -> RatchetTree {
        let shape = TreeShape(atLeast: size)
        var nodes = [Node?](repeating: nil, count: shape.nodeCount)
        for offset in 0..<shape.nodeCount {
            let index = NodeIndex(offset)
            let key = [UInt8(offset & 0xff), UInt8(offset >> 8)] + [UInt8](repeating: 9, count: 30)
            if index.isLeaf {
                var leaf = template
                leaf.encryptionKey = HPKEPublicKey(key)
                leaf.signatureKey = SignaturePublicKey(key)
                nodes[offset] = .leaf(leaf)
            } else {
                let unmerged = index.leaves.map { LeafIndex(rawValue: $0) }
                nodes[offset] = .parent(ParentNode(encryptionKey: HPKEPublicKey(key), unmergedLeaves: unmerged))
            }
        }
        return try RatchetTree(
            ExportedRatchetTree(nodes: nodes), CipherSuite.x25519Aes128GcmSha256Ed25519.algorithms())
    }

    @Test
    func `a tree in which every leaf is unmerged everywhere is judged in n log n steps`() throws {
        let template = try #require(try TestGroup(1).groups[0].member(LeafIndex(0)))
        func seconds(_ size: Int) throws -> Double {
            var tree = try unmergedTree(size, template)
            let start = cpuSeconds()
            try tree.validateUnmergedLeaves()
            _ = tree.treeHash(tree.shape.root, without: (0..<size).map { LeafIndex($0) })
            let seconds = cpuSeconds() - start
            let counts = refusalCost(.parentHashMismatch) { try tree.validateParentHashes() }
            #expect(counts[.digest] ?? 0 < size * 13 * 2)
            return seconds
        }
        // Eight times the leaves cost about ten times as much; lists searched one by one cost sixty times.
        #expect(try seconds(8_192) / seconds(1_024) < 24)
    }

    @Test
    func `a tree whose leaves all carry the parent hash of the root is judged in n log n steps`() throws {
        let algorithms = try CipherSuite.x25519Aes128GcmSha256Ed25519.algorithms()
        let template = try #require(try TestGroup(1).groups[0].member(LeafIndex(0)))
        func seconds(_ size: Int) throws -> Double {
            var tree = RatchetTree(algorithms, leaves: size)
            // One leaf to the right of the root, whose hash the others can compute.
            tree[NodeIndex(LeafIndex(size - 1))] = .leaf(template)
            let root = tree.shape.root
            let copath = try #require(root.right)
            let hash = tree.setPath(
                LeafIndex(0),
                keys: [(step: PathStep(node: root, copathChild: copath), key: HPKEPublicKey([1, 2, 3]))])
            for number in 0..<size / 2 {
                var leaf = template
                leaf.encryptionKey = HPKEPublicKey([UInt8(number & 0xff), UInt8(number >> 8)])
                leaf.signatureKey = SignaturePublicKey(leaf.encryptionKey.bytes)
                leaf.source = .commit(parentHash: hash)
                tree[NodeIndex(LeafIndex(number))] = .leaf(leaf)
            }
            let start = cpuSeconds()
            expectRefusal(.parentHashMismatch) { try tree.validateParentHashes() }
            return cpuSeconds() - start
        }
        // Eight times the leaves cost about ten times as much; a set made anew for each leaf cost sixty times.
        #expect(try seconds(8_192) / seconds(1_024) < 24)
    }

    @Test
    func `long lists of capabilities in every leaf are compared as sets`() throws {
        let algorithms = try CipherSuite.x25519Aes128GcmSha256Ed25519.algorithms()
        let template = try #require(try TestGroup(1).groups[0].member(LeafIndex(0)))
        func seconds(_ count: Int) throws -> Double {
            let types = (0..<count).map { UInt16(0x4000 + $0) }
            var able = Capabilities()
            able.credentials += types.map { CredentialType(rawValue: $0) }
            able.extensions = types.map { ExtensionType(rawValue: $0) }
            able.proposals = types.map { ProposalType(rawValue: $0) }
            // In the reverse order, so that each is looked for to the end.
            let required = RequiredCapabilities(
                extensionTypes: able.extensions.reversed(), proposalTypes: able.proposals.reversed(),
                credentialTypes: able.credentials.reversed())
            let context = GroupContext(
                cipherSuite: .x25519Aes128GcmSha256Ed25519, groupId: [1], epoch: 1, treeHash: [],
                confirmedTranscriptHash: [], extensions: try Extensions([.requiredCapabilities(required)]))
            let rules = try LeafRules(algorithms, context, now: nil)
            var tree = RatchetTree(algorithms)
            for number in 0..<32 {
                var leaf = template
                leaf.capabilities = able
                leaf.credential = .other(type: CredentialType(rawValue: types[number]), content: [])
                _ = try tree.add(leaf)
            }
            let start = cpuSeconds()
            try tree.validateCredentialTypes()
            for (_, leaf) in tree.members { try rules.validateCapabilities(leaf) }
            return cpuSeconds() - start
        }
        // Sixteen times the types cost about sixteen times as much; looked for one by one they cost 256 times.
        #expect(try seconds(1_008) / seconds(63) < 64)
    }

    @Test
    func `a committer who must choose among proposals checks each signature once`() throws {
        var team = try TestGroup(3)
        // Forty Adds that go together, one newcomer twice, and one whose key package is bad.
        var adds: [KeyPackage] = []
        for _ in 0..<40 { adds.append(try team.keyPackage()) }
        adds.insert(adds[7], at: 20)
        adds.insert(try team.keyPackage(resign: false) { $0.signature[5] ^= 1 }, at: 30)
        for (number, add) in adds.enumerated() {
            // Two proposers, so that one proposal that was made twice is two.
            let sender = number % 2 == 0 ? 1 : 2
            try team.deliver(try team.groups[sender].forge(.proposal(.add(add))), except: nil)
        }
        var pending: PendingCommit?
        let counts = cost {
            pending = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        }
        #expect(pending?.staged.added.count == 40)
        // Good ones once each; the bad one in each attempt that had it.
        #expect(try #require(counts[.verify]) <= 2 * 40 + 2 * 12)
        try team.deliver(try #require(pending).message, except: 0)
    }

    @Test
    func `a generation far ahead costs at most a thousand steps, one beyond that none`() throws {
        var team = try TestGroup(3)
        let far = try team.groups[0].forgePrivate(.application([1]), generation: 1_000)
        let counts = cost { _ = try team.groups[1].open(far) }
        #expect(try #require(counts[.expand]) < 3 * 1_001 + 16)
        for generation in [1_001, UInt32.max] {
            let message = try team.groups[0].forgePrivate(.application([1]), generation: generation)
            #expect(try #require(refusalCost(.generationTooFar) { _ = try team.groups[2].open(message) }[.expand]) < 16)
        }
    }

    @Test
    func `one message costs what RFC 9420 asks for: a signature, two AEADs, five expansions`() throws {
        var team = try TestGroup(2)
        var message: MLSMessage?
        let sending = cost { message = try team.groups[0].send([1], using: &team.generator) }
        #expect(sending == [.sign: 1, .aeadSeal: 2, .expand: 5])
        let sent = try #require(message)
        _ = try team.groups[1].read(try team.groups[0].send([0], using: &team.generator))
        let opening = cost { _ = try team.groups[1].open(sent) }
        #expect(opening[.verify] == 1 && opening[.aeadOpen] == 2 && opening[.expand] ?? 0 <= 5)
    }

    /// Of this thread: other tests run beside.
    private func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
