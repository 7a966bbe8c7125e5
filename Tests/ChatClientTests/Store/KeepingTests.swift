import CLISupport
import ChatProtocol
import Foundation
import SQLite
import TestSupport
import Testing

@testable import ChatClient

/// How long texts stay (S5), with a clock that is moved by hand.
@Suite struct KeepingTests {
    private static let start: Timestamp = 1_000_000_000_000
    private static let day = Duration.seconds(86_400)

    @Test func `S5: what is due follows from the policy, the readers and the time`() {
        let now = Self.start
        #expect(Keeping(policy: .forever).due(end: 9, resumed: 3, now: now) == nil)
        let month = Keeping(policy: .duration(Self.day * 30)).due(end: 9, resumed: 3, now: now)
        #expect(month?.before == now - Self.day * 30 && month?.passed == 0)
        let none = Keeping(policy: .none)
        #expect(none.due(end: 9, resumed: 3, now: now)?.passed == 3)
        #expect(none.due(end: 9, resumed: nil, now: now)?.passed == 9)
        #expect(none.due(end: 9, resumed: 3, now: now)?.before == now - Self.day * 7)
    }

    @Test func `S5: a command looks now and then, and empties a log that is large, old, or has what was erased`() {
        let now = Self.start
        let none = Keeping(policy: .none)
        #expect(!Keeping(policy: .forever).isDue(.init(), now: now))
        #expect(none.isDue(.init(looked: now - .seconds(301)), now: now))
        #expect(!none.isDue(.init(looked: now - .seconds(299)), now: now))
        // A clock that was set back does not stop it.
        #expect(none.isDue(.init(looked: now + Self.day), now: now))
        let fresh = Keeping.Past(emptied: now - .seconds(10))
        #expect(!Keeping.emptiesLog(1 << 20, fresh, isIdle: false, now: now))
        #expect(Keeping.emptiesLog((1 << 20) + 1, fresh, isIdle: false, now: now))
        #expect(Keeping.emptiesLog(1, fresh, isIdle: true, now: now))
        #expect(!Keeping.emptiesLog(0, .init(), isIdle: true, now: now))
        #expect(Keeping.emptiesLog(1, .init(emptied: now - .seconds(3_600)), isIdle: false, now: now))
        #expect(
            Keeping.emptiesLog(1, .init(erased: now - .seconds(5), emptied: now - .seconds(9)), isIdle: false, now: now)
        )
    }

    private func scene() throws -> StoreScene {
        let scene = try StoreScene()
        try scene.receive((1...4).map { StoreScene.entry($0, "secret \($0)", time: Self.start + Self.day * Int($0)) })
        return scene
    }

    private func fileHas(_ text: String, _ scene: StoreScene) throws -> Bool {
        try ["", "-wal"].contains { suffix in
            let path = scene.directory.storeFile + suffix
            guard FileManager.default.fileExists(atPath: path) else { return false }
            return try Data(contentsOf: URL(fileURLWithPath: path)).range(of: Data(text.utf8)) != nil
        }
    }

    @Test func `S5: a text that is due is nowhere in the files, and the others are`() throws {
        let scene = try scene()
        let keeping = Keeping(policy: .duration(Self.day * 2))
        let now = Self.start + Self.day * 4 + .seconds(1)
        #expect(try !scene.store.eraseTexts(keeping, now: now))
        try scene.store.emptyLog(now: now)
        #expect(scene.store.database.logFileSize == 0)
        #expect(try scene.told() == ["secret 3", "secret 4"])
        for number in 1...4 { #expect(try fileHas("secret \(number)", scene) == (number > 2), "\(number)") }
        let query = HistoryQuery(limit: 10)
        let reader = try #require(try scene.store.itemReader())
        #expect(try scene.store.history(query, reader: reader).map(StoreScene.word) == ["secret 3", "secret 4"])
        // M2: that it was there stays known.
        let known = try scene.store.knownMessage(StoreScene.entry(1).place.id, from: bob, in: withBob)
        #expect(known?.seq == 1 && known?.content == .some(nil))
        #expect(try scene.store.unread().map(\.count) == [2])
    }

    @Test func `S5: none: a text stays until every resume point has passed it, and a week at most`() throws {
        let scene = try scene()
        let keeping = Keeping(policy: .none)
        let name = try #require(UserName("bot"))
        let all = try scene.store.lastPosition()
        try scene.store.write {
            try scene.store.setResumePosition(name, ResumePosition(position: all.previous.previous, since: 0), now: 1)
        }
        let now = Self.start + Self.day * 4 + Keeping.grace - .milliseconds(1)
        #expect(try !scene.store.eraseTexts(keeping, now: now))
        #expect(try scene.told() == ["secret 3", "secret 4"])
        try scene.store.write {
            try scene.store.setResumePosition(name, ResumePosition(position: all, since: 0), now: 1)
        }
        #expect(try !scene.store.eraseTexts(keeping, now: now))
        // Whoever is there has had no time to read the last one.
        #expect(try scene.told() == ["secret 4"])
        #expect(try !scene.store.eraseTexts(keeping, now: now + .seconds(1)))
        #expect(try scene.told().isEmpty)
    }

    @Test func `S5: a reader that comes after a week is told that something is missing`() throws {
        let scene = try scene()
        let name = try #require(UserName("bot"))
        try scene.store.write {
            try scene.store.setResumePosition(name, ResumePosition(position: 1, since: 0), now: 1)
        }
        let now = Self.start + Self.day * 10 + .seconds(1)
        #expect(try scene.store.eraseTexts(Keeping(policy: .none), now: now))
        #expect(try scene.told(after: 1) == ["secret 4", "gap retention 2"])
    }

    @Test func `S5: what this device has sent goes too, though it reads nothing`() throws {
        let scene = try StoreScene()
        try scene.sent(7)
        #expect(try !scene.store.eraseTexts(Keeping(policy: .duration(.seconds(1))), now: Self.start))
        try scene.store.emptyLog(now: Self.start)
        #expect(try !fileHas("own7", scene))
    }

    @Test func `S5: a process that ends before any statement of it has erased all or nothing of a page`() throws {
        let scene = try scene()
        let copies = try Scratch()
        var images = 0
        for wanted in 1... {
            let copy = copies.url.path + "/\(wanted)"
            try FileCopy.makeStore(of: scene.directory.storeFile, at: copy)
            let attempt = try StoreScene(storeFiles: copy)
            let image = try StoreImage(before: wanted, of: attempt.store.database)
            #expect(try !attempt.store.eraseTexts(Keeping(policy: .duration(Self.day)), now: Self.start + Self.day * 9))
            StoreImage.end(of: attempt.store.database)
            guard image.isTaken else { break }
            images += 1
            let again = try StoreScene(storeFiles: image.path)
            #expect([0, 4].contains(try again.told().count))
            #expect(try !again.store.eraseTexts(Keeping(policy: .duration(Self.day)), now: Self.start + Self.day * 9))
            #expect(try again.told().isEmpty)
        }
        #expect(images > 8)
    }

    @Test func `S5: a profile whose device came in a file for programs keeps nothing where nothing is configured`()
        throws
    {
        let scene = try StoreScene()
        #expect(try scene.store.keepDefault() == .forever)
        try scene.store.setBrief(true)
        #expect(try scene.store.keepDefault() == .none)
        #expect(IdentityFile.Use.allCases.filter(\.isForMachines) == [.login, .once, .reusable])
        #expect(KeepPolicy("forever") == .forever && KeepPolicy("none") == KeepPolicy.none)
        #expect(KeepPolicy("30d") == .duration(Self.day * 30) && KeepPolicy("0") == nil && KeepPolicy("long") == nil)
    }
}
