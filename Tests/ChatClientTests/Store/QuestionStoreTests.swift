import ChatProtocol
import Testing

@testable import ChatClient

@Suite struct QuestionStoreTests {
    private let scene: StoreScene
    private var store: ClientStore { scene.store }
    private let bobAsked: AskedUser
    private let carolAsked: AskedUser
    private static let carol = AccountID(high: 0, low: 3)
    private static let withCarol = ConversationID(high: 9, low: 2)

    init() throws {
        scene = try StoreScene()
        let carol = try scene.record(Self.carol, "carol")
        let store = scene.store
        try store.write {
            try store.remember([carol], now: 1)
            try store.remember(Self.withCarol, type: .direct, peer: Self.carol)
        }
        bobAsked = AskedUser(
            name: try #require(UserName("bob")), account: bob, id: MessageID(high: 5, low: 1))
        carolAsked = AskedUser(
            name: try #require(UserName("carol")), account: Self.carol, id: MessageID(high: 5, low: 2))
    }

    private func open(
        _ asked: [AskedUser], choices: [String] = [], deadline: Timestamp = 9000,
        due: BootTime = BootTime(boot: "", milliseconds: 0), isAgain: Bool = false
    ) throws {
        try store.writeSynced {
            try store.openQuestions(
                asked, asking: asked[0].id, choices: choices, expiry: Expiry(time: deadline, due: due),
                isAgain: isAgain, own: alice, now: 5000)
        }
    }

    /// The message that asks has been taken by the server.
    private func sent(_ asked: AskedUser, at seq: UInt64 = 1, in conversation: ConversationID = withBob) throws {
        let entry = ReceivedEntry(
            conversation: conversation, seq: SequenceNumber(seq), id: asked.id, sender: alice,
            device: .init(high: 3, low: 3),
            time: Timestamp(milliseconds: 4000 + seq), content: Content(body: "well?", sent: 1))
        try store.write { _ = try store.storeSent(entry.place, Content(body: "well?", sent: 1), now: 5000) }
    }

    private func receive(
        _ seq: UInt64, _ body: String, replyTo: MessageID? = nil, from sender: AccountID = bob,
        in conversation: ConversationID = withBob, isReplay: Bool = false, auto: Bool = false, now: Timestamp = 5000
    ) throws {
        let content = Content(body: body, replyTo: replyTo, sent: 1, auto: auto)
        let entry = ReceivedEntry(
            conversation: conversation, seq: SequenceNumber(seq), id: MessageID(high: 8, low: seq), sender: sender,
            device: .init(high: 1, low: 1), time: Timestamp(milliseconds: 1000 + seq), content: content)
        try store.writeSynced {
            _ = try store.store([.entry(entry)], own: alice, isReplay: isReplay, now: now)
        }
    }

    /// What the questions took, in short words.
    private func taken(_ asked: [AskedUser], after number: Int64 = 0) throws -> [String] {
        let reader = try #require(try store.itemReader())
        return try store.answers(to: asked, ambiguousAfter: number, reader: reader).map {
            "\($0.outcome) \($0.message.body)"
        }
    }

    @Test(arguments: [false, true]) func `the first answer closes the question for all who were asked`(isReplay: Bool)
        throws
    {
        try open([bobAsked, carolAsked])
        try sent(bobAsked)
        try sent(carolAsked, in: Self.withCarol)
        try receive(2, "mine", from: Self.carol, in: Self.withCarol, isReplay: isReplay)
        try receive(2, "too late", isReplay: isReplay)
        try receive(3, "too late, and marked", replyTo: bobAsked.id, isReplay: isReplay)
        #expect(try taken([bobAsked, carolAsked]) == ["answer mine"])
    }

    @Test func `ten questions to one get their own answers`() throws {
        let asked = try (0..<10).map { number in
            AskedUser(name: try #require(bobAsked.conversation.user), account: bob, id: MessageID(high: 6, low: number))
        }
        for (index, user) in asked.enumerated() {
            try open([user])
            try sent(user, at: UInt64(index + 1))
        }
        try receive(11, "which?")
        for (index, user) in asked.enumerated().reversed() {
            try receive(UInt64(21 - index), "answer \(index)", replyTo: user.id)
        }
        for (index, user) in asked.enumerated() {
            #expect(try taken([user], after: .max) == ["answer answer \(index)"])
        }
        #expect(try taken([asked[0]]).contains("ambiguous which?"))
    }

    @Test func `what is none of the choices is kept and the question stays open`() throws {
        try open([bobAsked], choices: ["yes", "no"])
        try sent(bobAsked)
        try receive(2, "perhaps")
        try receive(3, "YES")
        try receive(4, "no")
        #expect(try taken([bobAsked]) == ["notAChoice perhaps", "answer YES"])
    }

    @Test func `nothing is taken before the question after its end and by another person`() throws {
        try receive(1, "before")
        try open([bobAsked], deadline: 4999)
        try sent(bobAsked, at: 2)
        try receive(3, "after its deadline")
        try open([bobAsked])
        try receive(1, "somebody else", from: Self.carol, in: Self.withCarol)
        try receive(1, "to everybody", in: everyone)
        #expect(try store.write { try store.lapse(bobAsked) })
        #expect(try !store.write { try store.lapse(bobAsked) })
        try receive(4, "after it lapsed", replyTo: bobAsked.id)
        #expect(try taken([bobAsked]) == [])
    }

    @Test func `who asks again finds what was answered meanwhile`() throws {
        try open([bobAsked])
        try sent(bobAsked)
        #expect(try store.write { try store.lapse(bobAsked) })
        try receive(2, "unmarked, to nobody")
        try receive(3, "late", replyTo: bobAsked.id)
        try open([bobAsked], isAgain: true)
        #expect(try taken([bobAsked]) == ["answer late"])
        // And once answered it stays so.
        try open([bobAsked], isAgain: true)
        try receive(4, "later", replyTo: bobAsked.id)
        #expect(try taken([bobAsked]) == ["answer late"])
    }

    @Test func `a message that a question took is known by its place`() throws {
        try open([bobAsked])
        try sent(bobAsked)
        try receive(2, "answer")
        try receive(3, "no answer")
        let reader = try #require(try store.itemReader())
        let positions = try store.items(after: 0, limit: 10, reader: reader).compactMap(\.cursor?.position)
        #expect(try positions.map { try store.isAnswer(position: $0) } == [false, true, false])
    }

    @Test func `what is long over is forgotten`() throws {
        try open([bobAsked], deadline: 6000)
        try sent(bobAsked)
        try receive(2, "answer")
        let later = Timestamp.zero + .seconds(50 * 86_400)
        try store.write {
            try store.openQuestions(
                [carolAsked], asking: carolAsked.id, choices: [],
                expiry: Expiry(after: .seconds(1), now: later, boot: store.bootTime()), isAgain: false, own: alice,
                now: later)
        }
        #expect(try taken([bobAsked]) == [])
        #expect(try !store.write { try store.lapse(bobAsked) })
    }

    // MARK: Clocks

    @Test func `a question ends by the clock that does not leap`() throws {
        var now = BootTime(boot: "a", milliseconds: 7_000)
        store.bootTime = { now }
        try open([bobAsked], due: BootTime(boot: "a", milliseconds: 67_000))
        try sent(bobAsked)
        let year = Timestamp.zero + .seconds(365 * 86_400)
        // Somebody asks while the time of day is a year ahead: what is long over is forgotten, and this is not over.
        try store.writeSynced {
            try store.openQuestions(
                [carolAsked], asking: carolAsked.id, choices: [],
                expiry: Expiry(after: .seconds(1), now: year, boot: now), isAgain: false, own: alice, now: year)
        }
        now.milliseconds = 66_999
        try receive(2, "in time", now: year)
        #expect(try taken([bobAsked]) == ["answer in time"])

        let again = AskedUser(
            name: try #require(bobAsked.conversation.user), account: bob, id: MessageID(high: 5, low: 9))
        try open([again], due: BootTime(boot: "a", milliseconds: 67_000))
        try sent(again, at: 3)
        now.milliseconds = 67_000
        try receive(4, "late, and the clock was set back", now: 0)
        #expect(try taken([again]) == [])
    }

    @Test(arguments: ["b", ""]) func `after another start of the machine the time of day counts`(boot: String) throws {
        store.bootTime = { BootTime(boot: boot, milliseconds: 1) }
        try open([bobAsked], deadline: 9_000, due: BootTime(boot: boot == "" ? "" : "a", milliseconds: 5))
        try sent(bobAsked)
        try receive(2, "late", now: 9_000)
        try receive(3, "in time", now: 8_999)
        #expect(try taken([bobAsked]) == ["answer in time"])
    }

    // MARK: Other devices of the account

    @Test func `an unmarked message answers the last question alone, whichever device asked it`() throws {
        try open([bobAsked])
        try sent(bobAsked, at: 1)
        // Another device asks, or a person writes there: nothing in the message says which.
        try receive(2, "and this?", from: alice)
        try receive(3, "yes")
        #expect(try taken([bobAsked]) == ["ambiguous yes"])
        try receive(4, "yes, marked", replyTo: bobAsked.id)
        #expect(try taken([bobAsked], after: .max) == ["answer yes, marked"])
    }

    @Test func `what another device wrote before, took back, replied or sent by a program overtakes nothing`() throws {
        try receive(1, "an older question", from: alice)
        try open([bobAsked])
        try sent(bobAsked, at: 2)
        try receive(3, "a younger question", from: alice)
        try receive(4, "nobody waits any more", replyTo: MessageID(high: 8, low: 3), from: alice, auto: true)
        try receive(5, "a reply", replyTo: MessageID(high: 8, low: 1), from: alice)
        try receive(6, "sent by a program", from: alice, auto: true)
        try receive(7, "yes")
        #expect(try taken([bobAsked]) == ["answer yes"])
    }

    // MARK: The order of the log

    @Test(arguments: [false, true])
    func `what was written before the question answers nothing, whenever it arrives`(isReplay: Bool) throws {
        try open([bobAsked], choices: ["yes", "no"])
        try receive(1, "yes", isReplay: isReplay)
        try receive(2, "yes", replyTo: bobAsked.id, isReplay: isReplay)
        try sent(bobAsked, at: 4)
        try receive(3, "yes", isReplay: isReplay)
        #expect(try taken([bobAsked]) == [])
        try receive(5, "no", isReplay: isReplay)
        #expect(try taken([bobAsked]) == ["answer no"])
    }

    @Test func `a question whose acknowledgement was lost has its place when the log brings it`() throws {
        try open([bobAsked])
        try receive(1, "before")
        let asking = ReceivedEntry(
            conversation: withBob, seq: 2, id: bobAsked.id, sender: alice, device: .init(high: 3, low: 3), time: 1002,
            content: Content(body: "well?", sent: 1))
        try scene.receive([asking])
        try receive(3, "after")
        #expect(try taken([bobAsked]) == ["answer after"])
    }

    @Test func `an unmarked message answers the one question that was asked before it`() throws {
        let later = AskedUser(
            name: try #require(bobAsked.conversation.user), account: bob, id: MessageID(high: 5, low: 9))
        try open([bobAsked])
        try open([later])
        try sent(bobAsked)
        try receive(2, "to the first")
        try sent(later, at: 3)
        #expect(try taken([later]) == [])
        #expect(try taken([bobAsked]) == ["answer to the first"])
    }

    @Test func `a late answer to a question that lapsed does not answer the next one`() throws {
        let next = AskedUser(
            name: try #require(bobAsked.conversation.user), account: bob, id: MessageID(high: 5, low: 9))
        try open([bobAsked])
        try sent(bobAsked)
        #expect(try store.write { try store.lapse(bobAsked) })
        try open([next])
        try receive(2, "late")
        try sent(next, at: 3)
        #expect(try taken([bobAsked, next]) == [])
    }

    @Test func `whoever takes a question up that another device asked gets what was marked after it`() throws {
        try receive(1, "guessed", replyTo: bobAsked.id)
        try receive(3, "late", replyTo: bobAsked.id)
        try open([bobAsked], isAgain: true)
        #expect(try taken([bobAsked]) == [])
        // The acknowledgement is of a message that stands before all that is here.
        try sent(bobAsked, at: 2)
        #expect(try taken([bobAsked]) == ["answer late"])
    }

    @Test func `a message of somebody else with the same identifier is not the question`() throws {
        try open([bobAsked])
        let forged = ReceivedEntry(
            conversation: withBob, seq: 1, id: bobAsked.id, sender: bob, device: .init(high: 1, low: 1), time: 1001,
            content: Content(body: "well?", sent: 1))
        try scene.receive([forged])
        try receive(2, "yes", replyTo: bobAsked.id)
        #expect(try taken([bobAsked]) == [])
    }
}
