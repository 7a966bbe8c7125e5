import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import SQLite
import TestSupport
import Testing

@testable import ChatClient

/// Ann and bob, whose groups live in their stores, and the log between them.
private struct OpeningScene {
    var pair: GroupPair
    var ann: GroupMember
    var bob: GroupMember
    var log: TestLog

    init() throws {
        pair = try GroupPair()
        (ann, bob) = try GroupMember.founded(&pair)
        log = TestLog(pair.conversation, generation: GroupPair.generation)
        _ = log.commit(WaitingCommit.first(pair), by: bob.identity)
    }

    /// Ann writes; the answer arrives or is lost.
    mutating func annWrites(_ body: String, _ number: UInt64, isAnswered: Bool = true) throws {
        let append = try ann.sealed(ann.text(body, number, in: pair.conversation))
        let answer = log.append(append, by: ann.identity)
        if isAnswered { _ = try ann.acknowledged(answer) }
    }

    mutating func bobWrites(_ body: String, _ number: UInt64) throws {
        let append = try bob.sealed(bob.text(body, number, in: pair.conversation))
        _ = try bob.acknowledged(log.append(append, by: bob.identity))
    }

    /// Entries as ann gets them, with a lie.
    func entries(_ change: (inout ReceivedEntry) -> Void) throws -> [LogItem] {
        let seq = try ann.store.groupStanding(of: pair.conversation)?.seq ?? .beforeFirst
        return log.items(after: seq, to: ann.identity).map { item in
            guard case .entry(var entry) = item else { return item }
            change(&entry)
            return .entry(entry)
        }
    }

    /// Ann comes back over her own leaf: the join waits beside her former state.
    mutating func annJoins() throws -> WaitingCommit {
        var options = ExternalJoinOptions()
        options.removing = pair.joined.ownLeaf
        let info = try pair.load(bob.store).groupInfo()
        var (group, message) = try Group.joinExternally(
            info, identity: try pair.ann.identity(), options: options, now: nil, judge: pair.judge,
            using: &ann.generator)
        let waiting = WaitingCommit(
            conversation: pair.conversation, kind: .externalJoin, id: MessageID(high: 77, low: 9),
            position: pair.standing(1).position(epoch: 2), handshake: message.encoded, groupInfo: [])
        let store = ann.store
        try store.write {
            try group.save(to: store.stagedGroupRows)
            #expect(try store.keepWaiting(waiting))
        }
        return waiting
    }

    func expectAgreement() throws {
        #expect(try pair.load(ann.store).context == pair.load(bob.store).context)
    }
}

@Suite struct OpenerTests {
    @Test func `E2: entries are taken in order, each once, with its text, its ratchet and its place together`() throws {
        var scene = try OpeningScene()
        for number in UInt64(1)...5 { try scene.bobWrites("b\(number)", number) }
        let items = scene.log.items(after: 1, to: scene.ann.identity)
        // A hole stops, and what comes again changes nothing.
        #expect(try scene.ann.open([items[1]], scene.pair).stop == .hole(after: 1))
        let part = try scene.ann.open(Array(items.prefix(2)) + [items[0], items[3]], scene.pair)
        #expect(part.items.map(\.seq) == [2, 3, 2] && part.stop == .hole(after: 3))
        #expect(part.items.allSatisfy { $0.disposition == .stored && $0.isUrgent })
        // Another process goes on where this one stopped.
        var second = scene.ann
        #expect(try second.read(scene.log, scene.pair).items.map(\.seq) == [4, 5, 6])
        let late = try scene.ann.open(items, scene.pair)
        #expect(late.items.map(\.disposition) == Array(repeating: .stored, count: 5) && !late.hasNews)
        #expect(try scene.ann.told() == ["b1", "b2", "b3", "b4", "b5"])
    }

    @Test func `E2: an entry that cannot be stored leaves nothing of it, and those before it are there`() throws {
        var scene = try OpeningScene()
        try scene.bobWrites("before", 1)
        let commit = try scene.bob.makeCommit(scene.pair, id: 1)
        _ = try scene.bob.acknowledged(scene.log.commit(commit, by: scene.bob.identity))
        try scene.bobWrites("behind", 2)
        let (store, items) = (scene.ann.store, scene.log.items(after: 1, to: scene.ann.identity))
        // The rows of the next epoch are there by then.
        try store.database.execute(
            """
            CREATE TEMP TRIGGER fault BEFORE INSERT ON group_transcripts WHEN NEW.epoch = 2
            BEGIN SELECT RAISE(ABORT, 'no'); END
            """)
        let part = try scene.ann.open(items, scene.pair)
        #expect(part.items.map(\.seq) == [2])
        guard case .failed(3, _)? = part.stop else { throw TestFailure("\(String(describing: part.stop))") }
        #expect(try scene.ann.summary(scene.pair)?.epoch == 1)
        try store.database.execute("DROP TRIGGER fault")
        try scene.ann.read(scene.log, scene.pair)
        #expect(try scene.ann.told() == ["before", "behind"])
        try scene.expectAgreement()
    }

    @Test func `what a subscription brings says up to when this device knows everything, a log that is read does not`()
        throws
    {
        var scene = try OpeningScene()
        try scene.bobWrites("b1", 1)
        try scene.bobWrites("b2", 2)
        let items = scene.log.items(after: 1, to: scene.ann.identity)
        let (store, identity) = (scene.ann.store, scene.ann.identity)
        _ = try scene.ann.open([items[0]], scene.pair)
        #expect(try store.lastSync() == nil)
        _ = try scene.ann.opener.open(
            [items[1]], of: scene.pair.conversation, in: store, as: identity, isDelivered: true, now: 6_000,
            clock: { .zero })
        #expect(try store.lastSync() == 6_000)
    }

    @Test func `what sending and receiving cost does not grow with what a conversation holds`() throws {
        var scene = try OpeningScene()
        var number: UInt64 = 0
        /// What ten messages cost who writes them and who reads them, in instructions.
        func cost() throws -> (sending: Int, receiving: Int) {
            let before = (scene.ann.store.database.instructions, scene.bob.store.database.instructions)
            for _ in 0..<10 {
                number += 1
                try scene.annWrites("a\(number)", number)
                _ = try scene.bob.read(scene.log, scene.pair)
                _ = try scene.bob.store.settleReplay()
            }
            return (
                scene.ann.store.database.instructions - before.0, scene.bob.store.database.instructions - before.1
            )
        }
        _ = try cost()
        let early = try cost()
        for _ in 0..<60 { _ = try cost() }
        let late = try cost()
        #expect(late.sending <= early.sending * 6 / 5, "\(early) \(late)")
        #expect(late.receiving <= early.receiving * 6 / 5, "\(early) \(late)")
    }

    @Test func `E2: a transaction takes sixty-four entries, or what eight milliseconds have room for`() throws {
        var scene = try OpeningScene()
        for number in UInt64(1)...70 { try scene.bobWrites("b\(number)", number) }
        let items = scene.log.items(after: 1, to: scene.ann.identity)
        let (ann, pair) = (scene.ann, scene.pair)
        func open(_ items: [LogItem], _ clock: () -> Duration) throws -> Int {
            var opener = ann.opener
            return try opener.open(
                items, of: pair.conversation, in: ann.store, as: ann.identity, now: 1, clock: clock
            ).items.count
        }
        var time = Duration.zero
        let count = try open(items) {
            time += .milliseconds(3)
            return time
        }
        #expect(count == 3)
        #expect(try open(Array(items.dropFirst(3))) { .zero } == 64)
        #expect(try scene.ann.read(scene.log, scene.pair).items.count == 3)
    }

    @Test func `E3: a commit is merged at its place, and what was written before it is opened before it`() throws {
        var scene = try OpeningScene()
        let commit = try scene.ann.makeCommit(scene.pair, id: 1)
        try scene.bobWrites("before", 1)
        let answer = scene.log.commit(commit, by: scene.ann.identity)
        // The server has it; its place is not reached yet.
        #expect(try scene.ann.acknowledged(answer) == .taken(hasNews: false))
        #expect(try scene.ann.summary(scene.pair)?.epoch == 1)
        let part = try scene.ann.read(scene.log, scene.pair)
        #expect(part.findings == [.merged(epoch: 2)] && part.items.map(\.disposition) == [.stored, .skipped])
        #expect(try scene.ann.store.waitingCommit(of: scene.pair.conversation) == nil)
        try scene.bob.read(scene.log, scene.pair)
        try scene.bobWrites("behind", 2)
        try scene.ann.read(scene.log, scene.pair)
        #expect(try scene.ann.told() == ["before", "behind"])
        try scene.expectAgreement()
    }

    @Test func `E3: an acknowledgement right behind what was processed is the commit's place`() throws {
        var scene = try OpeningScene()
        let commit = try scene.ann.makeCommit(scene.pair, id: 1)
        let answer = try scene.ann.acknowledged(scene.log.commit(commit, by: scene.ann.identity))
        guard case .placed(let part)? = answer else { throw TestFailure("\(String(describing: answer))") }
        #expect(part.findings == [.merged(epoch: 2)])
        #expect(try scene.ann.store.groupStanding(of: scene.pair.conversation)?.seq == 2)
        try scene.bob.read(scene.log, scene.pair)
        try scene.expectAgreement()
    }

    @Test func `E3: whose commit lost drops it, and what it had sealed is sealed anew`() throws {
        var scene = try OpeningScene()
        let lost = try scene.ann.makeCommit(scene.pair, id: 1)
        let won = try scene.bob.makeCommit(scene.pair, id: 2)
        let message = scene.ann.text("hi", 1, in: scene.pair.conversation)
        let early = try scene.ann.sealed(message)
        _ = try scene.bob.acknowledged(scene.log.commit(won, by: scene.bob.identity))
        #expect(scene.log.commit(lost, by: scene.ann.identity) == .refused(.preconditionFailed))
        #expect(scene.log.append(early, by: scene.ann.identity) == .refused(.preconditionFailed))
        try scene.ann.read(scene.log, scene.pair)
        #expect(try scene.ann.store.waitingCommit(of: scene.pair.conversation) == nil)
        #expect(try scene.ann.store.sealedMessage(message.id, in: scene.pair.conversation) == nil)
        let again = try scene.ann.sealed(message)
        _ = try scene.ann.acknowledged(scene.log.append(again, by: scene.ann.identity))
        try scene.bob.read(scene.log, scene.pair)
        #expect(try scene.bob.told() == ["hi"])
        try scene.expectAgreement()
    }

    @Test func `E3: who comes back from outside passes over what it cannot follow, up to its own commit`() throws {
        var scene = try OpeningScene()
        // A commit of bob that ann cannot follow: the server has changed it for her.
        let commit = try scene.bob.makeCommit(scene.pair, id: 1)
        _ = try scene.bob.acknowledged(scene.log.commit(commit, by: scene.bob.identity))
        try scene.bobWrites("unheard", 1)
        let changed = try scene.entries { if $0.place.seq == 2 { $0.payload[$0.payload.count - 1] ^= 1 } }
        guard case .cannotFollow(2, _)? = try scene.ann.open(changed, scene.pair).stop else {
            throw TestFailure("followed")
        }
        #expect(try scene.ann.store.groupStanding(of: scene.pair.conversation)?.seq == 1)
        let waiting = try scene.annJoins()
        #expect(try scene.ann.acknowledged(scene.log.commit(waiting, by: scene.ann.identity)) == .taken(hasNews: false))
        let items = try scene.entries { if $0.place.seq == 2 { $0.payload[$0.payload.count - 1] ^= 1 } }
        let part = try scene.ann.open(items, scene.pair)
        #expect(part.stop == nil && part.items.map(\.disposition) == [.skipped, .undecryptable, .skipped])
        #expect(part.findings.last == .merged(epoch: 3))
        try scene.bob.read(scene.log, scene.pair)
        try scene.expectAgreement()
        try scene.bobWrites("heard", 2)
        try scene.ann.read(scene.log, scene.pair)
        #expect(try scene.ann.told() == ["gap undecryptable 1", "gap resync ?", "heard"])
    }

    @Test func `E4: one's own entry is byte for byte what was sealed, else it is a mismatch`() throws {
        var scene = try OpeningScene()
        try scene.annWrites("mine", 1, isAnswered: false)
        try scene.annWrites("too", 2, isAnswered: false)
        var items = scene.log.items(after: 1, to: scene.ann.identity)
        guard case .hashed(var entry) = items[0] else { throw TestFailure("not hashed") }
        entry.payload[0] ^= 1
        items[0] = .hashed(entry)
        let part = try scene.ann.open(items, scene.pair)
        #expect(part.items.map(\.disposition) == [.undecryptable, .stored])
        guard case .unreadable(2, let why)? = part.findings.first, why.hasPrefix("mismatch") else {
            throw TestFailure("\(part.findings)")
        }
        #expect(try scene.ann.told() == ["gap mismatch 1", "too"])
        // What this device has never sent is not its own, whoever says so.
        try scene.bobWrites("bob's", 1)
        let forged = try scene.entries {
            $0.place.sender = scene.ann.identity.account
            $0.place.device = scene.ann.identity.device
        }
        #expect(try scene.ann.open(forged, scene.pair).items.map(\.disposition) == [.undecryptable])
    }

    @Test func `E4: an answer that was lost loses and doubles nothing`() throws {
        var scene = try OpeningScene()
        let message = scene.ann.text("hi", 1, in: scene.pair.conversation)
        let append = try scene.ann.sealed(message)
        _ = scene.log.append(append, by: scene.ann.identity)
        // The same bytes again: the server knows them.
        let answer = scene.log.append(try scene.ann.sealed(message), by: scene.ann.identity)
        #expect(answer.appended?.duplicate == true)
        guard case .placed? = try scene.ann.acknowledged(answer) else { throw TestFailure("not placed") }
        #expect(try scene.ann.acknowledged(answer) == nil)
        // Taken behind something that was not read yet: it is in the history, and gets its place with the log.
        try scene.bob.read(scene.log, scene.pair)
        try scene.bobWrites("b", 1)
        let second = try scene.ann.sealed(scene.ann.text("ho", 2, in: scene.pair.conversation))
        let late = scene.log.append(second, by: scene.ann.identity)
        #expect(try scene.ann.acknowledged(late) == .taken(hasNews: false))
        let part = try scene.ann.read(scene.log, scene.pair)
        #expect(part.findings.isEmpty && part.items.map(\.disposition) == [.stored, .stored])
        #expect(try scene.ann.told() == ["hi", "b", "ho"])
        #expect(try scene.ann.store.untakenCount(in: scene.pair.conversation, at: scene.log.position) == 0)
        // The server keeps something else under the id.
        var lie = try #require(late.appended)
        let third = try scene.ann.sealed(scene.ann.text("hu", 3, in: scene.pair.conversation))
        (lie.id, lie.seq) = (third.id, 5)
        #expect(try scene.ann.acknowledged(.appended(lie)) == .another)
    }

    @Test func `E4: what the server said it has taken, and left out of its log, is told`() throws {
        var scene = try OpeningScene()
        try scene.bobWrites("b", 1)
        let append = try scene.ann.sealed(scene.ann.text("hi", 1, in: scene.pair.conversation))
        var forked = scene.log
        #expect(
            try scene.ann.acknowledged(forked.append(append, by: scene.ann.identity)) == .taken(hasNews: false))
        let commit = try scene.bob.makeCommit(scene.pair, id: 1)
        _ = scene.log.commit(commit, by: scene.bob.identity)
        #expect(try scene.ann.read(scene.log, scene.pair).findings == [.merged(epoch: 2), .leftOut(append.id)])
    }

    @Test func `M1: what the server says of a message is what its sender has sealed, else it is never shown`() throws {
        let lies: [(inout ReceivedEntry) -> Void] = [
            { $0.place.id = MessageID(high: 1, low: 1) },
            { $0.place.sender = AccountID(high: 1, low: 1) },
            { $0.place.device = DeviceID(high: 1, low: 1) },
            { $0.payload[$0.payload.count - 1] ^= 1 },
            { $0.payload = [1, 2, 3] },
        ]
        for lie in lies {
            var scene = try OpeningScene()
            try scene.bobWrites("true", 1)
            let part = try scene.ann.open(try scene.entries(lie), scene.pair)
            #expect(part.items.map(\.disposition) == [.undecryptable] && part.stop == nil)
            #expect(part.findings.count == 1)
            try scene.bobWrites("next", 2)
            try scene.ann.read(scene.log, scene.pair)
            let told = try scene.ann.told()
            #expect(told == ["gap mismatch 1", "next"] || told == ["gap undecryptable 1", "next"])
        }
    }

    @Test func `M1: a message of another group does not open in this one`() throws {
        var scene = try OpeningScene()
        var world = try GroupPair()
        let elsewhere = try world.otherSends([1])
        try scene.bobWrites("true", 1)
        let items = try scene.entries { $0.payload = elsewhere.encoded }
        #expect(try scene.ann.open(items, scene.pair).items.map(\.disposition) == [.undecryptable])
    }

    @Test func `M2: an id counts once an account, whatever is sealed under it later`() throws {
        var scene = try OpeningScene()
        try scene.bobWrites("first", 1)
        try scene.ann.read(scene.log, scene.pair)
        // Bob's device seals under the same id again, and the server lets it pass.
        let message = scene.bob.text("second", 1, in: scene.pair.conversation)
        var bob = scene.bob
        try bob.store.write {
            let rows = bob.store.groupRows
            let (sealed, changes) = try StoredGroup.send(
                message.content.wireBytes, to: scene.pair.groupId, from: rows,
                authenticatedData: MessageData(id: message.id).wireBytes, using: &bob.generator)
            try rows.apply(changes)
            let entry = Entry(
                conversation: scene.pair.conversation, seq: 3, id: message.id, sender: bob.identity.account,
                device: bob.identity.device, payloadKind: PayloadKind.message.rawValue, time: 1,
                payload: sealed.encoded)
            let part = try scene.ann.open([.entry(ReceivedEntry(entry))], scene.pair)
            #expect(part.findings == [.repeated(3)] && part.items.map(\.disposition) == [.skipped])
        }
        #expect(try scene.ann.told() == ["first"])
    }

    @Test func `the server's Remove waits, the next commit takes it, and who is removed keeps a tombstone`() throws {
        var scene = try OpeningScene()
        let key = try #require(GroupPair.groupKey)
        let leaf = try pairLeaf(scene)
        let proposal = try ExternalProposal.make(
            .remove(leaf), context: try scene.pair.load(scene.ann.store).context, index: 0, key: key)
        let entry = ReceivedEntry(
            Entry(
                conversation: scene.pair.conversation, seq: 2, id: MessageID(high: 5, low: 5),
                sender: AccountID(high: 0, low: 0), device: DeviceID(high: 0, low: 0),
                payloadKind: PayloadKind.proposal.rawValue, time: 1, payload: proposal.encoded))
        for _ in 0..<1 {
            #expect(try scene.ann.open([.entry(entry)], scene.pair).items.map(\.disposition) == [.skipped])
            #expect(try scene.bob.open([.entry(entry)], scene.pair).items.map(\.disposition) == [.skipped])
        }
        #expect(try scene.ann.summary(scene.pair)?.hasProposals == true)
        let commit = try scene.ann.makeCommit(scene.pair, id: 1)
        let handshake = ReceivedEntry(
            Entry(
                conversation: scene.pair.conversation, seq: 3, id: commit.id, sender: scene.ann.identity.account,
                device: scene.ann.identity.device, payloadKind: PayloadKind.commit.rawValue, time: 1,
                payload: commit.handshake))
        #expect(try scene.ann.open([.entry(handshake)], scene.pair).findings == [.merged(epoch: 2)])
        #expect(try scene.bob.open([.entry(handshake)], scene.pair).findings == [.removed(epoch: 1)])
        #expect(try scene.bob.store.tombstone(of: scene.pair.policy.group) == 1)
        #expect(try scene.bob.seal([scene.bob.text("x", 1, in: scene.pair.conversation)]) == [.held(.noGroup)])
        #expect(try scene.pair.load(scene.ann.store).memberCount == 1)
    }

    private func pairLeaf(_ scene: OpeningScene) throws -> LeafIndex { try scene.pair.load(scene.bob.store).ownLeaf }

    @Test func `E9: a log of a thousand commits costs one load of the group`() throws {
        var scene = try OpeningScene()
        for number in UInt64(1)...1_000 {
            let commit = try scene.bob.makeCommit(scene.pair, id: number)
            _ = try scene.bob.acknowledged(scene.log.commit(commit, by: scene.bob.identity))
        }
        try scene.ann.read(scene.log, scene.pair)
        #expect(scene.ann.opener.loads(of: scene.pair.conversation) == 1)
        try scene.expectAgreement()
    }

    @Test func `E3: a founding waits as a whole group until the log has it`() throws {
        var pair = try GroupPair()
        var ann = try GroupMember(pair.ann, in: pair, seed: 11)
        var log = TestLog(pair.conversation, generation: GroupPair.generation)
        let key = try #require(GroupPair.groupKey)
        var group = try Group.create(
            groupId: pair.groupId, suite: .x25519Aes128GcmSha256Ed25519, identity: try pair.ann.identity(),
            extensions: try pair.policy.extensions(groupKey: key.publicKey), lifetime: GroupPair.lifetime,
            judge: pair.judge, using: &pair.generator)
        let package = try KeyPackage.create(
            suite: .x25519Aes128GcmSha256Ed25519, identity: try pair.bob.identity(), lifetime: GroupPair.lifetime,
            using: &pair.generator)
        let pending = try group.commit(
            CommitOptions([.add(package.keyPackage)]), now: nil, judge: pair.judge, using: &pair.generator)
        try group.mergePending()
        let waiting = WaitingCommit(
            conversation: pair.conversation, kind: .founding, id: MessageID(high: 7, low: 7),
            position: pair.standing(1).position(epoch: 0), handshake: pending.message.encoded, groupInfo: [],
            welcome: try #require(pending.welcome).encoded, founding: [1])
        try ann.store.write {
            try group.save(to: ann.store.stagedGroupRows)
            #expect(try ann.store.keepWaiting(waiting))
        }
        #expect(try ann.seal([ann.text("x", 1, in: pair.conversation)]) == [.held(.noGroup)])
        // The answer is lost; another process asks again, and it is the same.
        _ = log.commit(waiting, by: ann.identity)
        let again = try #require(try ann.scene.other().waitingCommit(of: pair.conversation))
        guard case .placed(let part)? = try ann.acknowledged(log.commit(again, by: ann.identity)) else {
            throw TestFailure("not placed")
        }
        #expect(part.findings == [.merged(epoch: 1)])
        let standing = try #require(try ann.store.groupStanding(of: pair.conversation))
        #expect(standing.seq == 1 && standing.log != nil)
        guard case .welcome(let welcome)? = pending.welcome?.body else { throw TestFailure("no Welcome") }
        pair.other = try Group.join(welcome, with: package, now: nil, judge: pair.judge)
        let append = try ann.sealed(ann.text("hi", 1, in: pair.conversation))
        #expect(try Content(wireBytes: try pair.other.read(try MLSMessage(decoding: append.payload))).body == "hi")
    }
}
