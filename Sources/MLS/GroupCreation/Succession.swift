/// Groups that come from groups (RFC 9420 §11.2, §11.3).
extension Group {
    /// What founds a successor: the group in epoch 1, and the Welcome for its other members.
    public struct Founded: Sendable {
        public let group: Group
        public let welcome: MLSMessage?
    }

    /// Founds the group that a committed ReInit describes. `keyPackages` are of all other members, made for the new suite.
    public func reInitialize(
        identity: MemberIdentity, keyPackages: [KeyPackage], welcomeCarriesTree: Bool = true, forcePath: Bool = true,
        now: UInt64?, judge: some Judge, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> Founded {
        guard case .reInit(let wanted) = status else { throw MLSError(.groupNotReInitialised) }
        for member in members where member.index != ownLeaf {
            try require(
                keyPackages.contains { judge.isSameMember(member.leaf, $0.leafNode) }, .predecessorMembers,
                "no key package for leaf \(member.index.rawValue)")
        }
        return try found(
            groupId: wanted.groupId, suite: wanted.cipherSuite, extensions: wanted.extensions, usage: .reinit,
            identity: identity, keyPackages: keyPackages,
            carriesTree: welcomeCarriesTree, forcePath: forcePath, now: now, judge: judge, using: &generator)
    }

    /// Founds a group with some of the members, bound to this one. `keyPackages` are of the others who shall be in it.
    public func branch(
        groupId: [UInt8], extensions: Extensions = .none, identity: MemberIdentity, keyPackages: [KeyPackage],
        welcomeCarriesTree: Bool = true, forcePath: Bool = true, now: UInt64?, judge: some Judge,
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> Founded {
        try requireActive()
        for keyPackage in keyPackages {
            try require(
                members.contains { judge.isSameMember($0.leaf, keyPackage.leafNode) }, .predecessorMembers,
                "a key package of somebody who is not in the group")
        }
        return try found(
            groupId: groupId, suite: cipherSuite, extensions: extensions, usage: .branch, identity: identity,
            keyPackages: keyPackages, carriesTree: welcomeCarriesTree, forcePath: forcePath, now: now, judge: judge,
            using: &generator)
    }

    private func found(
        groupId newId: [UInt8], suite: CipherSuite, extensions: Extensions, usage: PreSharedKeyID.Usage,
        identity: MemberIdentity, keyPackages: [KeyPackage], carriesTree: Bool, forcePath: Bool, now: UInt64?,
        judge: some Judge, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> Founded {
        var group = try Group.create(
            groupId: newId, suite: suite, identity: identity, extensions: extensions,
            lifetime: Self.founderLifetime(now), judge: judge, using: &generator)
        let key = PreSharedKeyID.Key.resumption(usage: usage, groupId: groupId, epoch: epoch)
        var options = CommitOptions(keyPackages.map(Proposal.add))
        options.proposals.append(group.preSharedKeyProposal(key, using: &generator))
        options.welcomeCarriesTree = carriesTree
        options.forcePath = forcePath
        let commit = try group.commit(
            options, purpose: usage == .reinit ? .reInit : .branch,
            psks: PreSharedKeys([key: secrets.resumptionPSK]), now: now, judge: judge, using: &generator)
        try group.mergePending()
        return Founded(group: group, welcome: commit.welcome)
    }

    /// The longest lifetime that others accept, for a founder whose commit has no path: the leaf of epoch 0 stays then.
    private static func founderLifetime(_ now: UInt64?) -> Lifetime {
        guard let now else { return Lifetime(notBefore: 0, notAfter: .max) }
        let start = now - min(now, Limits.clockSkew)
        return Lifetime(notBefore: start, notAfter: start.saturatingAdd(Limits.keyPackageLifetime))
    }
}
