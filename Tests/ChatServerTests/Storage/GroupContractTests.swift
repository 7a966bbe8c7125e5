import ChatProtocol
import GroupRules
import StoredValues
import Testing
import Transport

@testable import ChatServer

/// What every store has to do with conversations that have a group: its devices, epochs and incarnations.
@Suite struct GroupContractTests {
    typealias Kind = StoreUnderTest.Kind

    /// A commit by alice's first device that begins an epoch.
    private func commit(
        _ id: UInt64, in conversation: ConversationID, epoch: Epoch, incarnation: UInt32 = 0,
        _ members: [MembershipChange] = [], change: (inout Bundle) -> Void = { _ in }
    ) -> StoreOperation {
        var bundle = Bundle(
            MessageID(high: 0, low: id), in: conversation, sender: alice, device: aliceDevice,
            entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: Array("commit \(id)".utf8)))
        bundle.advance = GroupMark(incarnation: incarnation, epoch: epoch)
        bundle.members = members
        change(&bundle)
        return .bundle(bundle)
    }

    private let both: [MembershipChange] = [
        .enter(aliceDevice, of: alice, leaf: 0), .enter(bobDevice, of: bob, leaf: 1),
    ]

    private func standing(_ store: StoreUnderTest, _ dm: ConversationID, _ device: DeviceID) async throws
        -> DeviceStanding
    {
        let account = device == aliceDevice ? alice : bob
        return try await store.store.standing(of: dm, for: DeviceReader(account: account, device: device))
    }

    @Test(arguments: Kind.all)
    func `E1: a message is taken only in the present epoch of the present incarnation and generation`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([
                commit(1, in: dm, epoch: 1, both), commit(2, in: dm, epoch: 1, incarnation: 1, both),
            ])
            let (right, other) = (store.identity.generation, StoreGeneration(high: 6, low: 6))
            let wrong: [ConversationPosition?] = [
                nil, ConversationPosition(generation: right, epoch: 1),
                ConversationPosition(generation: right, incarnation: 1, epoch: 0),
                ConversationPosition(generation: right, incarnation: 1, epoch: 2),
                ConversationPosition(generation: other, incarnation: 1, epoch: 1),
            ]
            for position in wrong {
                var message = store.entry("x", to: dm)
                message.entry?.payloadKind = PayloadKind.message.rawValue
                message.precondition = position
                let outcome = try await store.commit([.bundle(message)]).first
                #expect(outcome?.refusal == .preconditionFailed)
                #expect(outcome?.current?.position.mark == GroupMark(incarnation: 1, epoch: 1))
                #expect(try await outcome?.current?.head == store.head(dm))
            }
            var message = store.entry("good", to: dm)
            message.entry?.payloadKind = PayloadKind.message.rawValue
            message.precondition = ConversationPosition(generation: right, incarnation: 1, epoch: 1)
            #expect(try await store.commit([.bundle(message)]).first?.seq == store.head(dm))
        }
    }

    @Test(arguments: Kind.all) func `M3: the hash of a log begins with a founding and takes in every entry`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            #expect(try await standing(store, dm, aliceDevice).logHash == nil)
            var log: LogChain?
            for (incarnation, number) in [(UInt32(0), UInt64(1)), (0, 2), (1, 3)] {
                let epoch = Epoch(incarnation == 1 ? 1 : number)
                _ = try await store.commit([commit(number, in: dm, epoch: epoch, incarnation: incarnation, both)])
                var message = store.entry("m\(number)", to: dm)
                message.entry?.payloadKind = PayloadKind.message.rawValue
                message.precondition = ConversationPosition(
                    generation: store.identity.generation, incarnation: incarnation, epoch: epoch)
                _ = try await store.commit([.bundle(message)])
                // What was carried out already is not taken in twice.
                _ = try await store.commit([.bundle(message)])
                // Another writer may go on behind it.
                let present = try await standing(store, dm, aliceDevice)
                let page = try await store.store.page(of: dm, after: 0, entries: 99, bytes: 1 << 20)
                let entries = page.rows.compactMap { if case .entry(let entry) = $0 { entry } else { nil } }
                for entry in entries where entry.seq > log?.seq ?? .beforeFirst && entry.seq <= present.standing.head {
                    if ["commit 1", "commit 3"].contains(where: { entry.payload == Array($0.utf8) }) {
                        log = LogChain(
                            group: GroupName(conversation: dm, incarnation: incarnation),
                            generation: store.identity.generation, after: entry.seq.previous)
                    }
                    try log?.take(
                        LoggedEntry(
                            seq: entry.seq, kind: entry.payloadKind, device: entry.device, id: entry.id,
                            payload: entry.payload))
                }
                #expect(present.logHash == log?.hash.bytes)
            }
        }
    }

    @Test(arguments: Kind.all) func `plain contents end where a group begins and messages begin there`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            var early = store.entry("early", to: dm)
            early.entry?.payloadKind = PayloadKind.message.rawValue
            let outcomes = try await store.each([
                .bundle(early), store.append("plain", to: dm), commit(1, in: dm, epoch: 1, both),
                store.append("late", to: dm), store.append("message", to: dm, precondition: 1),
                store.append("server", to: dm, sender: .server, device: DeviceID(high: 0, low: 0), precondition: 1),
            ])
            #expect(outcomes.map(\.refusal) == [.noGroup, nil, nil, .unknownPayloadKind, nil, nil])
        }
    }

    @Test(arguments: Kind.all) func `a device that is not in the group writes nothing to it`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let second = try await store.device(of: bob, 9)
            let outcomes = try await store.each([
                commit(1, in: dm, epoch: 1, both),
                store.append("a", to: dm, id: 5, sender: bob, device: bobDevice, precondition: 1),
                store.append("b", to: dm, sender: bob, device: second, precondition: 1),
                commit(2, in: dm, epoch: 2, [.lose(bobDevice)]),
                store.append("c", to: dm, sender: bob, device: bobDevice, precondition: 2),
                // What was taken stays taken.
                store.append("a", to: dm, id: 5, sender: bob, device: bobDevice, precondition: 1),
            ])
            #expect(outcomes.map(\.refusal) == [nil, nil, .notInGroup, nil, .notInGroup, nil])
            #expect(outcomes[5].stored?.duplicate == true && outcomes[5].seq == outcomes[1].seq)
        }
    }

    @Test(arguments: Kind.quiet) func `a device reads what follows the bundle that gives it its leaf until it loses it`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let second = try await store.device(of: bob, 9)
            _ = try await store.commit([
                store.append("a", to: dm), commit(1, in: dm, epoch: 1, both),
                store.append("b", to: dm, precondition: 1),
            ])
            let row = try #require(try await store.inbox(bobDevice, bob, dm))
            #expect(row.start == 2 && row.acked == 2 && row.head == 3 && !row.toldStart && !row.isEnded)
            #expect(try await store.inbox(second, bob, dm) == nil)
            _ = try await store.commit([
                commit(2, in: dm, epoch: 2, [.lose(bobDevice)]), store.append("c", to: dm, precondition: 2),
            ])
            let ended = try #require(try await store.inbox(bobDevice, bob, dm))
            #expect(ended.head == 4 && ended.isEnded)
            #expect(try await standing(store, dm, bobDevice).leaf == LeafSpan(since: 2, until: 4))
            #expect(try await store.inbox(aliceDevice, alice, dm)?.head == 5)
            // What it had is not delivered anew, and it begins again.
            try await store.move(bobDevice, bob, dm, acked: 4, told: true)
            _ = try await store.commit([commit(3, in: dm, epoch: 3, [.enter(bobDevice, of: bob, leaf: 1)])])
            let later = try #require(try await store.inbox(bobDevice, bob, dm))
            #expect(later.start == 6 && later.acked == 6 && !later.toldStart && !later.isEnded)
            #expect(try await standing(store, dm, bobDevice).leaf == LeafSpan(since: 6))
        }
    }

    @Test(arguments: Kind.quiet) func `news of a group are for those who have a leaf when they are written`(
        _ kind: Kind
    )
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([commit(1, in: dm, epoch: 1, both)])
            let committed = try await store.committed([
                store.append("a", to: dm, precondition: 1), commit(2, in: dm, epoch: 2, [.lose(bobDevice)]),
                store.append("b", to: dm, precondition: 2),
            ])
            let news = committed.news.map { news -> ([DeviceID], Int) in
                guard case .devices(let readers) = news.readers else { return ([], 0) }
                return (readers.map(\.device).sorted(), news.entries.count)
            }
            guard kind.trouble == .alone else { return }
            #expect(news.map(\.0) == [[aliceDevice, bobDevice], [aliceDevice]] && news.map(\.1) == [2, 1])
        }
    }

    @Test func `who reads a group is who has a leaf whatever another writer has changed`() async throws {
        try await withStore { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([commit(1, in: dm, epoch: 1, both)])
            let other = try await SQLiteStore.open(SQLiteStore.Settings(path: store.path, fresh: nil))
            let readers = { (text: String, epoch: Epoch) -> [DeviceID] in
                let committed = try await store.committed([store.append(text, to: dm, precondition: epoch)])
                guard case .devices(let readers)? = committed.news.first?.readers else { return [] }
                return readers.map(\.device).sorted()
            }
            for text in ["a", "b"] { #expect(try await readers(text, 1) == [aliceDevice, bobDevice]) }
            _ = try await other.commit([commit(2, in: dm, epoch: 2, [.lose(bobDevice)])])
            for text in ["c", "d"] { #expect(try await readers(text, 2) == [aliceDevice]) }
            _ = try await other.commit([commit(3, in: dm, epoch: 3, [.enter(bobDevice, of: bob, leaf: 1)])])
            #expect(try await readers("e", 3) == [aliceDevice, bobDevice])
            _ = try await store.commit([commit(4, in: dm, epoch: 4, [.lose(bobDevice)])])
            #expect(try await readers("f", 4) == [aliceDevice])
            await other.close()
        }
    }

    @Test func `who writes to a group is who has a leaf whatever was changed since, by whomever`() async throws {
        try await withStore { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([commit(1, in: dm, epoch: 1, both)])
            let other = try await SQLiteStore.open(SQLiteStore.Settings(path: store.path, fresh: nil))
            let message = { (epoch: Epoch) in
                store.append("bob's", to: dm, sender: bob, device: bobDevice, precondition: epoch)
            }
            // Behind the second one it is known who has a leaf.
            let first = try await store.each([message(1), message(1)])
            #expect(first.map(\.refusal) == [nil, nil])
            _ = try await other.commit([commit(2, in: dm, epoch: 2, [.lose(bobDevice)])])
            #expect(try await store.commit([message(2)]).map(\.refusal) == [.notInGroup])
            _ = try await other.commit([commit(3, in: dm, epoch: 3, [.enter(bobDevice, of: bob, leaf: 1)])])
            let one = try await store.commit([message(3), commit(4, in: dm, epoch: 4, [.lose(bobDevice)]), message(4)])
            #expect(one.map(\.refusal) == [nil, nil, .notInGroup])
            await other.close()
        }
    }

    @Test func `what is kept of groups is bounded and is of one version`() {
        let cache = LeafCache()
        let readers = (0..<1_000 as Range<UInt64>).map {
            DeviceReader(account: alice, device: DeviceID(high: 9, low: $0))
        }
        let numbers = (0..<1_000 as Range<Int64>).map(ConversationNumber.init)
        for number in numbers { cache.keep(readers, of: number, at: 1) }
        let kept = numbers.count { cache.readers(of: $0, at: 1) != nil }
        #expect(kept > 0 && kept * readers.count <= LeafCache.most)
        #expect(cache.readers(of: numbers[999], at: 1)?.count == 1_000 && cache.readers(of: numbers[999], at: 2) == nil)
        cache.keep([], of: numbers[999], at: 2)
        #expect(cache.readers(of: numbers[999], at: 2) == [] && cache.readers(of: numbers[999], at: 1) == nil)
    }

    @Test(arguments: Kind.all) func `who gets a leaf is an active device of its account`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let gone = try await store.device(of: bob, 9)
            try await store.store.revokeDevice(gone, of: bob)
            for change in [
                MembershipChange.enter(gone, of: bob, leaf: 2), .enter(bobDevice, of: alice, leaf: 2),
                .enter(DeviceID(high: 7, low: 7), of: bob, leaf: 2),
            ] {
                let outcome = try await store.commit([commit(1, in: dm, epoch: 1, both + [change])])
                #expect(outcome.map(\.refusal) == [.noDevice])
            }
            #expect(try await standing(store, dm, aliceDevice).standing.position.mark == .none)
        }
    }

    @Test(arguments: Kind.all) func `R3: nobody of an account that is disabled gets a leaf`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            try await store.store.setFlags(.disabled, clearing: [], of: bob)
            let early = try await store.commit([commit(1, in: dm, epoch: 1, both)])
            #expect(early.map(\.refusal) == [.noDevice])
            try await store.store.setFlags([], clearing: .disabled, of: bob)
            let late = try await store.commit([commit(2, in: dm, epoch: 1, both)])
            #expect(late.map(\.refusal) == [nil])
        }
    }

    @Test(arguments: Kind.all) func `leaves of devices that are not active any more are lost`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let second = try await store.device(of: bob, 9)
            _ = try await store.commit([commit(1, in: dm, epoch: 1, both + [.enter(second, of: bob, leaf: 2)])])
            #expect(try await store.store.lostLeaves(of: dm) == [])
            try await store.store.revokeDevice(second, of: bob)
            let lost = LostLeaf(leaf: 2, reader: DeviceReader(account: bob, device: second))
            #expect(try await store.store.lostLeaves(of: dm) == [lost])
            #expect(try await store.store.lostGroups(of: bob) == [dm])
            #expect(try await store.store.lostGroups(of: nil) == [dm])
            #expect(try await store.store.lostGroups(of: alice) == [])
            _ = try await store.commit([commit(2, in: dm, epoch: 2, [.lose(second)])])
            #expect(try await store.store.lostLeaves(of: dm) == [])
        }
    }

    @Test(arguments: Kind.all)
    func `C5: leaves with keys that were replaced are lost where the account has another one`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let second = try await store.device(of: bob, 9)
            _ = try await store.commit([commit(1, in: dm, epoch: 1, both + [.enter(second, of: bob, leaf: 2)])])
            func renew(_ device: DeviceID, of account: AccountID) async throws {
                _ = try await store.store.enrol(
                    IdentityEntry(
                        account: account, device: StoreUnderTest.device(device, key: 12), head: .none,
                        renewal: IdentityEntry.Renewal(instance: 1, bytes: Array(device.bytes), isOnce: false)))
            }
            try await renew(second, of: bob)
            let lost = LostLeaf(leaf: 2, reader: DeviceReader(account: bob, device: second))
            #expect(try await store.store.lostLeaves(of: dm) == [lost])
            // It comes back over its own leaf.
            _ = try await store.commit([
                commit(2, in: dm, epoch: 2, [.lose(second), .enter(second, of: bob, leaf: 2)])
            ])
            #expect(try await store.store.lostLeaves(of: dm) == [])
            // Whoever is there alone could not.
            try await renew(aliceDevice, of: alice)
            #expect(try await store.store.lostLeaves(of: dm) == [])
        }
    }

    @Test(arguments: Kind.all) func `C5: what is lost by a renewal is ended by each conversation's own operation`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let groups = [try await store.open(alice, bob), ConversationID(high: 9, low: 9)]
            _ = try await store.commit([.openRoom(groups[1], try #require(RoomName("ops")), by: alice)])
            let (second, third) = (try await store.device(of: bob, 9), try await store.device(of: bob, 10))
            let ours = both + [.enter(second, of: bob, leaf: 2)]
            _ = try await store.commit([
                commit(1, in: groups[0], epoch: 1, ours), commit(2, in: groups[1], epoch: 1, [.join(bob)] + ours),
            ])
            let written = { (device: DeviceID, epoch: Epoch) in
                let message = store.append("", to: groups[0], sender: bob, device: device, precondition: epoch)
                return try await store.commit([message]).first?.refusal
            }
            for (device, key) in [(second, UInt8(12)), (bobDevice, 13)] {
                _ = try await store.store.enrol(
                    IdentityEntry(
                        account: bob, device: StoreUnderTest.device(device, key: key), head: .none,
                        renewal: IdentityEntry.Renewal(instance: 1, bytes: [key], isOnce: false)))
                guard device == second else { continue }
                let ends = try await store.store.replacedLeaves(of: bob, limit: 9)
                #expect(Set(ends.map(\.conversation)) == Set(groups) && ends.count == 2)
                #expect(try await store.store.replacedLeaves(of: alice, limit: 9) == [])
                #expect(try await Set(store.store.followUps(limit: 9).map(\.conversation)) == Set(groups))
                // Of a leaf with present keys it ends nothing.
                _ = try await store.commit([.endLeaf(groups[0], bobDevice)])
                #expect(try await standing(store, groups[0], bobDevice).leaf?.until == nil)
                for _ in 0..<2 { _ = try await store.commit([.endLeaf(groups[0], second)]) }
                #expect(try await standing(store, groups[0], second).leaf?.until != nil)
                #expect(try await written(second, 1) == .notInGroup)
                #expect(try await standing(store, groups[1], second).leaf?.until == nil)
                try await store.store.endReplacedLeaves(of: bob)
                #expect(try await standing(store, groups[1], second).leaf?.until != nil)
            }
            // The last one with present keys is there no more, so nobody could say that the other is gone.
            #expect(try await store.store.replacedLeaves(of: nil, limit: 9) == [])
            #expect(try await written(bobDevice, 1) == nil)
            // Once there is another one, it is.
            _ = try await store.commit([commit(9, in: groups[0], epoch: 2, [.enter(third, of: bob, leaf: 3)])])
            #expect(try await store.store.replacedLeaves(of: nil, limit: 9) == [.endLeaf(groups[0], bobDevice)])
            #expect(try await store.store.lostLeaves(of: groups[0]).map(\.leaf) == [1, 2])
        }
    }

    @Test(arguments: Kind.all) func `messages are refused while a bundle says so`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            var proposal = Bundle(
                MessageID(high: 0, low: 9), in: dm, sender: .server, device: DeviceID(high: 0, low: 0),
                entry: NewEntry(payloadKind: PayloadKind.proposal.rawValue, payload: [1]))
            proposal.holdsMessages = true
            let outcomes = try await store.each([
                commit(1, in: dm, epoch: 1, both), .bundle(proposal), store.append("a", to: dm, precondition: 1),
                commit(2, in: dm, epoch: 2), store.append("b", to: dm, precondition: 2),
                commit(3, in: dm, epoch: 3) { $0.holdsMessages = false }, store.append("c", to: dm, precondition: 3),
            ])
            #expect(outcomes.map(\.refusal) == [nil, nil, .removalPending, nil, .removalPending, nil, nil])
        }
    }

    @Test(arguments: Kind.all) func `a later incarnation begins anew and none goes back`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let outcomes = try await store.commit([
                commit(1, in: dm, epoch: 5, both), commit(2, in: dm, epoch: 1, incarnation: 1, both),
                commit(3, in: dm, epoch: 6), commit(4, in: dm, epoch: 1, incarnation: 1),
                commit(5, in: dm, epoch: 2, incarnation: 1),
            ])
            #expect(outcomes.map(\.refusal) == [nil, nil, .preconditionFailed, .preconditionFailed, nil])
            #expect(outcomes[1].stored?.position.mark == GroupMark(incarnation: 1, epoch: 1))
            let again = try await store.commit([commit(2, in: dm, epoch: 1, incarnation: 1, both)]).first?.stored
            #expect(again?.duplicate == true && again?.position.mark == GroupMark(incarnation: 1, epoch: 1))
        }
    }

    @Test(arguments: Kind.all) func `a kind of side rows goes as one and before what the bundle writes`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([
                commit(1, in: dm, epoch: 1, both) { bundle in
                    bundle.rows = (0..<3).map { SideRowChange(kind: 7, index: [$0], value: [$0]) }
                    bundle.rows.append(SideRowChange(kind: 8, index: [9], value: [9]))
                },
                commit(2, in: dm, epoch: 2) { bundle in
                    bundle.clears = [7]
                    bundle.rows = [SideRowChange(kind: 7, index: [1], value: [5])]
                },
                // Of what is refused nothing goes.
                commit(3, in: dm, epoch: 2) { $0.clears = [8] },
            ])
            let rows = try await store.store.sideRows(of: dm, kind: 7, after: nil, limit: 9)
            #expect(rows == [SideRow(index: [1], version: 1, value: [5])])
            #expect(try await store.store.sideRows(of: dm, kind: 8, after: nil, limit: 9).count == 1)
        }
    }

    @Test(arguments: Kind.quiet) func `E7: handshakes outlive messages and end after 400 days`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([
                commit(1, in: dm, epoch: 1, both), store.append("a", to: dm, precondition: 1),
                commit(2, in: dm, epoch: 2), store.append("b", to: dm, precondition: 2),
            ])
            let month = Duration.seconds(30 * 24 * 3_600)
            let later = Timestamp.zero + month * 2
            _ = try await store.sweep(now: later, retention: month)
            #expect(try await store.texts(dm) == ["commit 1", "commit 2"])
            _ = try await store.commit([store.append("c", to: dm, precondition: 2)], time: later)
            #expect(try await store.texts(dm) == ["commit 1", "commit 2", "c"])
            if kind.engine == .sqlite { #expect(try store.faults() == []) }
            // Whoever sends again is still answered.
            #expect(try await store.commit([commit(2, in: dm, epoch: 2)]).first?.stored?.duplicate == true)
            _ = try await store.sweep(
                now: Timestamp(milliseconds: UInt64(Limits.handshakeDays) * 24 * 3_600 * 1_000 + 2_000),
                retention: .milliseconds(500 * 24 * 3_600 * 1_000))
            #expect(
                try await store.texts(dm).count == 3, "a server that keeps messages longer keeps handshakes as long")
            _ = try await store.sweep(
                now: Timestamp(milliseconds: UInt64(Limits.handshakeDays) * 24 * 3_600 * 1_000 + 2_000),
                retention: month)
            #expect(try await store.texts(dm) == [])
            if kind.engine == .sqlite { #expect(try store.faults() == []) }
        }
    }

    @Test(arguments: Kind.all) func `E7: leaves of devices that were not seen for 400 days end`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([commit(1, in: dm, epoch: 1, both)])
            let year = Timestamp(milliseconds: UInt64(Limits.handshakeDays) * 24 * 3_600 * 1_000)
            _ = try await store.sweep(now: year, retention: .milliseconds(24 * 3_600 * 1_000))
            #expect(try await store.store.lostLeaves(of: dm) == [])
            // Alice was seen since.
            store.time = year
            try await store.store.note(SoftMarks(seen: [SeenMark(account: alice, device: aliceDevice, online: true)]))
            _ = try await store.sweep(now: year + .seconds(2), retention: .milliseconds(24 * 3_600 * 1_000))
            #expect(try await store.store.lostLeaves(of: dm).map(\.leaf) == [1])
            #expect(try await standing(store, dm, bobDevice).leaf?.until != nil)
            let late = try await store.commit([
                store.append("a", to: dm, sender: bob, device: bobDevice, precondition: 1)
            ])
            #expect(late.first?.refusal == .notInGroup)
            _ = try await store.commit([
                commit(2, in: dm, epoch: 2, [.lose(bobDevice), .enter(bobDevice, of: bob, leaf: 1)])
            ])
            #expect(try await store.store.lostLeaves(of: dm) == [])
        }
    }

    // MARK: Reports

    private func report(
        _ seq: SequenceNumber, _ id: UInt64, in conversation: ConversationID, by device: DeviceID = bobDevice
    ) -> StoreOperation {
        .report(
            CommitReport(
                conversation: conversation, seq: seq, digest: SHA256.hash(Array("commit \(id)".utf8)),
                reporter: DeviceReader(account: device == bobDevice ? bob : alice, device: device)))
    }

    @Test(arguments: Kind.quiet) func `a device that two accounts or an admin report commits nothing for a day`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let second = try await store.device(of: alice, 9)
            let dm = try await store.open(alice, bob)
            let all = both + [.enter(second, of: alice, leaf: 2)]
            let outcomes = try await store.each([
                commit(1, in: dm, epoch: 1, all), commit(2, in: dm, epoch: 2), report(2, 2, in: dm),
                report(2, 2, in: dm), commit(3, in: dm, epoch: 3), report(2, 2, in: dm, by: second),
                commit(4, in: dm, epoch: 4), commit(3, in: dm, epoch: 3), store.append("a", to: dm, precondition: 3),
                // What was before its leaf, is no commit, or its own.
                report(1, 1, in: dm), report(4, 4, in: dm), report(3, 3, in: dm, by: aliceDevice),
            ])
            #expect(
                outcomes.map(\.refusal) == [
                    nil, nil, nil, nil, nil, nil, .blocked, nil, nil, .notInGroup, .invalidTarget, .invalidTarget,
                ])
            let day = Timestamp(milliseconds: UInt64(Limits.blockedHours) * 3_600 * 1_000)
            // The same reports again do not keep it blocked.
            store.time = day
            _ = try await store.each([report(2, 2, in: dm), report(2, 2, in: dm, by: second)])
            let later = try await store.commit([commit(4, in: dm, epoch: 4)], time: day + .seconds(2))
            #expect(later.first?.refusal == nil)
        }
    }

    @Test(arguments: Kind.quiet) func `one report of an admin is enough`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let room = ConversationID(high: 9, low: 2)
            let name = try #require(RoomName("ops"))
            let outcomes = try await store.each([
                .openRoom(room, name, by: alice),
                commit(1, in: room, epoch: 1, [.join(bob)] + both) {
                    $0.room = RoomTraits(isOpen: false, admins: [bob])
                },
                commit(2, in: room, epoch: 2), report(2, 2, in: room), commit(3, in: room, epoch: 3),
            ])
            #expect(outcomes.map(\.refusal) == [nil, nil, nil, nil, .blocked])
        }
    }

    @Test(arguments: Kind.all) func `of an account that is erased its handshakes stay`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([
                commit(1, in: dm, epoch: 1, both), store.append("a", to: dm, precondition: 1),
                .erase(dm, of: alice),
            ])
            #expect(try await store.texts(dm) == ["commit 1"])
        }
    }

    @Test(arguments: Kind.all) func `the key for groups is kept once`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let first = [UInt8](repeating: 1, count: 32)
            let kept = try await store.store.groupKey(orKeep: first)
            let again = try await store.store.groupKey(orKeep: [UInt8](repeating: 2, count: 32))
            #expect(kept == first && again == first)
        }
    }
}

extension StoreUnderTest {
    /// One after the other, each in a batch of its own.
    fileprivate func each(_ operations: [StoreOperation]) async throws -> [OperationOutcome] {
        var outcomes: [OperationOutcome] = []
        for operation in operations { outcomes += try await commit([operation]) }
        return outcomes
    }
}
