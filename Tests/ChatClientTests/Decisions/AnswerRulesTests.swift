import ChatProtocol
import Testing

@testable import ChatClient

@Suite struct AnswerRulesTests {
    private static let first = MessageID(high: 1, low: 1)
    private static let second = MessageID(high: 2, low: 2)
    private static let free = OpenQuestion(id: first, seq: 5, choices: [])
    private static let yesOrNo = OpenQuestion(id: second, seq: 8, choices: ["yes", "no way"])
    private static let overtaken = OpenQuestion(id: first, seq: 5, choices: [], isOvertaken: true)
    private static let notAskedYet = OpenQuestion(id: second, seq: nil, choices: [])

    struct Row: Sendable, CustomStringConvertible {
        var law: String
        var body = "yes"
        var replyTo: MessageID?
        var auto = false
        var isOwn = false
        var seq: SequenceNumber = 9
        var open: [OpenQuestion]
        var decision: AnswerRules.Decision
        var description: String { law }
    }

    private static let rows = [
        Row(
            law: "a marked reply answers its question, however many are open", replyTo: first, open: [yesOrNo, free],
            decision: .answer(to: first)),
        Row(
            law: "a program may answer what it marks", replyTo: first, auto: true, open: [free],
            decision: .answer(to: first)),
        Row(
            law: "in a conversation with oneself a marked reply is one", replyTo: first, isOwn: true, open: [free],
            decision: .answer(to: first)),
        Row(
            law: "a reply to something else answers nothing", replyTo: MessageID(high: 3, low: 3), open: [free],
            decision: .none),
        Row(law: "an unmarked message answers the only question", open: [free], decision: .answer(to: first)),
        Row(law: "an unmarked message may answer any of two", open: [free, yesOrNo], decision: .ambiguous),
        Row(
            law: "an unmarked message may answer what another device asked since", open: [overtaken],
            decision: .ambiguous),
        Row(
            law: "a marked reply answers its question, whatever another device asked since", replyTo: first,
            open: [overtaken], decision: .answer(to: first)),
        Row(law: "an unmarked message of a program answers nothing", auto: true, open: [free], decision: .none),
        Row(law: "a note to oneself answers nothing", isOwn: true, open: [free], decision: .none),
        Row(law: "without a question there is no answer", replyTo: first, open: [], decision: .none),
        Row(law: "blanks and capitals do not count", body: " No Way\n", open: [yesOrNo], decision: .answer(to: second)),
        Row(
            law: "other text is none of the choices", body: "perhaps", open: [yesOrNo],
            decision: .notAChoice(of: second)),
        Row(
            law: "part of a choice is none", body: "no", replyTo: second, open: [yesOrNo, free],
            decision: .notAChoice(of: second)),
        Row(law: "a message answers no question that comes after it", seq: 4, open: [free], decision: .none),
        Row(
            law: "a mark does not help a message that comes before its question", replyTo: first, seq: 4, open: [free],
            decision: .none),
        Row(
            law: "a question that comes after a message is not one of several", seq: 7, open: [free, yesOrNo],
            decision: .answer(to: first)),
        Row(
            law: "what arrives while a question is being asked is before it", open: [notAskedYet], decision: .none),
    ]

    @Test(arguments: rows) func `what a message is to the open questions`(row: Row) {
        let decision = AnswerRules.decide(
            body: row.body, replyTo: row.replyTo, auto: row.auto, isMarked: row.isOwn, seq: row.seq,
            questions: row.open)
        #expect(decision == row.decision, "\(row.law)")
    }
}
