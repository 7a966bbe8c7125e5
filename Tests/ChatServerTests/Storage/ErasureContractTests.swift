import ChatProtocol
import SQLite
import Testing
import Transport

@testable import ChatServer

/// What every store has to do with messages that are erased with the user who wrote them.
@Suite struct ErasureContractTests {
    typealias Kind = StoreUnderTest.Kind

    private func erase(_ account: AccountID, _ store: StoreUnderTest) async throws {
        try await store.store.deleteAccount(account, erasing: true)
        try await store.store.finishFollowUps()
    }

    @Test(arguments: Kind.all) func `what an account wrote is erased in all conversations and nothing of others`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let (dm, everyone) = (try await store.open(alice, bob), store.identity.everyone)
            _ = try await store.commit([
                store.append("a", to: dm), store.append("b", to: dm, sender: bob, device: bobDevice),
                store.append("c", to: everyone), store.append("d", to: everyone, sender: bob, device: bobDevice),
            ])
            try await erase(alice, store)
            #expect(try await store.texts(dm) == ["b"])
            #expect(try await store.texts(everyone) == ["d"])
            #expect(try await store.store.followUps(limit: 9).isEmpty)
        }
    }

    @Test(arguments: Kind.all) func `an erased entry keeps everything but its payload`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let stored = try #require(
                try await store.commit([store.append("secret", to: dm, id: 5)], time: 1_500).first?.stored)
            let before = try #require(try await store.page(dm).entries.first { $0.seq == stored.seq })
            try await erase(alice, store)
            let page = try await store.page(dm)
            let left = try #require(page.erased.first { $0.seq == stored.seq })
            var kept = before
            kept.payload = SHA256.hash(Array("secret".utf8))
            #expect(left == ErasedEntry(kept) && left.digest == stored.digest && left.time == 1_500)
            // No number is missing.
            #expect(page.rows.count == Int(page.through.value))
        }
    }

    @Test(arguments: Kind.all) func `what comes again after it was erased is answered as before`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let first = try #require(try await store.commit([store.append("a", to: dm, id: 5)]).first?.stored)
            try await erase(alice, store)
            let again = try #require(try await store.commit([store.append("a", to: dm, id: 5)]).first?.stored)
            #expect(again.duplicate && again.seq == first.seq && again.digest == first.digest)
            #expect(try await store.texts(dm).isEmpty)
        }
    }

    @Test(arguments: Kind.all) func `erasing goes on where it was left`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let count = ErasedEntry.most + 1
            _ = try await store.commit((0..<count).map { store.append("\($0)", to: dm) })
            try await store.store.deleteAccount(alice, erasing: true)
            // Where an answer was lost, the second try does the next part.
            let outcomes = try await store.commit([.erase(dm, of: alice)])
            #expect(outcomes == [kind.trouble == .answersLost ? .done : .unfinished])
            if kind.trouble != .answersLost {
                #expect(try await !store.texts(dm).isEmpty)
                #expect(try await store.store.followUps(limit: 9).contains(.erase(dm, of: alice)))
                #expect(try await store.commit([.erase(dm, of: alice)]) == [.done])
            }
            #expect(try await store.texts(dm).isEmpty)
            #expect(try await store.commit([.erase(dm, of: alice)]) == [.done])
            #expect(try await !store.store.followUps(limit: 9).contains(.erase(dm, of: alice)))
        }
    }

    @Test(arguments: Kind.all) func `who was deleted before may be erased later`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([store.append("a", to: dm)])
            try await store.store.deleteAccount(alice, erasing: false)
            try await store.store.finishFollowUps()
            #expect(try await store.texts(dm) == ["a"])
            try await erase(alice, store)
            #expect(try await store.texts(dm).isEmpty)
            // And stays to be erased where it is deleted again.
            try await store.store.deleteAccount(alice, erasing: false)
            #expect(try await store.store.followUps(limit: 9).isEmpty)
        }
    }

    @Test(arguments: Kind.quiet) func `erased entries end as all others and count what is left of them`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([store.append(String(repeating: "x", count: 999), to: dm)], time: 1_000)
            try await erase(alice, store)
            let left = UInt64(StoreQuota.bytes(ofPayload: 32))
            #expect(try await store.store.usage() == [alice: left])
            #expect(try await store.sweep(now: 5_000, retention: .milliseconds(1_000)) == left)
            #expect(try await store.page(dm).rows == [.hole(.retention, first: 1, last: 1)])
        }
    }

    // MARK: In SQLite

    @Test func `an erased payload is in the database no more and the store is sound`() async throws {
        try await withStore { store in
            let dm = try await store.open(alice, bob)
            for length in [1, 100, 3_000, 90_000] {
                let text = String(repeating: "geheimnis", count: length / 9 + 1)
                _ = try await store.commit([store.append(text, to: dm)])
            }
            try await erase(alice, store)
            #expect(try store.faults() == [])
            try store.database { try $0.execute("PRAGMA wal_checkpoint(TRUNCATE)") }
            let file = try #require(try WholeFile.read(store.path, limit: 1 << 24))
            #expect(!file.contains(Array("geheimnis".utf8)))
        }
    }

    @Test(arguments: ["payload = x'00'", "erased = 0"]) func `an erased entry that does not keep its digest is a fault`(
        change: String
    ) async throws {
        try await withStore { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([store.append("a", to: dm)])
            try await erase(alice, store)
            try store.database { try $0.execute(text: "UPDATE entries SET \(change)") }
            #expect(try store.faults().contains { $0.hasSuffix("entry 1 is not what was acknowledged") })
        }
    }

    @Test func `erased entries that follow each other are told as one gap`() async throws {
        try await withStore { store in
            let dm = try await store.open(alice, bob)
            let texts = [("a", alice), ("b", alice), ("c", bob), ("d", alice)]
            _ = try await store.commit(texts.map { store.append($0.0, to: dm, sender: $0.1) })
            try await erase(alice, store)
            let page = EncodedPage(try await store.page(dm), of: dm)
            var expected = [
                FrameEncoder.buffer(Gap(conversation: dm, reason: .erased, first: 1, last: 2)),
                FrameEncoder.buffer(try #require(try await store.page(dm).entries.first)),
                FrameEncoder.buffer(Gap(conversation: dm, reason: .erased, first: 4, last: 4)),
            ]
            var frames = expected.removeFirst()
            for frame in expected { frames.writeImmutableBuffer(frame) }
            #expect(page.frames == frames && page.count == 1 && page.through == 4)
        }
    }
}

extension StoredPage {
    fileprivate var erased: [ErasedEntry] {
        rows.compactMap { row in
            guard case .erased(let entry) = row else { return nil }
            return entry
        }
    }
}
