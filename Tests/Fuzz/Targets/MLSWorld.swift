#if DEBUG || FUZZER
    @testable import MLS
    @testable import WireCodec

    /// A generator that always gives the same.
    private struct FixedGenerator: RandomNumberGenerator {
        private var state: UInt64 = 7

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    /// A group of three, its follower, and somebody who was invited: what inputs are processed by.
    struct MLSWorld: Sendable {
        private let committer: Group
        private let receiver: Group
        private let follower: PublicGroup
        private let invited: KeyPackageSecrets
        private let now: UInt64 = 1_800_000_000

        init() throws {
            var generator = FixedGenerator()
            let suite = CipherSuite.x25519Aes128GcmSha256Ed25519
            let lifetime = Lifetime(notBefore: now - 60, notAfter: now + 86_400)
            func identity(_ name: UInt8) throws -> MemberIdentity {
                MemberIdentity(
                    credential: .basic(identity: [name]),
                    signatureKey: try SignatureKeyPair(suite: suite, using: &generator))
            }
            var founder = try Group.create(
                groupId: [1], suite: suite, identity: identity(0), lifetime: lifetime, judge: AcceptAll(),
                using: &generator)
            let one = try KeyPackage.create(suite: suite, identity: identity(1), lifetime: lifetime, using: &generator)
            let two = try KeyPackage.create(suite: suite, identity: identity(2), lifetime: lifetime, using: &generator)
            let commit = try founder.commit(
                CommitOptions([.add(one.keyPackage), .add(two.keyPackage)]), now: now, judge: AcceptAll(),
                using: &generator)
            try founder.mergePending()
            guard case .welcome(let welcome)? = commit.welcome?.body else { throw MLSError(.malformed) }
            receiver = try Group.join(welcome, with: one, now: now, judge: AcceptAll())
            committer = founder
            follower = try PublicGroup(try founder.groupInfo(), now: now, judge: AcceptAll())
            invited = try KeyPackage.create(suite: suite, identity: identity(3), lifetime: lifetime, using: &generator)
        }

        /// A whole message, as it arrives.
        func openMessage(_ bytes: [UInt8]) {
            guard let message = try? MLSMessage(decoding: bytes) else { return }
            var group = receiver
            process(message, &group)
        }

        private func process(_ message: MLSMessage, _ group: inout Group) {
            if case .commit(let commit)? = try? group.open(message),
                let staged = try? group.stage(commit, now: now, judge: AcceptAll())
            {
                try? group.merge(staged)
            }
            if case .commit(let commit)? = try? follower.open(message) {
                _ = try? follower.stage(commit, now: now, judge: AcceptAll())
            }
        }

        /// The body of a commit, signed and tagged by a member: so the input gets past the framing.
        func processCommit(_ bytes: [UInt8]) {
            guard let commit = try? decodeWhole(bytes, as: Commit.self) else { return }
            var group = receiver
            if let message = framed(.commit(commit)) { process(message, &group) }
        }

        /// The body of an external commit, signed by a newcomer for the leaf that it would get.
        func processExternalCommit(_ bytes: [UInt8]) {
            guard var commit = try? decodeWhole(bytes, as: Commit.self) else { return }
            let key = invited.signatureKey
            commit.path?.leafNode.signatureKey = key.publicKey
            try? commit.path?.leafNode.sign(
                committer.algorithms, at: .init(groupId: committer.groupId, index: LeafIndex(3)), key: key.privateKey)
            let content = FramedContent(
                groupId: committer.groupId, epoch: committer.epoch, sender: .newMemberCommit, authenticatedData: [],
                body: .commit(commit))
            guard
                var signed = try? AuthenticatedContent.signed(
                    content, wireFormat: .publicMessage, context: committer.state.contextBytes,
                    algorithms: committer.algorithms, key: key.privateKey)
            else { return }
            signed.auth.confirmationTag = [UInt8](repeating: 1, count: 32)
            var group = receiver
            process(
                MLSMessage(
                    .publicMessage(PublicMessage(content: signed.content, auth: signed.auth, membershipTag: nil))),
                &group)
        }

        func processProposal(_ bytes: [UInt8]) {
            guard let proposal = try? Proposal(decoding: bytes) else { return }
            var group = receiver
            let path = Commit(proposals: [.proposal(proposal)], path: nil)
            if let message = framed(.commit(path)) { process(message, &group) }
            guard let message = framed(.proposal(proposal)),
                case .proposal(let verified)? = try? group.open(message)
            else { return }
            try? group.cache(verified)
            var generator = FixedGenerator()
            _ = try? group.commit(now: now, judge: AcceptAll(), using: &generator)
        }

        private func framed(_ body: FramedContent.Body) -> MLSMessage? {
            let content = FramedContent(
                groupId: committer.groupId, epoch: committer.epoch, sender: .member(committer.ownLeaf),
                authenticatedData: [], body: body)
            guard
                var signed = try? AuthenticatedContent.signed(
                    content, wireFormat: .publicMessage, context: committer.state.contextBytes,
                    algorithms: committer.algorithms, key: committer.signatureKey.privateKey)
            else { return nil }
            if case .commit = body { signed.auth.confirmationTag = [UInt8](repeating: 1, count: 32) }
            return MLSMessage(
                .publicMessage(
                    Protection.publicMessage(
                        signed, context: committer.state.contextBytes,
                        membershipKey: committer.secrets.membershipKey, algorithms: committer.algorithms)))
        }

        func join(_ bytes: [UInt8]) {
            if let welcome = try? decodeWhole(bytes, as: Welcome.self) {
                _ = try? Group.join(welcome, with: invited, now: now, judge: AcceptAll())
            }
            guard var info = try? GroupInfo(decoding: bytes) else { return }
            try? info.sign(committer.signatureKey.privateKey)
            _ = try? PublicGroup(info, tree: committer.ratchetTree, now: now, judge: AcceptAll())
        }

        /// A tree with the checks of a joiner.
        func tree(_ bytes: [UInt8]) throws {
            guard let exported = try? ExportedRatchetTree(decoding: bytes),
                var tree = try? RatchetTree(exported, committer.algorithms)
            else { return }
            try promise(tree.exported == exported, "a tree is not exported as it was taken")
            try? tree.validateStructure()
            var fresh = tree
            try promise(tree.treeHash() == fresh.treeHash(), "a tree hash depends on its cache")
            for (index, _) in tree.members.prefix(4) {
                _ = tree.filteredDirectPath(index)
                tree.remove(index)
            }
            tree.truncate()
            _ = tree.treeHash()
        }

        /// A row of the store, of each kind.
        func rows(_ bytes: [UInt8]) {
            _ = try? HeadRow(row: bytes)
            _ = try? EpochRow(row: bytes)
            _ = try? EpochSecrets(row: bytes, senderDataSecret: Secret([]))
            _ = try? SenderRatchets(row: bytes)
            _ = try? SourcedProposal(row: bytes)
            _ = try? OwnUpdate(row: bytes)
            _ = try? PendingRow(row: bytes)
        }

        /// Inputs to begin with, each with the byte of its target in front: what an honest client would send. They are made anew
        /// each time, since the group draws keys of its own.
        func seeds() throws -> [[UInt8]] {
            var generator = FixedGenerator()
            var copy = committer
            let add = CommitOptions([.add(invited.keyPackage)])
            let pending = try copy.commit(add, now: now, judge: AcceptAll(), using: &generator)
            let outsider = try Group.joinExternally(
                try committer.groupInfo(), identity: identity(9), now: now, judge: AcceptAll(), using: &generator)
            let update = try copyOf(committer) { try $0.proposeUpdate(using: &generator) }
            let sent = try copyOf(committer) { try $0.send([1, 2, 3], using: &generator) }
            var seeds: [(UInt8, [UInt8])] = []
            for message in [pending.message, pending.welcome, outsider.commit, update, sent].compactMap({ $0 }) {
                seeds += [(1, message.encoded), (2, message.encoded)]
            }
            seeds.append((1, MLSMessage(.keyPackage(invited.keyPackage)).encoded))
            for (target, message) in [(3, pending.message), (8, outsider.commit)] as [(UInt8, MLSMessage)] {
                guard case .publicMessage(let framed) = message.body, case .commit(let commit) = framed.content.body
                else {
                    continue
                }
                seeds += [(target, commit.wireBytes), (0, commit.wireBytes)]
            }
            if case .publicMessage(let framed) = update.body, case .proposal(let proposal) = framed.content.body {
                seeds += [(4, proposal.encoded), (0, proposal.encoded)]
            }
            let required = RequiredCapabilities(extensionTypes: [ExtensionType(rawValue: 0xf001)])
            for proposal in [
                .add(invited.keyPackage), .remove(LeafIndex(1)),
                .reInit(ReInit(groupId: [1], cipherSuite: .x25519Aes128GcmSha256Ed25519)),
                .externalInit(kemOutput: [UInt8](repeating: 9, count: 32)),
                .groupContextExtensions(try Extensions([.requiredCapabilities(required), .externalSenders([])])),
                .preSharedKey(PreSharedKeyID(key: .external(id: [1]), nonce: [UInt8](repeating: 1, count: 32))),
                .preSharedKey(
                    PreSharedKeyID(
                        key: .resumption(usage: .branch, groupId: [1], epoch: 1),
                        nonce: [UInt8](repeating: 1, count: 32))),
            ] as [Proposal] {
                seeds += [(4, proposal.encoded), (0, proposal.encoded)]
            }
            let info = try committer.groupInfo()
            seeds += [(5, info.encoded), (0, info.encoded), (0, info.groupContext.encoded)]
            if case .welcome(let welcome)? = pending.welcome?.body {
                seeds += [(5, welcome.wireBytes), (0, welcome.wireBytes)]
            }
            for tree in [committer.ratchetTree, copy.ratchetTree, outsider.group.ratchetTree] {
                seeds += [(6, tree.encoded), (0, tree.encoded)]
            }
            for (_, row) in copy.changes().writes { if let row { seeds.append((7, row.value)) } }
            seeds += [(7, invited.encoded), (0, invited.encoded)]
            return seeds.map { [$0.0] + $0.1 }
        }

        private func copyOf<Result>(_ group: Group, _ body: (inout Group) throws -> Result) rethrows -> Result {
            var group = group
            return try body(&group)
        }

        private func identity(_ name: UInt8) throws -> MemberIdentity {
            var generator = FixedGenerator()
            for _ in 0..<name { _ = generator.next() }
            return MemberIdentity(
                credential: .basic(identity: [name]),
                signatureKey: try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, using: &generator))
        }
    }
#endif
