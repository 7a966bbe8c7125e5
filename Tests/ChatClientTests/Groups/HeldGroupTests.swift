import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

@Suite struct HeldGroupTests {
    @Test func `S1: a group that is held is used only while nobody else has stored it`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        let second = try scene.other()
        var held = HeldGroup()
        /// A transaction of this process: it takes a commit by the group that it holds.
        func follow(_ commit: MLSMessage) throws {
            var copy = held
            try scene.store.write {
                let rows = scene.store.groupRows
                var group = try copy.current(pair.groupId, in: rows, judge: pair.judge)
                try group.follow(commit, judge: pair.judge)
                try copy.save(group, to: rows)
            }
            held = copy
        }
        try follow(try pair.otherCommits())
        try follow(try pair.otherCommits())
        #expect(held.loads == 1)
        // Messages go by the rows, and leave it.
        let message = try pair.otherSends([1])
        try scene.store.write {
            let (content, changes) = try StoredGroup.open(message, from: scene.store.groupRows)
            #expect(content.data == [1])
            try scene.store.groupRows.apply(changes)
        }
        try follow(try pair.otherCommits())
        #expect(held.loads == 1)
        // Another process is quicker.
        let commit = try pair.otherCommits()
        try second.write {
            var group = try pair.load(second)
            try group.follow(commit, judge: pair.judge)
            try group.save(to: second.groupRows)
        }
        try follow(try pair.otherCommits())
        #expect(held.loads == 2)
        #expect(try pair.load(scene.store).context == pair.other.context)
    }

    @Test func `S1: a group that was entered anew is loaded, although its rows have come to the same version`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        var held = HeldGroup()
        let commits = try (0..<4).map { _ in try pair.otherCommits() }
        try scene.store.write {
            let rows = scene.store.groupRows
            var group = try held.current(pair.groupId, in: rows, judge: pair.judge)
            try group.follow(commits[0], judge: pair.judge)
            try held.save(group, to: rows)
        }
        // Another process leaves it, enters anew further on, and takes a commit there.
        let second = try scene.other()
        try second.write {
            try second.leaveGroup(of: pair.conversation)
            var group = pair.joined
            for commit in commits.prefix(2) { try group.follow(commit, judge: pair.judge) }
            try group.save(to: second.groupRows)
            try group.follow(commits[2], judge: pair.judge)
            try group.save(to: second.groupRows)
        }
        try scene.store.write {
            let rows = scene.store.groupRows
            var group = try held.current(pair.groupId, in: rows, judge: pair.judge)
            try group.follow(commits[3], judge: pair.judge)
            try held.save(group, to: rows)
        }
        #expect(try pair.load(scene.store).context == pair.other.context)
    }

    @Test func `S1: what a transaction that came to nothing has made is not held`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        var held = HeldGroup()
        struct End: Error {}
        // This process follows a commit and is stopped; another one takes the same place with a commit of its own.
        let before = pair.other
        let lost = try pair.otherCommits()
        var copy = held
        #expect(throws: End.self) {
            try scene.store.write {
                var group = try copy.current(pair.groupId, in: scene.store.groupRows, judge: pair.judge)
                try group.follow(lost, judge: pair.judge)
                try copy.save(group, to: scene.store.groupRows)
                throw End()
            }
        }
        pair.other = before
        let taken = try pair.otherCommits()
        let second = try scene.other()
        try second.write {
            var group = try pair.load(second)
            try group.follow(taken, judge: pair.judge)
            try group.save(to: second.groupRows)
        }
        try scene.store.write {
            let group = try held.current(pair.groupId, in: scene.store.groupRows, judge: pair.judge)
            #expect(group.context == pair.other.context)
        }
    }
}
