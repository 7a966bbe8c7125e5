import CLISupport
import ChatClient
import ChatProtocol
import Testing

@testable import ChatCLI

@Suite struct SendTallyTests {
    private func tally(_ problems: Problem?...) -> SendTally {
        var tally = SendTally()
        for problem in problems {
            tally.add(
                Acknowledgement(
                    id: nil, conversation: .everyone, time: 0, status: problem == nil ? .accepted : .failed,
                    problem: problem))
        }
        return tally
    }

    private let unknown = Problem(ErrorCode.noSuchUser)
    private let away = Problem(.unreachable, "away")
    private let queued = Problem(.queued, "queued")
    private let unconfirmed = Problem(.notConfirmed, "not confirmed")

    @Test func `the exit status tells of all targets`() {
        #expect(tally().exit == .done)
        #expect(tally(nil).exit == .done)
        #expect(tally(nil, nil).exit == .done)
        #expect(tally(unknown).exit == .unknownName)
        #expect(tally(unknown, away).exit == .unknownName)
        #expect(tally(away, unknown).exit == .unreachable)
        #expect(tally(nil, unknown).exit == .partial)
        #expect(tally(queued).exit == .queued)
        #expect(tally(nil, queued).exit == .queued)
        #expect(tally(queued, unknown).exit == .partial)
        #expect(tally(unconfirmed).exit == .timedOut)
        #expect(tally(nil, unconfirmed).exit == .partial)
    }

    @Test func `a bad line is 65 whatever became of the others`() {
        var tally = tally(nil, queued)
        tally.badLines = 1
        #expect(tally.exit == .badData)
    }
}

@Suite struct LineProgressTests {
    private func acknowledgement(_ problem: Problem? = nil) -> Acknowledgement {
        Acknowledgement(
            id: nil, conversation: .everyone, time: 0, status: problem == nil ? .accepted : .failed, problem: problem)
    }

    @Test func `giving up names the last line that was acknowledged`() {
        var progress = LineProgress(hasOneTarget: true)
        #expect(progress.take(acknowledgement(), line: 1) == nil)
        #expect(progress.take(acknowledgement(), line: 3) == nil)
        let end = progress.take(acknowledgement(Problem(.unreachable, "away", sent: .no)), line: 4)
        #expect(end?.text == "gave up at line 4: away; line 3 was the last acknowledged")
        #expect(end?.exit == .unreachable)
        var none = LineProgress(hasOneTarget: true)
        #expect(
            none.take(acknowledgement(Problem(.unreachable, "away")), line: 1)?.text
                == "gave up at line 1: away; no line was acknowledged")
    }

    @Test func `an unknown user ends it only where every line goes there`() {
        var one = LineProgress(hasOneTarget: true)
        #expect(one.take(acknowledgement(Problem(ErrorCode.noSuchUser)), line: 1) != nil)
        var many = LineProgress(hasOneTarget: false)
        #expect(many.take(acknowledgement(Problem(ErrorCode.noSuchUser)), line: 1) == nil)
        #expect(many.take(acknowledgement(), line: 2) == nil)
        #expect(many.tally.exit == .partial)
    }

    @Test func `what was queued or not confirmed does not end it`() {
        var progress = LineProgress(hasOneTarget: true)
        var queued = acknowledgement(Problem(.queued, "q"))
        queued.status = .queued
        #expect(progress.take(queued, line: 1) == nil)
        #expect(progress.lastAcknowledged == 0)
        #expect(progress.tally.exit == .queued)
        var unconfirmed = acknowledgement(Problem(.notConfirmed, "n"))
        unconfirmed.status = .accepted
        #expect(progress.take(unconfirmed, line: 2) == nil)
        #expect(progress.lastAcknowledged == 2)
    }
}

@Suite struct JSONMessageLineTests {
    private func message(_ text: String) throws -> OutgoingMessage { try JSONMessageLine.message(Array(text.utf8)) }

    @Test func `a line names its target in one of three ways`() throws {
        let bob = try #require(UserName("bob"))
        #expect(try message(#"{"to":"bob","body":"x"}"#) == OutgoingMessage(conversation: .user(bob), body: "x"))
        #expect(try message(#"{"to":"BOB","body":"x"}"#).conversation == .user(bob))
        #expect(try message(#"{"body":"x","everyone":true}"#).conversation == .everyone)
        #expect(try message(#"{"conv":"@bob","body":"x"}"#).conversation == .user(bob))
        #expect(try message(#"{"conv":"*","body":"x"}"#).conversation == .everyone)
        let ops = try #require(UserName("ops"))
        for text in [##"{"conv":"#ops","body":"x"}"##, #"{"room":"OPS","body":"x"}"#] {
            #expect(try message(text).conversation == .room(ops))
        }
        let full = try message(
            #"{"to":"bob","body":"a\nb\u00e9","id":"k","reply_to":"00000000-0000-0001-0000-000000000002"}"#)
        #expect(
            full
                == OutgoingMessage(
                    conversation: .user(bob), body: "a\nbé", key: "k", replyTo: MessageID(high: 1, low: 2)))
    }

    @Test(arguments: [
        #"{"to":"bob","body":"x","who":1}"#, #"{"to":"bob","to":"bob","body":"x"}"#, #"{"to":"bob","body":"\ud800"}"#,
        #"{"to":"bob"}"#, "[1]", "nonsense", "", #"{"to":"bob","body":1}"#, #"{"to":"bob","body":null}"#,
        #"{"to":"bob","everyone":true,"body":"x"}"#, #"{"everyone":false,"body":"x"}"#, #"{"body":"x"}"#,
        #"{"to":"b b","body":"x"}"#, #"{"to":"me","body":"x"}"#, #"{"conv":"bob","body":"x"}"#,
        #"{"to":"bob","conv":"@bob","body":"x"}"#, #"{"to":["bob"],"body":"x"}"#, #"{"to":"bob","body":"x","id":""}"#,
        #"{"to":"bob","body":"x","id":1}"#, #"{"to":"bob","body":"x","reply_to":"17"}"#,
        #"{"to":"bob","body":"x"} {"#, #"{"room":"o p","body":"x"}"#,
    ])
    func `anything else is an invalid line`(text: String) {
        #expect { try message(text) } throws: { ($0 as? Problem)?.code == "invalid_line" }
    }

    @Test func `a body that no message may have is told as such`() {
        #expect { try message(#"{"to":"bob","body":""}"#) } throws: { ($0 as? Problem)?.code == "empty_message" }
        #expect { try message(#"{"to":"bob","body":"a\u0000"}"#) } throws: { ($0 as? Problem)?.code == "nul_byte" }
        let long = String(repeating: "x", count: Limits.text + 1)
        #expect { try message(#"{"to":"bob","body":"\#(long)"}"#) } throws: {
            ($0 as? Problem)?.code == "message_too_long"
        }
    }

    @Test func `the largest body as escapes fits into a line`() throws {
        let body = String(repeating: "\\u0001", count: Limits.text)
        let line = #"{"to":"bob","body":"\#(body)"}"#
        #expect(line.utf8.count <= JSONMessageLine.limit)
        #expect(try message(line).body.utf8.count == Limits.text)
    }
}
