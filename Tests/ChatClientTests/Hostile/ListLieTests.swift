import CLISupport
import ChatProtocol
import GroupRules
import Synchronization
import System
import TestSupport
import Testing

@testable import ChatClient

/// A server that tells of more than there can be: it is left, and nothing grows by it without end.
@Suite(.endsWhatItStarts) struct ListLieTests {
    private static func name(_ number: Int) -> UserName? { UserName("n\(1_000_000 + number)") }

    @Test func `a list of rooms without end is left`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let next = Mutex(0)
            let admins = (0..<UInt64(Limits.roomAdmins)).compactMap { number in
                Self.name(Int(number)).map {
                    AccountRecord(id: AccountID(high: 7, low: number), name: $0, displayName: "")
                }
            }
            let lie = HostileServer.frames(Rooms.self) { page in
                page.more = true
                page.rooms = (0..<Limits.roomsPage).compactMap { _ in
                    let number = next.withLock {
                        $0 += 1; return $0
                    }
                    return Self.name(number).map {
                        RoomRecord(
                            conversation: ConversationID(high: 6, low: UInt64(number)), name: $0, access: .closed,
                            isMember: true, admins: admins, members: 1)
                    }
                }
            }
            let client = try alice.client(line: { lie.line($0) })
            await expectRefusal(.protocolFault) { _ = try await client.rooms(all: true) }
            #expect(lie.bodies(ListRooms.self).count <= PagedList<Int, Int>.most / Limits.roomsPage / admins.count + 1)
        }
    }

    @Test func `members of a room without end, and in no order, are left`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let ops = try #require(RoomName("ops"))
            try await alice.client().createRoom(ops, access: .closed)
            let isEndless = Switch()
            let next = Mutex<UInt64>(0)
            let devices = (0..<UInt64(Limits.devicesPerAccount)).map { DeviceID(high: 5, low: $0) }
            let first = Mutex<[RoomMember]>([])
            let lie = HostileServer.frames(Members.self) { page in
                page.more = true
                guard isEndless.isOn else {
                    // The same page again and again.
                    return page.members = first.withLock { known in
                        if known.isEmpty { known = page.members }
                        return known
                    }
                }
                page.members = (0..<Limits.page).compactMap { _ in
                    let number = next.withLock {
                        $0 += 1; return $0
                    }
                    return Self.name(Int(number)).map {
                        RoomMember(
                            account: AccountRecord(id: AccountID(high: 7, low: number), name: $0, displayName: ""),
                            isAdmin: false, devices: devices)
                    }
                }
            }
            let client = try alice.client(line: { lie.line($0) })
            await expectRefusal(.protocolFault) { _ = try await client.members(of: ops) }
            #expect(lie.bodies(RoomMembers.self).count == 2)
            isEndless.turnOn()
            await expectRefusal(.protocolFault) { _ = try await client.members(of: ops) }
            #expect(lie.bodies(RoomMembers.self).count < 40)
        }
    }

    @Test func `what a server wants done without end is done in a bounded line`() async throws {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
            let conversation = try #require(
                try await alice.client().withStore { try $0.conversation(with: bob.name) })
            let own = try await alice.client().identity().account
            let position = ConversationPosition(generation: StoreGeneration(high: 8, low: 8), epoch: 1)
            let floods = 4_000
            let lie = HostileServer { frame in
                guard frame.frameKind == .live else { return [frame] }
                let flood = (0..<floods).flatMap { number in
                    [
                        MemberChanged(
                            conversation: ConversationID(high: 6, low: UInt64(number)), account: own, change: .joined
                        ).frame(),
                        CommitWanted(conversation: conversation, position: position).frame(),
                    ]
                }
                return flood + [frame]
            }
            let client = try alice.client(line: { lie.line($0) })
            let listener = try await client.listen(ListenOptions())
            try await listener.untilLive()
            #expect(await HostileScene.write("three", from: bob, to: alice) == nil)
            #expect(try await listener.brings("three"))
            await listener.stop()
            // Those that found no room in the line, and those that were taken before it was full.
            #expect(lie.bodies(ListRooms.self).count < floods / 2)
            #expect(lie.bodies(ReadLog.self).count < floods / 2)
        }
    }

    @Test func `a list is in order, ends in time, and has no more than there can be`() throws {
        func list(_ size: @escaping (Int) -> Int = { _ in 1 }) -> PagedList<Int, Int> {
            PagedList("its numbers", now: .seconds(5), by: { $0 }, size: size)
        }
        var whole = list()
        #expect(try whole.take([1, 2], more: true) && whole.last == 2)
        #expect(try !whole.take([3], more: false) && whole.rows == [1, 2, 3])
        // An empty page is the end, whatever is said.
        #expect(try !whole.take([], more: true))
        for page in [[3, 4], [2], [5, 5], [6, 5]] {
            var again = whole
            #expect(throws: Problem.self) { try again.take(page, more: true) }
        }
        try whole.requireTime(at: .seconds(64))
        #expect(throws: Problem.self) { try whole.requireTime(at: .seconds(65)) }
        var large = list { _ in PagedList<Int, Int>.most }
        #expect(try large.take([1], more: true))
        #expect(throws: Problem.self) { try large.take([2], more: true) }
    }

    @Test func `a line has so much room, and takes what came first in its order`() async throws {
        let (entered, open) = (Later<Void>(), Later<Void>())
        let taken = Mutex<[Int]>([])
        let isDone = Later<Void>()
        let line = EventLine<Int> { events in
            for await event in events {
                if event == 0 {
                    entered.set(())
                    await open.value
                }
                taken.withLock { $0.append(event) }
            }
            isDone.set(())
        }
        line.hear(0)
        await entered.value
        for event in 1...100_000 { line.hear(event) }
        open.set(())
        let room = EventLine<Int>.room
        #expect(await eventually { taken.withLock { $0.count } == room + 1 })
        #expect(taken.withLock { $0 } == Array(0...room))
        line.end()
        await isDone.value
    }

    @Test func `of who is online no more is kept than there can be`() {
        var book = PresenceBook()
        let accounts = (0..<Limits.page).compactMap { number in
            Self.name(number).map {
                AccountRecord(id: AccountID(high: 7, low: UInt64(number)), name: $0, displayName: "")
            }
        }
        for _ in 0..<PresenceBook.most / Limits.page + 3 {
            let change = book.take(Presence(change: .full, more: true, accounts: accounts), now: 1)
            #expect(change == nil)
        }
        let change = book.take(Presence(change: .full, accounts: []), now: 1)
        #expect(change?.users.count == PresenceBook.most)
    }
}
