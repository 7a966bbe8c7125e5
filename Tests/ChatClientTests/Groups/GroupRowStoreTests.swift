import ChatProtocol
import Foundation
import GroupRules
import MLS
import RulesSupport
import SQLite
import TestSupport
import Testing

@testable import ChatClient

@Suite struct GroupRowStoreTests {
    @Test func `a member that lives in rows goes on after each step`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        for step in UInt8(0)..<4 {
            let commit = try pair.otherCommits()
            try scene.store.write {
                var group = try pair.load(scene.store)
                try group.follow(commit, judge: pair.judge)
                try group.save(to: scene.store.groupRows)
            }
            let message = try pair.otherSends([step])
            let answer = try scene.store.write {
                var batch = try MessageBatch(of: pair.groupId, from: scene.store.groupRows)
                #expect(try batch.open(message, from: scene.store.groupRows).data == [step])
                let answer = try batch.seal([9], from: scene.store.groupRows, using: &pair.generator)
                try scene.store.groupRows.apply(batch.changes)
                return answer
            }
            #expect(try pair.other.read(answer) == [9])
            try scene.store.write {
                var group = try pair.load(scene.store)
                try expectCheck(.generationUsed) { _ = try group.open(message) }
                let own = try group.commit(CommitOptions(), now: nil, judge: pair.judge, using: &pair.generator)
                try group.save(to: scene.store.groupRows)
                try pair.other.follow(own.message, judge: pair.judge)
            }
            try scene.store.write {
                var group = try pair.load(scene.store)
                try group.mergePending()
                try group.save(to: scene.store.groupRows)
            }
            #expect(try pair.load(scene.store).context == pair.other.context)
        }
    }

    @Test func `two processes on one file never send one generation twice`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        let second = try scene.other()
        let (one, two) = (scene.store.groupRows, second.groupRows)
        let first = try StoredGroup.send([1], to: pair.groupId, from: one, using: &pair.generator)
        let late = try StoredGroup.send([2], to: pair.groupId, from: two, using: &pair.generator)
        try scene.store.write { try one.apply(first.changes) }
        try expectCheck(.storeConflict) { try second.write { try two.apply(late.changes) } }
        let again = try second.write {
            let again = try StoredGroup.send([2], to: pair.groupId, from: two, using: &pair.generator)
            try two.apply(again.changes)
            return again.message
        }
        #expect(try pair.other.read(first.message) == [1])
        #expect(try pair.other.read(again) == [2])
        try expectCheck(.generationUsed) { _ = try pair.other.read(late.message) }
    }

    @Test func `a state that somebody else has changed is not stored`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        let second = try scene.other()
        var mine = try pair.load(scene.store)
        var theirs = try pair.load(second)
        let commit = try pair.otherCommits()
        for group in [0, 1] {
            if group == 0 { try mine.follow(commit, judge: pair.judge) }
            if group == 1 { try theirs.follow(commit, judge: pair.judge) }
        }
        try second.write { try theirs.save(to: second.groupRows) }
        try expectCheck(.storeConflict) { try scene.store.write { try mine.save(to: scene.store.groupRows) } }
        #expect(try pair.load(scene.store).context == pair.other.context)
    }

    @Test func `rows stand or fall with the transaction of whoever writes them`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        let rows = scene.store.groupRows
        let before = try StoredGroup.summary(of: pair.groupId, from: rows)
        let commit = try pair.otherCommits()
        struct End: Error {}
        #expect(throws: End.self) {
            try scene.store.write {
                var group = try pair.load(scene.store)
                try group.follow(commit, judge: pair.judge)
                try group.save(to: rows)
                throw End()
            }
        }
        #expect(try StoredGroup.summary(of: pair.groupId, from: rows) == before)
        // Not without one; and what is refused leaves the rest of it.
        var group = try pair.load(scene.store)
        try group.follow(commit, judge: pair.judge)
        try expectCheck(.storeFailed) { try group.save(to: rows) }
        try scene.store.write {
            var stale = try pair.load(scene.store)
            try group.save(to: rows)
            _ = try stale.send([1], using: &pair.generator)
            try expectCheck(.storeConflict) { try stale.save(to: rows) }
            try scene.store.setGroupStanding(pair.standing(2))
        }
        #expect(try scene.store.groupStanding(of: pair.conversation) == pair.standing(2))
        #expect(try pair.load(scene.store).context == pair.other.context)
    }

    @Test func `a full disk is a store that failed, and is told as a full disk`() throws {
        let scene = try StoreScene()
        let pair = try GroupPair()
        // No page more, and those that there are hold no row more.
        try scene.store.database.execute("PRAGMA max_page_count = 1")
        #expect(throws: SQLiteError.self) {
            for number in 1... {
                try scene.store.database.run(
                    "INSERT INTO group_rows VALUES (7, 'filler', 1, ?, 1, zeroblob(40))", number)
            }
        }
        try expectCheck(.storeFailed) { try pair.join(scene.store) }
        let error = #expect(throws: SQLiteError.self) {
            try scene.store.write {
                let rows = scene.store.groupRows
                var group = pair.joined
                try rows.telling { try group.save(to: rows) }
            }
        }
        #expect(error?.kind == .full)
        #expect(try scene.store.groupStanding(of: pair.conversation) == nil)
    }

    @Test func `rows that were damaged or are missing are refused, never a trap`() throws {
        let scene = try StoreScene()
        let pair = try GroupPair()
        try expectCheck(.storeMissing) { _ = try pair.load(scene.store) }
        try pair.join(scene.store)
        let places = try scene.store.database.all("SELECT kind, place, length(value) FROM group_rows") {
            ($0.int(0), $0.unsigned(1), $0.int(2))
        }
        #expect(places.count > 5)
        for (kind, place, length) in places {
            for kept in stride(from: 0, to: length, by: 17) {
                try scene.store.write {
                    let database = scene.store.database
                    try database.execute("SAVEPOINT whole")
                    try database.run(
                        "UPDATE group_rows SET value = substr(value, 1, ?) WHERE kind = ? AND place = ?", kept, kind,
                        place)
                    #expect(throws: MLSError.self) { _ = try pair.load(scene.store) }
                    try database.execute("ROLLBACK TO whole; RELEASE whole")
                }
            }
        }
        _ = try pair.load(scene.store)
    }

    @Test func `nothing of an epoch's secrets is in the files when it has ended`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        let secret = [RowKind.epoch, .secrets, .ownRatchet, .secretNode, .privateKey].map { Int($0.rawValue) }
        let values = try scene.store.database.all("SELECT kind, value FROM group_rows WHERE length(value) > 30") {
            ($0.int(0), $0.bytes(1))
        }.filter { secret.contains($0.0) }.map { Data($0.1) }
        func found() throws -> Int {
            try scene.store.database.checkpoint(.truncate)
            let files = ["", "-wal"].compactMap {
                FileManager.default.contents(atPath: scene.directory.storeFile + $0)
            }
            // The last bytes: a secret, and not what names it.
            return values.count { value in files.contains { $0.range(of: value.suffix(24)) != nil } }
        }
        #expect(values.count >= 4)
        #expect(try found() == values.count)
        let commit = try pair.otherCommits()
        try scene.store.write {
            var group = try pair.load(scene.store)
            try group.follow(commit, judge: pair.judge)
            try group.save(to: scene.store.groupRows)
        }
        let kept = try scene.store.database.all("SELECT value FROM group_rows") { Data($0.bytes(0).suffix(24)) }
        let gone = values.filter { value in !kept.contains { $0.range(of: value.suffix(24)) != nil } }
        #expect(gone.count >= 3)
        #expect(try found() == values.count - gone.count)
    }
}
