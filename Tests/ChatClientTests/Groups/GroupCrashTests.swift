import ChatProtocol
import Foundation
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient
@testable import SQLite

/// A member whose process ends before every single statement, and begins again from its files.
@Suite struct GroupCrashTests {
    /// What is outside of the process: bob, and the log of what the server took.
    private struct World {
        var pair: GroupPair
        var log: [MLSMessage] = []

        init() throws { pair = try GroupPair() }
    }

    /// First what is stored, in one transaction; then what the world sees of it.
    private typealias Step = (name: String, run: (inout World, ClientStore) throws -> Void)

    private var steps: [Step] {
        [
            ("join", join), ("receive", receive), ("commit", commit), ("send the commit", send), ("merge", merge),
            ("make a join from outside", leap), ("send the join", send), ("promote", merge), ("receive again", receive),
        ]
    }

    private func join(_ world: inout World, _ store: ClientStore) throws {
        if try store.groupStanding(of: world.pair.conversation) == nil { try world.pair.join(store) }
    }

    /// Bob's message is the next entry of the log.
    private func receive(_ world: inout World, _ store: ClientStore) throws {
        let seq = try #require(try store.groupStanding(of: world.pair.conversation)).seq
        var pair = world.pair
        if world.log.count + 1 == Int(seq.value) { world.log.append(try pair.otherSends([1])) }
        let message = try #require(world.log.last)
        if world.log.count + 1 > Int(seq.value) {
            try store.write {
                let rows = store.groupRows
                let (content, changes) = try StoredGroup.open(message, from: rows)
                #expect(content.data == [1])
                try rows.apply(changes)
                try store.setGroupStanding(pair.standing(seq.next ?? seq))
            }
        }
        world.pair = pair
    }

    private func commit(_ world: inout World, _ store: ClientStore) throws {
        let pair = world.pair
        let place = try pair.place()
        var opener = Opener(judge: pair.judge)
        let made = try opener.change(pair.conversation, in: store) { held in
            try CommitMaker(store: store, place: place, conversation: pair.conversation, now: 1)
                .make(CommitWish { _, _ in [] }, &held)
        }
        #expect(made == .waits(.commit))
    }

    private func leap(_ world: inout World, _ store: ClientStore) throws {
        let pair = world.pair
        let info = try pair.other.groupInfo()
        try store.write {
            guard try store.waitingCommit(of: pair.conversation) == nil else { return }
            var options = ExternalJoinOptions()
            options.removing = pair.joined.ownLeaf
            var generator = SystemRandomNumberGenerator()
            var (group, message) = try Group.joinExternally(
                info, identity: try pair.ann.identity(), options: options, now: nil, judge: pair.judge,
                using: &generator)
            try group.save(to: store.stagedGroupRows)
            #expect(try store.keepWaiting(waiting(pair, .externalJoin, message)))
        }
    }

    private func waiting(_ pair: GroupPair, _ kind: WaitingCommit.Kind, _ message: MLSMessage) -> WaitingCommit {
        WaitingCommit(
            conversation: pair.conversation, kind: kind, id: MessageID(high: 0, low: UInt64(kind.rawValue)),
            position: pair.standing(1).position(epoch: Epoch(pair.other.epoch)), handshake: message.encoded,
            groupInfo: [])
    }

    /// The server takes it once; bob follows.
    private func send(_ world: inout World, _ store: ClientStore) throws {
        guard let commit = try store.waitingCommit(of: world.pair.conversation) else { return }
        let message = try MLSMessage(decoding: commit.handshake)
        guard world.log.last != message else { return }
        world.log.append(message)
        try world.pair.other.follow(message, judge: world.pair.judge)
    }

    private func merge(_ world: inout World, _ store: ClientStore) throws {
        let pair = world.pair
        let end = SequenceNumber(UInt64(world.log.count) + 1)
        try store.write {
            guard let commit = try store.waitingCommit(of: pair.conversation) else { return }
            if commit.kind.isStaged {
                #expect(try store.promoteStagedGroup(pair.groupId))
            } else {
                var group = try pair.load(store)
                #expect(try group.open(try MLSMessage(decoding: commit.handshake)) == .ownCommit)
                try group.mergePending()
                try group.save(to: store.groupRows)
            }
            try store.dropWaitingCommit(of: pair.conversation)
            try store.setGroupStanding(pair.standing(end))
        }
    }

    @Test func `E3: a process that ends before any statement goes on from its files, and nothing is half there`()
        throws
    {
        var world = try World()
        let scene = try StoreScene()
        var images = 0
        for step in steps {
            // How many statements it has, its own process finds out; before each of them it could end.
            var after = world
            let whole = try StoreImage(before: .max, of: scene.store.database)
            let start = try Copy(of: scene)
            try step.run(&after, scene.store)
            StoreImage.end(of: scene.store.database)
            for wanted in 1..<max(2, whole.count + 1) {
                let attempt = try start.opened()
                let image = try StoreImage(before: wanted, of: attempt.store.database)
                var lost = world
                try step.run(&lost, attempt.store)
                StoreImage.end(of: attempt.store.database)
                guard image.isTaken else { continue }
                images += 1
                let again = try Copy(files: image.path).opened()
                try expectWhole(again.store, world, "\(step.name), before statement \(wanted)")
                var resumed = world
                try step.run(&resumed, again.store)
                try expectWhole(again.store, resumed, "\(step.name), after statement \(wanted)")
                let standing = try again.store.groupStanding(of: world.pair.conversation)
                #expect(try standing == scene.store.groupStanding(of: world.pair.conversation))
            }
            world = after
        }
        #expect(try world.pair.load(scene.store).context == world.pair.other.context)
        #expect(images > 50)
    }

    /// The group and what is known of it are of one moment.
    private func expectWhole(_ store: ClientStore, _ world: World, _ place: String) throws {
        let pair = world.pair
        let summary = try StoredGroup.summary(of: pair.groupId, from: store.groupRows)
        #expect((summary != nil) == (try store.groupStanding(of: pair.conversation) != nil), "\(place)")
        guard summary != nil else { return }
        _ = try pair.load(store)
        let waiting = try store.waitingCommit(of: pair.conversation)
        #expect((waiting?.kind == .commit) == (summary?.hasPendingCommit == true), "\(place)")
        let staged = try StoredGroup.summary(of: pair.groupId, from: store.stagedGroupRows)
        #expect((waiting?.kind.isStaged == true) == (staged != nil), "\(place)")
    }
}

/// Files of a store, to be opened as often as one likes.
private struct Copy {
    private let scratch: Scratch
    private var path: String { scratch.url.path + "/store" }

    init(of scene: StoreScene) throws { try self.init(files: scene.directory.storeFile) }

    init(files: String) throws {
        scratch = try Scratch()
        try FileCopy.makeStore(of: files, at: path)
    }

    /// A profile of its own with these files.
    func opened() throws -> StoreScene { try StoreScene(storeFiles: path) }
}
