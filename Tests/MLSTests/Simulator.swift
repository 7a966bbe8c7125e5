import TestSupport
import Testing

@testable import MLS

/// A life of a group from a seed: everything that may happen to it happens, and after every epoch all agree.
struct Simulator {
    /// A member's place: its group, its store, and what has reached it in this epoch.
    private struct Member {
        let client: Client
        var group: Group
        let store: MemoryGroupStore
        var opened: Set<Int> = []
    }

    private var generator: SeededGenerator
    private var members: [Member] = []
    private var removed: [Member] = []
    /// Members as they were before they were removed: what came later must be closed to them.
    private var outdated: [Group] = []
    /// Whom a commit did not reach: they can only come back by a resync.
    private var lost: [Member] = []
    private var follower: PublicGroup
    private let limit: Int
    private var names = 0
    /// Application messages of this epoch, with who sent them.
    private var messages: [(message: MLSMessage, sender: LeafIndex, data: [UInt8])] = []
    private var pastMessages: [MLSMessage] = []
    private var pastHandshakes: [MLSMessage] = []
    private(set) var epochs = 0
    private(set) var counts: [String: Int] = [:]
    private let groupId: [UInt8] = [7, 7, 7]

    /// - Parameters:
    ///   - limit: how many members it may have.
    ///   - founders: how many are there from the start.
    init(seed: UInt64, limit: Int, founders: Int = 1) throws {
        generator = SeededGenerator(seed: seed)
        self.limit = limit
        let client = try Client("0", using: &generator)
        let group = try Group.create(
            groupId: [7, 7, 7], suite: client.suite, identity: client.identity, lifetime: testLifetime,
            judge: AcceptAll(), using: &generator)
        follower = try PublicGroup(try group.groupInfo(), now: testTime, judge: AcceptAll())
        members = [Member(client: client, group: group, store: MemoryGroupStore())]
        try members[0].group.save(to: members[0].store)
        var options = CommitOptions()
        var joining: [(Client, KeyPackageSecrets)] = []
        for _ in 1..<max(founders, 1) { try invite(&joining, &options) }
        guard !joining.isEmpty else { return }
        let pending = try members[0].group.commit(options, now: testTime, judge: AcceptAll(), using: &generator)
        try accept(pending.message, by: 0, welcome: pending.welcome, joining: joining)
    }

    private mutating func invite(
        _ joining: inout [(Client, KeyPackageSecrets)], _ options: inout CommitOptions
    ) throws {
        let client = try newClient()
        let own = try client.keyPackage(using: &generator)
        options.proposals.append(.add(own.keyPackage))
        joining.append((client, own))
    }

    /// How many the group has, those included who have lost it.
    private var size: Int { members.count + lost.count }

    private mutating func roll(_ count: Int) -> Int { Int.random(in: 0..<max(count, 1), using: &generator) }

    private mutating func newClient() throws -> Client {
        names += 1
        return try Client("\(names)", using: &generator)
    }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps { try step() }
        #expect(epochs > steps / 4)
    }

    private mutating func step() throws {
        let kind: String
        switch roll(20) {
        case 0...4:
            kind = "message"
            try send()
        case 5, 6:
            kind = "restart"
            try restart()
        case 7, 8:
            kind = "update"
            try proposeUpdate()
        case 9 where members.count > 3:
            kind = "proposed removal"
            try proposeRemoval()
        case 10, 11:
            kind = "external join"
            try joinExternally(resync: false)
        case 12:
            kind = "resync"
            try joinExternally(resync: true)
        case 13:
            kind = "race"
            try race()
        default:
            kind = "commit"
            try commit()
        }
        counts[kind, default: 0] += 1
    }

    // MARK: Messages

    private mutating func send() throws {
        let index = roll(members.count)
        guard members[index].group.pendingProposals.isEmpty else { return }
        let data = [UInt8](repeating: UInt8(messages.count & 255), count: roll(40))
        let message: MLSMessage
        if roll(2) == 0 {
            // Through the rows, as a process does that lives for one message.
            try members[index].group.save(to: members[index].store)
            let (sealed, changes) = try StoredGroup.send(
                data, to: groupId, from: members[index].store, using: &generator)
            try members[index].store.apply(changes)
            members[index].group = try Group.load(groupId, from: members[index].store, judge: AcceptAll())
            message = sealed
        } else {
            message = try members[index].group.send(data, padding: .multiple(of: 32), using: &generator)
        }
        messages.append((message, members[index].group.ownLeaf, data))
        // Some get it now, in whatever order; the others get it before the epoch ends.
        for reader in members.indices where roll(2) == 0 { try deliver(messages.count - 1, to: reader) }
    }

    private mutating func deliver(_ place: Int, to reader: Int) throws {
        let (message, sender, data) = messages[place]
        if sender == members[reader].group.ownLeaf {
            expectRefusal(.ownMessage) { _ = try members[reader].group.open(message) }
        } else if members[reader].opened.insert(place).inserted {
            let read = try members[reader].group.read(message)
            #expect(read.data == data && read.sender == sender)
        } else {
            expectRefusal(.generationUsed) { _ = try members[reader].group.open(message) }
        }
    }

    /// Everything of this epoch reaches everybody, in an order of its own for each; some of it twice.
    private mutating func flush() throws {
        for reader in members.indices {
            for place in messages.indices.shuffled(using: &generator) {
                // Some never arrive; those behind them open all the same.
                if roll(12) == 0 { continue }
                if !members[reader].opened.contains(place) { try deliver(place, to: reader) }
                if roll(4) == 0 { try deliver(place, to: reader) }
            }
            members[reader].opened = []
        }
        for place in messages.indices {
            let message = messages[place].message
            for index in removed.indices.suffix(4) {
                expectRefusal(.notMember) { _ = try removed[index].group.open(message) }
            }
            // Those who were removed try with the keys that they had, which takes another epoch in the header.
            for group in outdated.suffix(4) {
                guard case .privateMessage(var renamed) = message.body else { continue }
                var old = group
                expectRefusal(.epochFuture) { _ = try old.open(message) }
                renamed.epoch = old.epoch
                expectRefusal(.senderDataInvalid) { _ = try old.open(MLSMessage(.privateMessage(renamed))) }
            }
        }
        pastMessages = messages.map(\.message)
        messages = []
    }

    private mutating func restart() throws {
        let index = roll(members.count)
        try members[index].group.save(to: members[index].store)
        members[index].group = try Group.load(groupId, from: members[index].store, judge: AcceptAll())
    }

    // MARK: Handshakes

    private mutating func proposeUpdate() throws {
        let index = roll(members.count)
        let message = try members[index].group.proposeUpdate(using: &generator)
        try spread(message, from: index)
    }

    private mutating func proposeRemoval() throws {
        let index = roll(members.count)
        let target = members[roll(members.count)].group.ownLeaf
        let message = try members[index].group.propose(.remove(target), using: &generator)
        try spread(message, from: index)
    }

    private mutating func spread(_ message: MLSMessage, from index: Int) throws {
        for other in members.indices where other != index {
            try members[other].group.process(message)
            // A proposal that comes twice is the same proposal.
            if roll(3) == 0 { try members[other].group.process(message) }
        }
        try follower.process(message)
    }

    private mutating func options(_ committer: Int) throws -> (CommitOptions, [(Client, KeyPackageSecrets)]) {
        var options = CommitOptions()
        options.forcePath = roll(3) != 0
        options.welcomeCarriesTree = roll(2) == 0
        var joining: [(Client, KeyPackageSecrets)] = []
        for _ in 0..<roll(4) where size + joining.count < limit { try invite(&joining, &options) }
        if roll(3) == 0, members.count > 4 {
            let all = members + lost
            let target = all[roll(all.count)].group.ownLeaf
            let isProposed = members[committer].group.pendingProposals.contains { item in
                item.proposal == .remove(target) || item.sender == .member(target)
            }
            if target != members[committer].group.ownLeaf, !isProposed { options.proposals.append(.remove(target)) }
        }
        return (options, joining)
    }

    private mutating func commit() throws {
        let committer = roll(members.count)
        let (options, joining) = try options(committer)
        let pending = try members[committer].group.commit(
            options, now: testTime, judge: AcceptAll(), using: &generator)
        if roll(3) == 0 {
            try members[committer].group.save(to: members[committer].store)
            members[committer].group = try Group.load(groupId, from: members[committer].store, judge: AcceptAll())
        }
        try accept(pending.message, by: committer, welcome: pending.welcome, joining: joining)
    }

    /// Two commit at once; the one that is ordered first wins, and the other's is dropped by everybody.
    private mutating func race() throws {
        guard members.count > 2 else { return }
        let first = roll(members.count)
        let second = (first + 1 + roll(members.count - 1)) % members.count
        let (options, joining) = try options(first)
        let winner = try members[first].group.commit(
            options, now: testTime, judge: AcceptAll(), using: &generator)
        let loser = try members[second].group.commit(now: testTime, judge: AcceptAll(), using: &generator)
        try accept(winner.message, by: first, welcome: winner.welcome, joining: joining)
        for index in members.indices {
            expectRefusal(.epochPast) { _ = try members[index].group.open(loser.message) }
        }
        expectRefusal(.epochPast) { _ = try follower.open(loser.message) }
    }

    private mutating func joinExternally(resync: Bool) throws {
        guard resync || size < limit else { return }
        let helper = roll(members.count)
        let info = try members[helper].group.groupInfo(withTree: false)
        try follower.publish(info)
        var options = ExternalJoinOptions()
        var client = try newClient()
        var isBack = false
        var store: MemoryGroupStore?
        if resync, let returning = lost.popLast() ?? (members.count > 1 ? members[roll(members.count)] : nil) {
            isBack = !members.contains { $0.client.name == returning.client.name }
            options.removing = returning.group.ownLeaf
            client = returning.client
            store = returning.store
            // What it has missed stays closed to its old state.
            if isBack, let message = messages.last?.message {
                var old = returning.group
                expectRefusal(.epochFuture) { _ = try old.open(message) }
            }
        }
        let (group, commit) = try Group.joinExternally(
            info, tree: follower.ratchetTree, identity: client.identity, options: options, now: testTime,
            judge: AcceptAll(), using: &generator)
        if isBack { counts["return", default: 0] += 1 }
        let replaced = members.firstIndex { $0.group.ownLeaf == options.removing }
        try accept(commit, by: nil, replacing: replaced, welcome: nil, joining: [])
        var member = Member(client: client, group: group, store: store ?? MemoryGroupStore())
        if store != nil {
            expectRefusal(.storeConflict) { try member.group.save(to: member.store) }
            try member.group.replaceFormer(in: member.store)
        }
        try member.group.save(to: member.store)
        members.append(member)
        try agree()
    }

    /// A commit was ordered: the epoch's messages arrive first, then everybody processes it.
    private mutating func accept(
        _ message: MLSMessage, by committer: Int?, replacing replaced: Int? = nil, welcome: MLSMessage?,
        joining: [(Client, KeyPackageSecrets)]
    ) throws {
        try flush()
        // Now and then it does not reach somebody.
        var missing: Int?
        if members.count > 4, roll(6) == 0 { missing = roll(members.count) }
        if missing == committer || missing == replaced { missing = nil }
        for index in members.indices where index != missing {
            let before = members[index].group
            try members[index].group.process(message)
            if members[index].group.status == .removed { outdated.append(before) }
        }
        try follower.process(message)
        if let missing { lost.append(members.remove(at: missing)) }
        for index in members.indices.reversed() where members[index].group.status == .removed {
            removed.append(members.remove(at: index))
        }
        // Who was removed meanwhile, or has been replaced, has nothing to come back to.
        lost.removeAll { member in
            follower.member(member.group.ownLeaf)?.signatureKey != member.client.identity.signatureKey.publicKey
        }
        if case .welcome(let welcome)? = welcome?.body {
            for (client, own) in joining {
                let group = try Group.join(
                    welcome, with: own, tree: follower.ratchetTree, now: testTime, judge: AcceptAll())
                var member = Member(client: client, group: group, store: MemoryGroupStore())
                try member.group.save(to: member.store)
                members.append(member)
            }
        } else {
            #expect(joining.isEmpty)
        }
        epochs += 1
        try agree(joining: committer == nil ? 1 : 0)
        for late in pastMessages + pastHandshakes {
            let index = roll(members.count)
            expectRefusal(.epochPast) { _ = try members[index].group.open(late) }
        }
        pastHandshakes = [message]
    }

    /// - Parameter joining: how many are in the tree that are not here yet.
    private mutating func agree(joining: Int = 0) throws {
        guard let first = members.first?.group else { throw TestFailure("an empty group") }
        let exported = try first.exportSecret(label: "sim", context: [1], length: 16)
        for member in members {
            #expect(member.group.epochAuthenticator == first.epochAuthenticator)
            #expect(member.group.context == follower.context)
            #expect(try member.group.exportSecret(label: "sim", context: [1], length: 16) == exported)
            #expect(member.group.memberCount == first.memberCount)
        }
        // The tree hash is in the context; the trees themselves are compared for some.
        let tree = first.ratchetTree
        #expect(follower.ratchetTree == tree && follower.members.count == size + joining)
        for _ in 0..<8 { #expect(members[roll(members.count)].group.ratchetTree == tree) }
    }
}
