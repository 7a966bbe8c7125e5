import Testing

@testable import MLS

/// Refusals: groups that come from groups (RFC 9420 §11.2, §11.3).
@Suite struct SuccessionRefusals {
    /// Takes any leaf for any other: a founder who does not look.
    private struct Blind: Judge {
        func isSameMember(_ one: LeafNode, _ other: LeafNode) -> Bool { true }
    }

    /// A group of three whose last commit was a ReInit, and key packages of the first two for what follows.
    private func reInitialised() throws -> (TestGroup, [KeyPackageSecrets], ReInit) {
        var team = try TestGroup(3)
        let wanted = ReInit(groupId: [9], cipherSuite: team.suite)
        try team.commit(CommitOptions([.reInit(wanted)]))
        var secrets: [KeyPackageSecrets] = []
        for index in 0..<2 { secrets.append(try team.clients[index].keyPackage(using: &team.generator)) }
        return (team, secrets, wanted)
    }

    private func found(
        _ team: inout TestGroup, _ group: Group, _ secrets: [KeyPackageSecrets], judge: some Judge = AcceptAll()
    ) throws -> Welcome {
        let founded = try group.reInitialize(
            identity: team.clients[2].identity, keyPackages: secrets.map(\.keyPackage), now: testTime, judge: judge,
            using: &team.generator)
        guard case .welcome(let welcome)? = founded.welcome?.body else { throw TestFailure("no Welcome") }
        return welcome
    }

    private func join(_ welcome: Welcome, _ own: KeyPackageSecrets, _ predecessor: Predecessor) throws -> Group {
        try Group.join(welcome, with: own, predecessor: predecessor, now: testTime, judge: AcceptAll())
    }

    @Test
    func `a follower refuses commits of a re-initialised group as members do, also from rows`() throws {
        var (team, _, wanted) = try reInitialised()
        let before = team
        // Somebody who goes on as if nothing had been.
        var member = team.groups[0]
        member.status = .active
        let commit = try member.commit(now: testTime, judge: AcceptAll(), using: &team.generator).message
        team.expectRefusal(of: commit, .groupReInitialised)
        let client = try Client("outside", using: &team.generator)
        let (_, joining) = try Group.joinExternally(
            try member.groupInfo(), identity: client.identity, now: testTime, judge: AcceptAll(),
            using: &team.generator)
        team.expectRefusal(of: joining, .groupReInitialised)
        #expect(team.groups[1].status == .reInit(wanted) && team.groups[1].context == before.groups[1].context)
        let store = MemoryGroupStore()
        try team.follower.save(to: store)
        var loaded = try PublicGroup.load(team.follower.groupId, from: store, judge: AcceptAll())
        expectRefusal(.groupReInitialised) { try loaded.process(commit) }
    }

    @Test
    func `who founds a group without a path has a leaf whose lifetime others accept`() throws {
        var (team, secrets, _) = try reInitialised()
        let active = try TestGroup(3)
        let packages = secrets.map(\.keyPackage)
        let founded = [
            try team.groups[2].reInitialize(
                identity: team.clients[2].identity, keyPackages: packages, forcePath: false, now: testTime,
                judge: AcceptAll(), using: &team.generator),
            try active.groups[2].branch(
                groupId: [7], identity: active.clients[2].identity, keyPackages: packages, forcePath: false,
                now: testTime, judge: AcceptAll(), using: &team.generator),
        ]
        for (founded, predecessor) in zip(
            founded, [Predecessor.reInit(of: team.groups[0]), .branch(of: active.groups[0])])
        {
            guard case .welcome(let welcome)? = founded.welcome?.body else { throw TestFailure("no Welcome") }
            let joined = try join(welcome, secrets[0], predecessor)
            #expect(joined.epochAuthenticator == founded.group.epochAuthenticator)
        }
    }

    @Test
    func `a group that was not re-initialised founds nothing, and a re-initialised one does nothing else`() throws {
        var (team, secrets, _) = try reInitialised()
        let active = try TestGroup(3)
        expectRefusal(.groupNotReInitialised) { _ = try found(&team, active.groups[0], secrets) }
        expectRefusal(.groupReInitialised) {
            _ = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        }
        expectRefusal(.groupReInitialised) { _ = try team.groups[0].proposeUpdate(using: &team.generator) }
        expectRefusal(.groupReInitialised) { _ = try team.groups[0].groupInfo() }
    }

    @Test
    func `a re-initialised group with other parameters than the ReInit's`() throws {
        var (team, secrets, wanted) = try reInitialised()
        for edit in [
            { $0.groupId = [8] }, { $0.extensions = Extensions(unchecked: [.externalSenders([])]) },
        ] as [(inout ReInit) -> Void] {
            var other = wanted
            edit(&other)
            var group = team.groups[2]
            group.status = .reInit(other)
            let welcome = try found(&team, group, secrets)
            expectRefusal(.predecessorMismatch) {
                _ = try join(welcome, secrets[0], .reInit(of: team.groups[0]))
            }
        }
        let welcome = try found(&team, team.groups[2], secrets)
        _ = try join(welcome, secrets[0], .reInit(of: team.groups[0]))
        // Taken for a branch, or for nothing.
        expectRefusal(.predecessorMissing) { _ = try join(welcome, secrets[0], .branch(of: team.groups[0])) }
        var active = team.groups[0]
        active.status = .active
        expectRefusal(.predecessorMismatch) { _ = try join(welcome, secrets[0], .reInit(of: active)) }
    }

    @Test
    func `a re-initialised group that lacks a member`() throws {
        var (team, secrets, _) = try reInitialised()
        expectRefusal(.predecessorMembers) { _ = try found(&team, team.groups[2], [secrets[0]]) }
        let welcome = try found(&team, team.groups[2], [secrets[0]], judge: Blind())
        expectRefusal(.predecessorMembers) { _ = try join(welcome, secrets[0], .reInit(of: team.groups[0])) }
    }

    @Test
    func `a branch with a stranger in it`() throws {
        var team = try TestGroup(3)
        let own = try team.clients[1].keyPackage(using: &team.generator)
        let stranger = try team.keyPackage()
        let founded = try team.groups[0].branch(
            groupId: [5], identity: team.clients[0].identity, keyPackages: [own.keyPackage, stranger], now: testTime,
            judge: Blind(), using: &team.generator)
        guard case .welcome(let welcome)? = founded.welcome?.body else { return }
        expectRefusal(.predecessorMembers) { _ = try join(welcome, own, .branch(of: team.groups[1])) }
    }

    @Test
    func `a branch that is joined in a later epoch than its first`() throws {
        var team = try TestGroup(3)
        var founded = try team.groups[0].branch(
            groupId: [5], identity: team.clients[0].identity, keyPackages: [], now: testTime, judge: AcceptAll(),
            using: &team.generator
        ).group
        let own = try team.clients[1].keyPackage(using: &team.generator)
        let key = PreSharedKeyID.Key.resumption(
            usage: .branch, groupId: team.groups[0].groupId, epoch: team.groups[0].epoch)
        let options = CommitOptions([
            .add(own.keyPackage), founded.preSharedKeyProposal(key, using: &team.generator),
        ])
        let commit = try founded.commit(
            options, purpose: .branch, psks: PreSharedKeys([key: team.groups[0].secrets.resumptionPSK]),
            now: testTime, judge: AcceptAll(), using: &team.generator)
        guard case .welcome(let welcome)? = commit.welcome?.body else { return }
        expectRefusal(.predecessorEpoch) { _ = try join(welcome, own, .branch(of: team.groups[1])) }
    }
}
