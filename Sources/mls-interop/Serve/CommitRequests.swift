import MLS

/// Proposals and commits.
extension Server {
    mutating func propose(_ request: Request) throws -> [String: JSON] {
        try withSession(request) { session, random in
            let message: MLSMessage
            if request.method == "UpdateProposal" {
                message = try session.group.proposeUpdate(framing: session.framing, using: &random)
            } else {
                let proposal = try Self.proposal(request, session, &random)
                message = try session.group.propose(proposal, framing: session.framing, using: &random)
            }
            session.ownProposals[message.encoded] = session.group.pendingProposals.last?.reference
            return ["proposal": .base64(message.encoded)]
        }
    }

    private static func proposal(
        _ request: Request, _ session: Session, _ random: inout SystemRandomNumberGenerator
    ) throws -> Proposal {
        switch request.method {
        case "AddProposal": return try describe("add", request, session, &random)
        case "RemoveProposal": return try describe("remove", request, session, &random)
        case "ExternalPSKProposal": return try describe("externalPSK", request, session, &random)
        case "ResumptionPSKProposal": return try describe("resumptionPSK", request, session, &random)
        case "GroupContextExtensionsProposal":
            return try describe("groupContextExtensions", request, session, &random)
        case "ReInitProposal": return try describe("reinit", request, session, &random)
        case "AddExternalSigner":
            let sender = try ExternalSender(decoding: try request.bytes("external_sender"))
            var list = session.group.context.extensions.list.filter { $0.type != .externalSenders }
            list.append(.externalSenders(session.group.externalSenders + [sender]))
            return .groupContextExtensions(try Extensions(list))
        default: throw RequestError("no method is called \(request.method)")
        }
    }

    /// A proposal by value: `ProposalDescription` of the harness.
    private static func describe(
        _ type: String, _ fields: Request, _ session: Session, _ random: inout SystemRandomNumberGenerator
    ) throws -> Proposal {
        switch type {
        case "add": return .add(try fields.keyPackage())
        case "remove":
            return .remove(try leaf(of: try fields.bytes("removed_id"), in: session.group.members))
        case "externalPSK":
            return session.group.preSharedKeyProposal(.external(id: try fields.bytes("psk_id")), using: &random)
        case "resumptionPSK":
            return session.group.preSharedKeyProposal(
                .resumption(
                    usage: .application, groupId: session.group.groupId, epoch: UInt64(try fields.number("epoch_id"))),
                using: &random)
        case "groupContextExtensions": return .groupContextExtensions(try fields.extensions())
        case "reinit":
            return .reInit(
                ReInit(
                    groupId: try fields.bytes("group_id"), cipherSuite: try fields.suite(),
                    extensions: try fields.extensions()))
        default: throw RequestError("no proposal_type is called \(type)")
        }
    }

    static func leaf(of identity: [UInt8], in members: [(index: LeafIndex, leaf: LeafNode)]) throws -> LeafIndex {
        guard let member = members.first(where: { $0.leaf.credential == .basic(identity: identity) }) else {
            throw RequestError("nobody in the group has this identity")
        }
        return member.index
    }

    /// Keeps proposals that the harness hands over, and names them.
    private static func references(_ messages: [[UInt8]], _ session: inout Session) throws -> [ProposalRef] {
        try messages.map { bytes in
            if let own = session.ownProposals[bytes] { return own }
            guard case .proposal(let proposal) = try session.group.open(MLSMessage(decoding: bytes)) else {
                throw RequestError("not a proposal")
            }
            try session.group.cache(proposal)
            return proposal.reference
        }
    }

    mutating func commit(_ request: Request) throws -> [String: JSON] {
        let judge = judge
        return try withSession(request) { session, random in
            var options = CommitOptions()
            options.references = try Self.references(try request.bytesList("by_reference"), &session)
            for item in request.list("by_value") {
                let type = String(decoding: try item.bytes("proposal_type"), as: UTF8.self)
                options.proposals.append(try Self.describe(type, item, session, &random))
            }
            options.forcePath = request.flag("force_path")
            options.framing = session.framing
            options.welcomeCarriesTree = !request.flag("external_tree")
            let pending = try session.group.commit(
                options, psks: session.psks, now: nil, judge: judge, using: &random)
            let tree = request.flag("external_tree") ? pending.ratchetTree?.encoded ?? [] : []
            return [
                "commit": .base64(pending.message.encoded), "welcome": .base64(pending.welcome?.encoded ?? []),
                "ratchet_tree": .base64(tree),
            ]
        }
    }

    private func process(_ request: Request, _ session: inout Session) throws {
        _ = try Self.references(try request.bytesList("proposal"), &session)
        let message = try MLSMessage(decoding: try request.bytes("commit"))
        switch try session.group.open(message) {
        case .commit(let commit):
            try session.group.merge(
                try session.group.stage(commit, psks: session.psks, now: nil, judge: judge))
        case .ownCommit: try session.group.mergePending()
        default: throw RequestError("not a commit")
        }
        session.ownProposals = [:]
    }

    mutating func handleCommit(_ request: Request) throws -> [String: JSON] {
        var session = try session(request)
        try process(request, &session)
        sessions[try request.number("state_id")] = session
        return [
            "state_id": .int(try request.number("state_id")),
            "epoch_authenticator": .base64(session.group.epochAuthenticator),
        ]
    }

    mutating func handlePendingCommit(_ request: Request) throws -> [String: JSON] {
        try withSession(request) { session, _ in
            try session.group.mergePending()
            session.ownProposals = [:]
            return [
                "state_id": .int(try request.number("state_id")),
                "epoch_authenticator": .base64(session.group.epochAuthenticator),
            ]
        }
    }

    // MARK: Groups that come from groups

    mutating func handleReInitCommit(_ request: Request) throws -> [String: JSON] {
        var session = try session(request)
        if request.method == "HandlePendingReInitCommit" {
            try session.group.mergePending()
        } else {
            try process(request, &session)
        }
        guard case .reInit(let wanted) = session.group.status,
            case .basic(let name) = session.identity.credential
        else { throw RequestError("the commit covers no ReInit") }
        sessions[try request.number("state_id")] = session
        let id = nextId()
        let transaction = try transaction(name, wanted.cipherSuite)
        reInitialisations[id] = ReInitialisation(session: session, transaction: transaction)
        return [
            "reinit_id": .int(id),
            "key_package": .base64(MLSMessage(.keyPackage(transaction.secrets.keyPackage)).encoded),
            "epoch_authenticator": .base64(session.group.epochAuthenticator),
        ]
    }

    private func reInitialisation(_ request: Request) throws -> ReInitialisation {
        guard let found = reInitialisations[try request.number("reinit_id")] else {
            throw RequestError("no such reinit_id")
        }
        return found
    }

    private mutating func keep(_ group: Group, _ session: Session, _ identity: MemberIdentity) -> Int {
        let id = nextId()
        sessions[id] = Session(
            group: group, identity: identity, encryptsHandshakes: session.encryptsHandshakes, psks: session.psks)
        return id
    }

    private mutating func answer(
        _ founded: Group.Founded, _ session: Session, _ identity: MemberIdentity, externalTree: Bool
    ) -> [String: JSON] {
        [
            "state_id": .int(keep(founded.group, session, identity)),
            "welcome": .base64(founded.welcome?.encoded ?? []),
            "ratchet_tree": .base64(externalTree ? founded.group.ratchetTree.encoded : []),
            "epoch_authenticator": .base64(founded.group.epochAuthenticator),
        ]
    }

    mutating func reInitWelcome(_ request: Request) throws -> [String: JSON] {
        let old = try reInitialisation(request)
        let external = request.flag("external_tree")
        let founded = try old.session.group.reInitialize(
            identity: old.transaction.identity,
            keyPackages: try request.bytesList("key_package").map { try Request.keyPackage($0) },
            welcomeCarriesTree: !external, forcePath: request.flag("force_path"), now: nil, judge: judge,
            using: &random)
        return answer(founded, old.session, old.transaction.identity, externalTree: external)
    }

    mutating func handleReInitWelcome(_ request: Request) throws -> [String: JSON] {
        let old = try reInitialisation(request)
        let group = try Group.join(
            try request.welcome(), with: old.transaction.secrets, tree: try request.tree(),
            psks: old.session.psks, predecessor: .reInit(of: old.session.group), now: nil, judge: judge)
        return [
            "state_id": .int(keep(group, old.session, old.transaction.identity)),
            "epoch_authenticator": .base64(group.epochAuthenticator),
        ]
    }

    mutating func createBranch(_ request: Request) throws -> [String: JSON] {
        let session = try session(request)
        let external = request.flag("external_tree")
        guard case .basic(let name) = session.identity.credential else { throw RequestError("no identity") }
        let identity = try identity(name, session.group.cipherSuite)
        let founded = try session.group.branch(
            groupId: try request.bytes("group_id"), extensions: try request.extensions(), identity: identity,
            keyPackages: try request.bytesList("key_packages").map { try Request.keyPackage($0) },
            welcomeCarriesTree: !external, forcePath: request.flag("force_path"), now: nil, judge: judge,
            using: &random)
        return answer(founded, session, identity, externalTree: external)
    }

    mutating func handleBranch(_ request: Request) throws -> [String: JSON] {
        let session = try session(request)
        let transaction = try transaction(request)
        let group = try Group.join(
            try request.welcome(), with: transaction.secrets, tree: try request.tree(), psks: session.psks,
            predecessor: .branch(of: session.group), now: nil, judge: judge)
        return [
            "state_id": .int(keep(group, session, transaction.identity)),
            "epoch_authenticator": .base64(group.epochAuthenticator),
        ]
    }

    // MARK: Proposals from outside

    mutating func newMemberAddProposal(_ request: Request) throws -> [String: JSON] {
        let info = try request.groupInfo()
        let transaction = try transaction(try request.bytes("identity"), info.groupContext.cipherSuite)
        let message = try ExternalProposal.add(transaction.secrets, context: info.groupContext)
        let id = nextId()
        transactions[id] = transaction
        var answer = Self.describe(transaction)
        answer["transaction_id"] = .int(id)
        answer["proposal"] = .base64(message.encoded)
        return answer
    }

    mutating func createExternalSigner(_ request: Request) throws -> [String: JSON] {
        let suite = try request.suite()
        let identity = try identity(try request.bytes("identity"), suite)
        let id = nextId()
        signers[id] = (identity, suite)
        let sender = ExternalSender(
            signatureKey: identity.signatureKey.publicKey, credential: identity.credential)
        return ["signer_id": .int(id), "external_sender": .base64(sender.encoded)]
    }

    mutating func externalSignerProposal(_ request: Request) throws -> [String: JSON] {
        guard let signer = signers[try request.number("signer_id")] else { throw RequestError("no such signer_id") }
        let info = try request.groupInfo()
        let follower = try PublicGroup(info, tree: try request.tree(), now: nil, judge: judge)
        let fields = request.sub("description")
        let type = String(decoding: try fields.bytes("proposal_type"), as: UTF8.self)
        let proposal: Proposal
        switch type {
        case "remove":
            proposal = .remove(try Self.leaf(of: try fields.bytes("removed_id"), in: follower.members))
        case "add": proposal = .add(try fields.keyPackage())
        case "externalPSK":
            proposal = try preSharedKey(.external(id: try fields.bytes("psk_id")), info.groupContext)
        case "resumptionPSK":
            let epoch = UInt64(try fields.number("epoch_id"))
            proposal = try preSharedKey(
                .resumption(usage: .application, groupId: info.groupContext.groupId, epoch: epoch), info.groupContext)
        case "groupContextExtensions": proposal = .groupContextExtensions(try fields.extensions())
        case "reinit":
            proposal = .reInit(
                ReInit(
                    groupId: try fields.bytes("group_id"), cipherSuite: try fields.suite(),
                    extensions: try fields.extensions()))
        default: throw RequestError("an external signer does not propose \(type)")
        }
        let message = try ExternalProposal.make(
            proposal, context: info.groupContext, index: try request.number("signer_index", as: UInt32.self),
            key: signer.identity.signatureKey)
        return ["proposal": .base64(message.encoded)]
    }

    /// A PSK proposal by somebody who has no group.
    private mutating func preSharedKey(_ key: PreSharedKeyID.Key, _ context: GroupContext) throws -> Proposal {
        let length = try context.cipherSuite.algorithms().hashLength
        return .preSharedKey(PreSharedKeyID(key: key, nonce: randomBytes(length, using: &random)))
    }
}
