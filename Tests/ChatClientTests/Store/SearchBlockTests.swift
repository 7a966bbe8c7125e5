import ChatProtocol
import TestSupport
import Testing

@testable import ChatClient

/// What a search need not read.
@Suite struct SearchBlockTests {
    private static let start: Timestamp = 1_000_000_000_000

    /// Twenty-four blocks and a part of one; the words of `places` stand at their numbers, beside much that is everywhere.
    private func scene(_ places: [UInt64: String] = [:]) throws -> StoreScene {
        let scene = try StoreScene()
        let entries = (1...3_100 as ClosedRange<UInt64>).map { number in
            StoreScene.entry(
                number, "line \(number) says \(places[number] ?? "nothing")",
                time: Self.start + .seconds(Int(number)))
        }
        try scene.receive(entries)
        return scene
    }

    private func search(_ text: String, in store: ClientStore, limit: Int = 10) throws -> [String] {
        let reader = try #require(try store.itemReader())
        return try store.history(HistoryQuery(limit: limit, search: text), reader: reader).map(StoreScene.word)
    }

    private func blocks(_ store: ClientStore) throws -> [Int64] {
        try store.database.all("SELECT block FROM search_blocks ORDER BY block") { $0.integer(0) }
    }

    @Test func `only the blocks are read that may hold a text, and those that are not whole`() throws {
        let scene = try scene([600: "wombat"])
        #expect(try scene.store.rows(for: TextSearch("Wombat")) == [512...639, 3_072...(.max)])
        #expect(try search("wombat", in: scene.store) == ["line 600 says wombat"])
        #expect(try scene.store.rows(for: TextSearch("quokka")) == [3_072...(.max)])
        #expect(try search("quokka", in: scene.store).isEmpty)
        // What is in most of them is soon found by going backwards, and what is too short may be anywhere.
        #expect(try scene.store.rows(for: TextSearch("says nothing")) == nil)
        #expect(try scene.store.rows(for: TextSearch("wo")) == nil)
        #expect(
            try search("says nothing", in: scene.store, limit: 2) == [
                "line 3099 says nothing", "line 3100 says nothing",
            ])
    }

    @Test func `what is found is in the order of a history, and so many of the last ones`() throws {
        let scene = try scene([300: "wombat a", 301: "wombat b", 302: "wombat c", 3_099: "wombat d"])
        let found = ["a", "b", "c", "d"]
        #expect(try search("wombat", in: scene.store).map { String($0.suffix(1)) } == found)
        #expect(try search("wombat", in: scene.store, limit: 2).map { String($0.suffix(1)) } == ["c", "d"])
        let reader = try #require(try scene.store.itemReader())
        var query = HistoryQuery(conversation: .user(try #require(UserName("bob"))), limit: 3, search: "wombat")
        query.until = Self.start + .seconds(301)
        #expect(try scene.store.history(query, reader: reader).count == 2)
        query.conversation = .everyone
        #expect(try scene.store.history(query, reader: reader).isEmpty)
    }

    @Test func `S5: of a text that is erased no signature stays`() throws {
        let scene = try scene()
        #expect(try blocks(scene.store) == Array(0..<24))
        let keeping = Keeping(policy: .duration(.seconds(60)))
        _ = try scene.store.eraseTexts(keeping, now: Self.start + .seconds(660))
        #expect(try blocks(scene.store) == Array(5..<24))
        // It is made anew of what is left.
        #expect(try search("line 600 ", in: scene.store) == ["line 600 says nothing"])
        #expect(try search("line 599 ", in: scene.store).isEmpty)
        #expect(try blocks(scene.store) == Array(0..<24))
    }

    @Test
    func `a store of before is given signatures by searches, and one that somebody else writes to is searched without`()
        throws
    {
        let scene = try scene([5: "wombat"])
        try scene.store.database.run("DELETE FROM search_blocks")
        let other = try scene.other()
        let meanwhile = try other.write {
            (found: try search("wombat", in: scene.store), blocks: try blocks(scene.store))
        }
        #expect(meanwhile.found == ["line 5 says wombat"] && meanwhile.blocks.isEmpty)
        #expect(try search("wombat", in: scene.store) == ["line 5 says wombat"])
        #expect(try blocks(scene.store) == Array(0..<24))
    }

    @Test func `a message whose number was another one's before is found`() throws {
        let scene = try scene()
        let last = try scene.store.database.first("SELECT max(number) FROM entries") { $0.integer(0) }
        #expect(last == 3_100)
        try scene.store.write {
            try scene.store.database.run("DELETE FROM entries WHERE number > 500")
            for number in 501...3_100 as ClosedRange<Int64> { try scene.store.changesBlock(of: number) }
        }
        try scene.receive((3_101...5_700).map { StoreScene.entry($0, $0 == 3_400 ? "a wombat" : "a line") })
        #expect(try search("wombat", in: scene.store) == ["a wombat"])
    }

    @Test(arguments: [-9_000_000_000_000_000_000, 0, 9_000_000_000_000_000_000])
    func `a store whose rows have numbers that nobody gave them is searched all the same`(first: Int64) throws {
        let scene = try StoreScene()
        try scene.receive((1...3).map { StoreScene.entry($0, "a wombat") })
        try scene.store.database.run("UPDATE entries SET number = number - 3 + ?", first)
        #expect(try search("wombat", in: scene.store).count == 3)
    }

    // MARK: Signatures

    private static let parts = [
        "a", "B", "k", "\u{212a}", "e", "e\u{301}", "\u{e9}", "\u{c9}", "ß", "ss", ";", "\u{37e}", "`", "\u{1fef}",
        "\r\n", "\n",
        "и\u{306}", "й", "Ω", "\u{2126}", "i", "İ", "ﬁ", "👩‍👩‍👧", " ", "x",
    ]

    @Test func `whatever a text is found by, its signature says that it may be there`() {
        var generator = SeededGenerator(seed: 28)
        func text(_ count: ClosedRange<Int>) -> String {
            (0..<Int.random(in: count, using: &generator)).map { _ in
                Self.parts.randomElement(using: &generator) ?? ""
            }.joined()
        }
        var found = 0
        for _ in 0..<20_000 {
            let part = text(3...5)
            // As it is, in capitals, or with signs in another form.
            let written =
                [part, part.uppercased(), part.lowercased(), text(3...5)].randomElement(using: &generator) ?? ""
            let body = Array((text(0...4) + written + text(0...4)).utf8)
            guard body.withUnsafeBufferPointer(TextSearch(part).matches) else { continue }
            found += 1
            var signature = TextSignature()
            body.withUnsafeBufferPointer { signature.add($0) }
            let mayHold = signature.bytes.withUnsafeBytes { TextSignature.mayHold(TextSignature.bits(of: part), $0) }
            #expect(
                mayHold,
                "\(part.unicodeScalars.map { String($0.value, radix: 16) }) in \(String(decoding: body, as: UTF8.self))"
            )
        }
        #expect(found > 5_000)
    }

    @Test func `a signature that was cut off excludes nothing`() {
        let bits = TextSignature.bits(of: "wombat")
        #expect(bits.count == 7)
        #expect(TextSignature.mayHold(bits, UnsafeRawBufferPointer(start: nil, count: 0)))
    }
}
