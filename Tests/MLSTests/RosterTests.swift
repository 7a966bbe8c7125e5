import Synchronization
import Testing

@testable import MLS

/// Keeps what it is shown of whole trees.
private final class WatchingJudge: Judge {
    private let seen = Mutex<(trees: [[LeafIndex]], commits: [JudgedCommit])>(([], []))

    func judge(tree: Roster, in context: GroupContext) -> Verdict {
        seen.withLock { $0.trees.append(tree.members.map(\.index)) }
        return .accept
    }

    func judge(commit: JudgedCommit) -> Verdict {
        seen.withLock { $0.commits.append(commit) }
        return .accept
    }

    /// The trees that it was asked about since the last time.
    func takeTrees() -> [[LeafIndex]] {
        seen.withLock { seen in
            defer { seen.trees = [] }
            return seen.trees
        }
    }

    func takeCommit() -> JudgedCommit? { seen.withLock { $0.commits.popLast() } }
}

/// Refuses trees of more than so many.
private struct AtMost: Judge {
    let count: Int

    func judge(tree: Roster, in context: GroupContext) -> Verdict {
        tree.count > count ? .refuse("\(tree.count) leaves") : .accept
    }
}

/// What the judge sees of the whole.
@Suite struct RosterTests {
    private let groupId: [UInt8] = [1, 2, 3]

    private func indices(_ count: Int) -> [LeafIndex] { (0..<count).map { LeafIndex($0) } }

    @Test
    func `the judge is asked about the whole tree at every founding, join, load and following, and once`() throws {
        let judge = WatchingJudge()
        var team = try TestGroup(4)
        _ = try Group.create(
            groupId: [9], suite: team.suite, identity: team.clients[0].identity, lifetime: testLifetime, judge: judge,
            using: &team.generator)
        #expect(judge.takeTrees() == [indices(1)])
        let invitation = try Invitation()
        _ = try Group.join(invitation.welcome, with: invitation.own, now: testTime, judge: judge)
        #expect(judge.takeTrees() == [indices(5)])
        let info = try team.groups[0].groupInfo()
        var follower = try PublicGroup(info, now: testTime, judge: judge)
        #expect(judge.takeTrees() == [indices(4)])
        let newcomer = try Client("new", using: &team.generator)
        _ = try Group.joinExternally(
            info, identity: newcomer.identity, now: testTime, judge: judge, using: &team.generator)
        #expect(judge.takeTrees() == [indices(4)])
        _ = try Group.joinExternally(
            following: follower, identity: newcomer.identity, now: testTime, judge: judge, using: &team.generator)
        #expect(judge.takeTrees() == [indices(4)])
        let store = MemoryGroupStore()
        try team.groups[0].save(to: store)
        try follower.save(to: store)
        _ = try Group.load(groupId, from: store, judge: judge)
        #expect(judge.takeTrees() == [indices(4)])
        _ = try PublicGroup.load(groupId, from: store, judge: judge)
        #expect(judge.takeTrees() == [indices(4)])
    }

    @Test
    func `a judge that refuses a tree is obeyed wherever one begins with it`() throws {
        var team = try TestGroup(4)
        let few = AtMost(count: 3)
        let info = try team.groups[0].groupInfo()
        let store = MemoryGroupStore()
        try team.groups[0].save(to: store)
        try team.follower.publish(info)
        try team.follower.save(to: store)
        let newcomer = try Client("new", using: &team.generator)
        let invitation = try Invitation()
        expectRefusal(.treeRefused) { _ = try PublicGroup(info, now: testTime, judge: few) }
        expectRefusal(.treeRefused) { _ = try PublicGroup.load(groupId, from: store, judge: few) }
        expectRefusal(.treeRefused) { _ = try Group.load(groupId, from: store, judge: few) }
        expectRefusal(.treeRefused) {
            _ = try Group.join(invitation.welcome, with: invitation.own, now: testTime, judge: few)
        }
        expectRefusal(.treeRefused) {
            _ = try Group.joinExternally(
                info, identity: newcomer.identity, now: testTime, judge: few, using: &team.generator)
        }
        expectRefusal(.treeRefused) {
            _ = try Group.joinExternally(
                following: team.follower, identity: newcomer.identity, now: testTime, judge: few,
                using: &team.generator)
        }
        expectRefusal(.treeRefused) {
            _ = try Group.create(
                groupId: [9], suite: team.suite, identity: newcomer.identity, lifetime: testLifetime,
                judge: AtMost(count: 0), using: &team.generator)
        }
    }

    /// What a commit changes, seen by its maker, by a member and by a follower alike, is what really comes of it.
    private func expectSame(
        _ message: MLSMessage, by maker: JudgedCommit?, changing places: [Int], _ team: inout TestGroup, at member: Int,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let judge = WatchingJudge()
        var group = team.groups[member]
        try group.process(message, judge: judge)
        let byMember = judge.takeCommit()
        try team.follower.process(message, judge: judge)
        for seen in [maker, byMember, judge.takeCommit()] {
            let seen = try #require(seen, sourceLocation: location)
            #expect(seen.changes.map(\.index) == places.map { LeafIndex($0) }, sourceLocation: location)
            #expect(
                seen.after.members.map(\.leaf) == team.follower.members.map(\.leaf)
                    && seen.after.members.map(\.index) == team.follower.members.map(\.index), sourceLocation: location)
            #expect(seen.after.count == team.follower.members.count, sourceLocation: location)
            #expect(
                seen.before.members.map(\.leaf) == team.groups[member].members.map(\.leaf), sourceLocation: location)
            #expect(seen.extensions == team.follower.context.extensions, sourceLocation: location)
            for change in seen.changes {
                #expect(change.old == seen.before[change.index], sourceLocation: location)
                #expect(change.new == seen.after[change.index] && change.new != change.old, sourceLocation: location)
            }
            let other = Set(seen.before.members.map(\.index)).union(seen.after.members.map(\.index))
                .subtracting(seen.changes.map(\.index))
            for index in other { #expect(seen.before[index] == seen.after[index], sourceLocation: location) }
        }
        for index in team.groups.indices
        where team.groups[index].epoch < team.follower.epoch && team.groups[index].status == .active {
            guard team.groups[index].pendingCommit == nil else {
                try team.groups[index].mergePending()
                continue
            }
            try team.groups[index].process(message)
        }
    }

    @Test
    func `a commit is shown with the leaves before and after it, and where they differ`() throws {
        var team = try TestGroup(5)
        let judge = WatchingJudge()
        func commit(
            _ options: CommitOptions, by member: Int, _ team: inout TestGroup
        ) throws -> MLSMessage {
            try team.groups[member].commit(options, now: testTime, judge: judge, using: &team.generator).message
        }
        // With a path; then without, adding one.
        try expectSame(try commit(CommitOptions(), by: 2, &team), by: judge.takeCommit(), changing: [2], &team, at: 1)
        var adding = CommitOptions([.add(try team.keyPackage())])
        adding.forcePath = false
        try expectSame(try commit(adding, by: 0, &team), by: judge.takeCommit(), changing: [5], &team, at: 1)
        // One leaves, another takes its place, a third proposed new keys.
        try team.deliver(try team.groups[3].proposeUpdate(using: &team.generator), except: 3)
        let turn = CommitOptions([.remove(LeafIndex(1)), .add(try team.keyPackage())])
        let message = try commit(turn, by: 0, &team)
        try expectSame(message, by: judge.takeCommit(), changing: [0, 1, 3], &team, at: 2)
        // Somebody comes back from outside, to another place than before.
        try expectSame(
            try commit(CommitOptions([.remove(LeafIndex(1))]), by: 0, &team), by: judge.takeCommit(), changing: [0, 1],
            &team,
            at: 2)
        var options = ExternalJoinOptions()
        options.removing = LeafIndex(4)
        let (_, external) = try Group.joinExternally(
            try team.groups[0].groupInfo(), identity: team.clients[4].identity, options: options, now: testTime,
            judge: judge, using: &team.generator)
        try expectSame(external, by: judge.takeCommit(), changing: [1, 4], &team, at: 2)
    }

    @Test
    func `the extensions after a commit are shown with it`() throws {
        var team = try TestGroup(3)
        let judge = WatchingJudge()
        let wanted = try Extensions([.requiredCapabilities(RequiredCapabilities(credentialTypes: [.basic]))])
        let message = try team.groups[0].commit(
            CommitOptions([.groupContextExtensions(wanted)]), now: testTime, judge: judge, using: &team.generator
        ).message
        #expect(judge.takeCommit()?.extensions == wanted)
        try team.groups[1].process(message, judge: judge)
        #expect(judge.takeCommit()?.extensions == wanted)
    }
}
