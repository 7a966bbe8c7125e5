import CLISupport
import ChatProtocol
import TestSupport
import Testing

@testable import ChatClient

@Suite struct ListenProgressTests {
    @Test func `a resume point stands behind what was dealt with, not behind what was told`() {
        var progress = ListenProgress(at: 10)
        progress.tell(11)
        progress.tell(12)
        progress.finish(upTo: 11)
        #expect(!progress.isEverythingDone)
        #expect(progress.resumePosition(scanned: 15, hasMoreRead: false) == 11)
    }

    @Test func `what a filter left out is done with what was told before it`() {
        var progress = ListenProgress(at: 10)
        progress.tell(12)
        progress.finish(upTo: 12)
        #expect(progress.resumePosition(scanned: 15, hasMoreRead: false) == 15)
        // Of what was read and waits nothing was looked at yet.
        #expect(progress.resumePosition(scanned: 15, hasMoreRead: true) == 12)
    }

    @Test func `what was done earlier does not move it back`() {
        var progress = ListenProgress(at: 10)
        progress.tell(12)
        progress.finish(upTo: 12)
        progress.finish(upTo: 11)
        #expect(progress.done == 12)
    }
}

@Suite struct ReportQueueTests {
    private func presence(_ time: Timestamp) -> LiveReport {
        LiveReport(event: .presence(PresenceChange(change: .online, time: time, users: [])), behind: 0)
    }

    @Test func `beyond the bound the oldest of presence go, and nothing else`() {
        var queue = ReportQueue()
        queue.add([LiveReport(event: .live(time: 7), behind: 3)])
        queue.add((0..<UInt64(ReportQueue.limit + 9)).map { presence(Timestamp(milliseconds: $0)) })
        #expect(queue.behind == 3)
        guard case .live(time: 7) = queue.next()?.event else {
            Issue.record("what says that everything was told is lost")
            return
        }
        guard case .presence(let change) = queue.next()?.event else {
            Issue.record("no presence is left")
            return
        }
        #expect(change.time == 10)
        var left = 1
        while queue.next() != nil { left += 1 }
        #expect(left == ReportQueue.limit - 1)
        #expect(queue.behind == nil)
    }
}

@Suite struct StoreWatchTests {
    /// The watch is confined to its owner.
    private actor Owner {
        private let watch: StoreWatch
        private(set) var looks = 0

        init(_ directory: ProfileDirectory) throws { watch = try StoreWatch(directory, gate: .init()) }

        func hasNews() throws -> Bool { try watch.hasNews() }
        func leaveSome() { watch.leftSome() }

        func position(after position: StorePosition, within limit: Duration) async throws -> StorePosition? {
            try await watch.first(until: Monotonic.now + limit) { () throws(Problem) in
                looks += 1
                do {
                    let last = try watch.store.lastPosition()
                    return last > position ? last : nil
                } catch { throw Problem(store: error) }
            }
        }
    }

    @Test func `news is what another connection committed, and what a look has left`() async throws {
        let scene = try StoreScene()
        let owner = try Owner(scene.directory)
        #expect(try await owner.hasNews())
        #expect(try await !owner.hasNews())
        try scene.receive([StoreScene.entry(1)])
        #expect(try await owner.hasNews())
        #expect(try await !owner.hasNews())
        await owner.leaveSome()
        #expect(try await owner.hasNews())
    }

    @Test(arguments: [false, true]) func `who waits finds what is committed, also where nobody wakes him`(
        wakes: Bool
    ) async throws {
        let scene = try StoreScene()
        let owner = try Owner(scene.directory)
        async let found = owner.position(after: 0, within: .patience)
        #expect(await eventually { await owner.looks > 0 })
        try scene.receive([StoreScene.entry(1)])
        if wakes { scene.store.wake() }
        #expect(try await found == 1)
    }

    @Test func `a wait ends at its moment`() async throws {
        let scene = try StoreScene()
        let owner = try Owner(scene.directory)
        #expect(try await owner.position(after: 0, within: .milliseconds(20)) == nil)
        withExtendedLifetime(scene) {}
    }

    @Test func `the counts of what was not shown are told once for each change`() async throws {
        let scene = try StoreScene()
        let unread = try ChangeWatch(scene.directory) { try $0.unread() }
        #expect(try await unread.next() == [])
        try scene.receive([StoreScene.entry(1)])
        #expect(try await unread.next()?.map(\.count) == [1])
        // A commit that changes nothing of it is not told.
        try scene.sent(2)
        try scene.receive([StoreScene.entry(3)])
        #expect(try await unread.next()?.map(\.count) == [2])
    }
}
