import Foundation
import TestSupport
import Testing

@testable import MLS

/// Does it, unless it was done before, which `check` says.
private func unless(_ check: Check, _ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as MLSError where error.check == check {}
}

/// A member whose process ends at every single write, and begins again from its file.
@Suite struct CrashTests {
    /// The others, in memory, and what the member's process has sent or shown: beside its database, in its own.
    private struct World {
        var team: TestGroup
        /// What others have read of the member's messages, and the member of theirs.
        var read: [[UInt8]] = []
        /// What was sent to the member and waits.
        var inbox: [MLSMessage] = []
        let own: KeyPackageSecrets
        let welcome: Welcome

        init() throws {
            let invitation = try Invitation()
            team = invitation.team
            own = invitation.own
            welcome = invitation.welcome
            // Its leaf is the last.
            team.clients.append(try Client("new", using: &team.generator))
        }

        /// A message of the member arrives: everybody reads what is new, and knows what came twice.
        mutating func receive(_ message: MLSMessage) throws {
            guard case .privateMessage = message.body else {
                for index in team.groups.indices {
                    try unless(.epochPast) { try team.groups[index].process(message) }
                }
                return try unless(.epochPast) { try team.follower.process(message) }
            }
            var content: [UInt8]?
            for index in team.groups.indices {
                try unless(.generationUsed) { content = try team.groups[index].read(message).data }
            }
            if let content { read.append(content) }
        }
    }

    private typealias Step = (name: String, run: (inout World, SQLiteGroupStore) throws -> Void)
    private let groupId: [UInt8] = [1, 2, 3]
    private var steps: [Step] {
        [
            ("join", join), ("send", send([1])), ("commit", commit), ("send again", send([2])), ("receive", receive),
            ("follow", follow), ("update", update), ("send at last", send([3])),
        ]
    }

    private func join(_ world: inout World, _ store: SQLiteGroupStore) throws {
        if try store.row(RowKey(groupId: groupId, kind: .head)) != nil { return }
        var group = try Group.join(world.welcome, with: world.own, now: testTime, judge: AcceptAll())
        try group.save(to: store)
    }

    /// Ciphertext and ratchet in one transaction; then it is sent, and what is found in the outbox is sent again as it is.
    private func send(_ data: [UInt8]) -> (inout World, SQLiteGroupStore) throws -> Void {
        { world, store in
            if try store.outbox().isEmpty {
                let (message, changes) = try StoredGroup.send(
                    data, to: groupId, from: store, using: &world.team.generator)
                try store.apply(changes, sending: message.encoded)
            }
            for bytes in try store.outbox() { try world.receive(try MLSMessage(decoding: bytes)) }
            try store.clearOutbox()
        }
    }

    private func commit(_ world: inout World, _ store: SQLiteGroupStore) throws {
        var group = try Group.load(groupId, from: store, judge: AcceptAll())
        // Whether it has happened already, the application knows from the order that somebody else keeps.
        if group.epoch == world.team.groups[0].epoch, group.pendingCommit == nil {
            _ = try group.commit(now: testTime, judge: AcceptAll(), using: &world.team.generator)
            try group.save(to: store)
        }
        guard let pending = group.pendingCommit else { return }
        try world.receive(pending.message)
        try group.mergePending()
        try group.save(to: store)
    }

    private func receive(_ world: inout World, _ store: SQLiteGroupStore) throws {
        if world.inbox.isEmpty {
            for sender in [0, 2, 2] {
                world.inbox.append(
                    try world.team.groups[sender].send([UInt8(sender)], using: &world.team.generator))
            }
        }
        for message in world.inbox {
            // What was stored before the crash is known.
            try unless(.generationUsed) {
                let (content, changes) = try StoredGroup.open(message, from: store)
                try store.apply(changes, showing: content.data)
            }
        }
        // Each once, in this order.
        #expect(try store.shown() == [[0], [2], [2]])
        world.inbox = []
    }

    private func follow(_ world: inout World, _ store: SQLiteGroupStore) throws {
        var group = try Group.load(groupId, from: store, judge: AcceptAll())
        if world.inbox.isEmpty {
            let pending = try world.team.groups[3].commit(
                CommitOptions([.remove(LeafIndex(1))]), now: testTime, judge: AcceptAll(),
                using: &world.team.generator)
            for index in [0, 1, 2] { try world.team.groups[index].process(pending.message) }
            try world.team.follower.process(pending.message)
            try world.team.groups[3].mergePending()
            world.team.groups.remove(at: 1)
            world.inbox = [pending.message]
        }
        for message in world.inbox {
            if group.epoch < world.team.groups[0].epoch {
                try group.process(message)
                try group.save(to: store)
            }
        }
        world.inbox = []
    }

    private func update(_ world: inout World, _ store: SQLiteGroupStore) throws {
        var group = try Group.load(groupId, from: store, judge: AcceptAll())
        let isOver = group.epoch < world.team.groups[0].epoch || !world.inbox.isEmpty
        if !isOver {
            let message = try group.proposeUpdate(using: &world.team.generator)
            try group.save(to: store)
            for index in world.team.groups.indices { try world.team.groups[index].process(message) }
            try world.team.follower.process(message)
            let pending = try world.team.groups[0].commit(
                now: testTime, judge: AcceptAll(), using: &world.team.generator)
            for index in world.team.groups.indices.dropFirst() { try world.team.groups[index].process(pending.message) }
            try world.team.follower.process(pending.message)
            try world.team.groups[0].mergePending()
            world.inbox = [pending.message]
        }
        for message in world.inbox where group.epoch < world.team.groups[0].epoch {
            try group.process(message)
            try group.save(to: store)
        }
        world.inbox = []
    }

    @Test
    func `a process that ends between any two writes goes on from its rows: nothing lost, sent or shown twice`() throws
    {
        let scratch = try Scratch()
        let whole = scratch.url.appendingPathComponent("whole").path
        var world = try World()
        var crashes = 0
        for step in steps {
            let copy = scratch.url.appendingPathComponent("copy").path
            for writes in 0... {
                try? FileManager.default.removeItem(atPath: copy)
                if FileManager.default.fileExists(atPath: whole) {
                    try FileManager.default.copyItem(atPath: whole, toPath: copy)
                }
                var attempt = world
                let crashed = try run(step, &attempt, copy, crashingAfter: writes)
                if crashed {
                    crashes += 1
                    #expect(try run(step, &attempt, copy, crashingAfter: nil) == false)
                }
                try check(&attempt, copy, "\(step.name), \(writes) writes")
                if !crashed { break }
            }
            _ = try run(step, &world, whole, crashingAfter: nil)
        }
        #expect(world.read == [[1], [2], [3]])
        #expect(crashes > 100)
    }

    /// Runs a step in a process of its own; says whether it crashed.
    private func run(
        _ step: Step, _ world: inout World, _ path: String, crashingAfter writes: Int?
    ) throws -> Bool {
        let store = try SQLiteGroupStore(path: path)
        store.writesUntilCrash = writes
        do {
            try step.run(&world, store)
            return false
        } catch let error as MLSError where error.check == .storeFailed && store.writesUntilCrash == 0 {
            return true
        }
    }

    /// What is stored is a member of the group like any other, and nothing it has sent was new to nobody.
    private func check(_ world: inout World, _ path: String, _ name: String) throws {
        let store = try SQLiteGroupStore(path: path)
        var group = try Group.load(groupId, from: store, judge: AcceptAll())
        #expect(group.epochAuthenticator == world.team.groups[0].epochAuthenticator, "\(name)")
        #expect(group.context == world.team.follower.context, "\(name)")
        #expect(Set(world.read).count == world.read.count, "\(name)")
        let message = try group.send([77], using: &world.team.generator)
        #expect(try world.team.groups[0].read(message).data == [77], "\(name)")
        let answer = try world.team.groups[1].send([78], using: &world.team.generator)
        #expect(try group.read(answer).data == [78], "\(name)")
    }
}
