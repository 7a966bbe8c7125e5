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
        _ asked: [AskedUser], choices: [String] = [], deadline: UInt64 = 9000, isAgain: Bool = false
    ) throws {
        try store.writeSynced {
            try store.openQuestions(
                asked, asking: asked[0].id, choices: choices, deadline: deadline, isAgain: isAgain, own: alice,
                now: 5000)
        }
    }

    private func receive(
        _ seq: UInt64, _ body: String, replyTo: MessageID? = nil, from sender: AccountID = bob,
        in conversation: ConversationID = withBob, isReplay: Bool = false
    ) throws {
        let content = Content(body: body, replyTo: replyTo, sent: 1)
        let entry = IncomingEntry(
            conversation: conversation, seq: seq, id: MessageID(high: 8, low: seq), sender: sender,
            device: .init(high: 1, low: 1), time: 1000 + seq, content: content)
        try store.writeSynced {
            _ = try store.store([.entry(entry)], own: alice, isReplay: isReplay, now: 5000)
        }
    }

    /// What the questions took, in short words.
    private func taken(_ asked: [AskedUser], after number: Int64 = 0) throws -> [String] {
        let reader = try #require(try store.itemReader())
        return try store.answers(to: asked, ambiguousAfter: number, reader: reader).map {
            "\($0.outcome) \($0.message.body)"
        }
    }

    @Test(arguments: [false, true]) func theFirstAnswerClosesTheQuestionForAllWhoWereAsked(isReplay: Bool) throws {
        try open([bobAsked, carolAsked])
        try receive(1, "mine", from: Self.carol, in: Self.withCarol, isReplay: isReplay)
        try receive(1, "too late", isReplay: isReplay)
        try receive(2, "too late, and marked", replyTo: bobAsked.id, isReplay: isReplay)
        #expect(try taken([bobAsked, carolAsked]) == ["answer mine"])
    }

    @Test func tenQuestionsToOneGetTheirOwnAnswers() throws {
        let asked = (0..<10).map { number in
            AskedUser(name: bobAsked.name, account: bob, id: MessageID(high: 6, low: number))
        }
        for user in asked { try open([user]) }
        try receive(1, "which?")
        for (index, user) in asked.enumerated().reversed() {
            try receive(UInt64(11 - index), "answer \(index)", replyTo: user.id)
        }
        for (index, user) in asked.enumerated() {
            #expect(try taken([user], after: .max) == ["answer answer \(index)"])
        }
        #expect(try taken([asked[0]]).contains("ambiguous which?"))
    }

    @Test func whatIsNoneOfTheChoicesIsKeptAndTheQuestionStaysOpen() throws {
        try open([bobAsked], choices: ["yes", "no"])
        try receive(1, "perhaps")
        try receive(2, "YES")
        try receive(3, "no")
        #expect(try taken([bobAsked]) == ["notAChoice perhaps", "answer YES"])
    }

    @Test func nothingIsTakenBeforeTheQuestionAfterItsEndAndByAnotherPerson() throws {
        try receive(1, "before")
        try open([bobAsked], deadline: 4999)
        try receive(2, "after its deadline")
        try open([bobAsked])
        try receive(1, "somebody else", from: Self.carol, in: Self.withCarol)
        try receive(1, "to everybody", in: everyone)
        #expect(try store.write { try store.lapse(bobAsked) })
        #expect(try !store.write { try store.lapse(bobAsked) })
        try receive(3, "after it lapsed", replyTo: bobAsked.id)
        #expect(try taken([bobAsked]) == [])
    }

    @Test func whoAsksAgainFindsWhatWasAnsweredMeanwhile() throws {
        try open([bobAsked])
        #expect(try store.write { try store.lapse(bobAsked) })
        try receive(1, "unmarked, to nobody")
        try receive(2, "late", replyTo: bobAsked.id)
        try open([bobAsked], isAgain: true)
        #expect(try taken([bobAsked]) == ["answer late"])
        // And once answered it stays so.
        try open([bobAsked], isAgain: true)
        try receive(3, "later", replyTo: bobAsked.id)
        #expect(try taken([bobAsked]) == ["answer late"])
    }

    @Test func aMessageThatAQuestionTookIsKnownByItsPlace() throws {
        try open([bobAsked])
        try receive(1, "answer")
        try receive(2, "no answer")
        let reader = try #require(try store.itemReader())
        let positions = try store.items(after: 0, limit: 10, reader: reader).compactMap(\.cursor?.position)
        #expect(try positions.map { try store.isAnswer(position: $0) } == [true, false])
    }

    @Test func whatIsLongOverIsForgotten() throws {
        try open([bobAsked], deadline: 6000)
        try receive(1, "answer")
        let later: UInt64 = 50 * 86_400_000
        try store.write {
            try store.openQuestions(
                [carolAsked], asking: carolAsked.id, choices: [], deadline: later + 1000, isAgain: false, own: alice,
                now: later)
        }
        #expect(try taken([bobAsked]) == [])
        #expect(try !store.write { try store.lapse(bobAsked) })
    }
}
