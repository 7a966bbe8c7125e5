import MLS

/// Becoming a member, and what a member does with its keys.
extension Server {
    mutating func createGroup(_ request: Request) throws -> [String: JSON] {
        let suite = try request.suite()
        let identity = try identity(try request.bytes("identity"), suite)
        let group = try Group.create(
            groupId: try request.bytes("group_id"), suite: suite, identity: identity,
            lifetime: Lifetime(notBefore: 0, notAfter: .max), judge: judge, using: &random)
        return ["state_id": .int(keep(group, identity, request))]
    }

    private mutating func keep(
        _ group: Group, _ identity: MemberIdentity, _ request: Request, psks: PreSharedKeys = PreSharedKeys()
    ) -> Int {
        let id = nextId()
        sessions[id] = Session(
            group: group, identity: identity, encryptsHandshakes: request.flag("encrypt_handshake"), psks: psks)
        return id
    }

    mutating func createKeyPackage(_ request: Request) throws -> [String: JSON] {
        let id = nextId()
        let transaction = try transaction(try request.bytes("identity"), try request.suite())
        transactions[id] = transaction
        var answer = Self.describe(transaction)
        answer["transaction_id"] = .int(id)
        answer["key_package"] = .base64(MLSMessage(.keyPackage(transaction.secrets.keyPackage)).encoded)
        return answer
    }

    func transaction(_ request: Request) throws -> Transaction {
        guard let transaction = transactions[try request.number("transaction_id")] else {
            throw RequestError("no such transaction_id")
        }
        return transaction
    }

    mutating func joinGroup(_ request: Request) throws -> [String: JSON] {
        let transaction = try transaction(request)
        let group = try Group.join(
            try request.welcome(), with: transaction.secrets, tree: try request.tree(), psks: transaction.psks,
            now: nil, judge: judge)
        transactions[try request.number("transaction_id")] = nil
        let id = keep(group, transaction.identity, request, psks: transaction.psks)
        return ["state_id": .int(id), "epoch_authenticator": .base64(group.epochAuthenticator)]
    }

    mutating func externalJoin(_ request: Request) throws -> [String: JSON] {
        let info = try request.groupInfo()
        let name = try request.bytes("identity")
        let identity = try identity(name, info.groupContext.cipherSuite)
        var options = ExternalJoinOptions()
        var psks = PreSharedKeys()
        for psk in request.list("psks") {
            let key = PreSharedKeyID.Key.external(id: try psk.bytes("psk_id"))
            psks[key] = Secret(try psk.bytes("psk_secret"))
            options.psks.append(key)
        }
        if request.flag("remove_prior") {
            let follower = try PublicGroup(info, tree: try request.tree(), now: nil, judge: judge)
            guard let prior = follower.members.first(where: { $0.leaf.credential == identity.credential }) else {
                throw RequestError("no prior appearance to remove")
            }
            options.removing = prior.index
        }
        let (group, commit) = try Group.joinExternally(
            info, tree: try request.tree(), identity: identity, options: options, psks: psks, now: nil, judge: judge,
            using: &random)
        return [
            "state_id": .int(keep(group, identity, request, psks: psks)), "commit": .base64(commit.encoded),
            "epoch_authenticator": .base64(group.epochAuthenticator),
        ]
    }

    func groupInfo(_ request: Request) throws -> [String: JSON] {
        let group = try session(request).group
        let external = request.flag("external_tree")
        let info = try group.groupInfo(withTree: !external)
        return [
            "group_info": .base64(MLSMessage(.groupInfo(info)).encoded),
            "ratchet_tree": .base64(external ? group.ratchetTree.encoded : []),
        ]
    }

    func export(_ request: Request) throws -> [String: JSON] {
        let secret = try session(request).group.exportSecret(
            label: request.text("label"), context: try request.bytes("context"),
            length: try request.number("key_length"))
        return ["exported_secret": .base64(secret)]
    }

    mutating func protect(_ request: Request) throws -> [String: JSON] {
        try withSession(request) { session, random in
            let message = try session.group.send(
                try request.bytes("plaintext"), authenticatedData: try request.bytes("authenticated_data"),
                using: &random)
            return ["ciphertext": .base64(message.encoded)]
        }
    }

    mutating func unprotect(_ request: Request) throws -> [String: JSON] {
        try withSession(request) { session, _ in
            let message = try MLSMessage(decoding: try request.bytes("ciphertext"))
            guard case .application(let content) = try session.group.open(message) else {
                throw RequestError("not an application message")
            }
            return [
                "plaintext": .base64(content.data), "authenticated_data": .base64(content.authenticatedData),
            ]
        }
    }

    mutating func storePSK(_ request: Request) throws -> [String: JSON] {
        let id = try request.number("state_or_transaction_id")
        let key = PreSharedKeyID.Key.external(id: try request.bytes("psk_id"))
        let secret = Secret(try request.bytes("psk_secret"))
        if sessions[id] != nil {
            sessions[id]?.psks[key] = secret
        } else if transactions[id] != nil {
            transactions[id]?.psks[key] = secret
        } else {
            throw RequestError("no such state_or_transaction_id")
        }
        return [:]
    }

    mutating func free(_ request: Request) throws -> [String: JSON] {
        guard sessions.removeValue(forKey: try request.number("state_id")) != nil else {
            throw RequestError("no such state_id")
        }
        return [:]
    }
}
