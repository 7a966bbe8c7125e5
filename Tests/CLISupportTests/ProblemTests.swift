import ChatProtocol
import Testing

@testable import CLISupport

@Suite struct ProblemTests {
    @Test func `the numbers are those that are promised`() {
        #expect(
            ExitStatus.allCases.map(\.rawValue)
                == [0, 1, 64, 65, 66, 67, 69, 70, 73, 74, 75, 76, 77, 78, 79, 80, 81, 124, 126, 127])
    }

    @Test func `a name in both lists exits alike`() {
        for code in ErrorCode.allCases {
            if let local = LocalCode(rawValue: code.name) { #expect(local.exitStatus == code.exitStatus) }
        }
    }

    @Test func `no error is a success`() {
        #expect(!ErrorCode.allCases.contains { $0.exitStatus == .done })
        #expect(!LocalCode.allCases.contains { $0.exitStatus == .done })
    }

    @Test func `a problem is one inert line for people`() {
        let problem = Problem(.noSuchUser, "no user \u{1b}]0;x\u{7} here\nreally", hint: "see 'chat who --users'")
        #expect(
            problem.plainLine(program: "chat")
                == "chat: no user ^[]0;x^G here^Jreally; see 'chat who --users'")
    }

    @Test func `the message's id is told, so that a retry with it never doubles`() {
        let accepted = Problem(.notConfirmed, "accepted, but not confirmed", id: "0193-a")
        #expect(accepted.plainLine(program: "chat") == "chat: accepted, but not confirmed (message 0193-a)")
        let problem = Problem(.noAcknowledgement, "the server did not answer", id: "0193-a", sent: .unknown)
        #expect(problem.plainLine(program: "chat") == "chat: the server did not answer (message 0193-a)")
    }

    @Test func `a problem is one object for programs`() {
        let problem = Problem(
            ErrorCode.noSuchUser, "there is no user bob", hint: "h", id: "i", conversation: "@bob", sent: .no,
            retryAfter: .milliseconds(1500))
        #expect(
            problem.json(time: 1_795_397_340_123).text
                == #"{"v":1,"head":"error","time":"2026-11-23T01:29:00.123Z","code":"no_such_user","exit":67,"#
                + #""text":"there is no user bob","hint":"h","id":"i","conv":"@bob","sent":"no","retry_after_ms":1500}"#
        )
        #expect(
            Problem(.busy, "b").json(time: 0).text
                == #"{"v":1,"head":"error","time":"1970-01-01T00:00:00.000Z","code":"busy","exit":75,"text":"b"}"#)
    }

    @Test func `an error of a newer server keeps its number`() {
        var failure = Failure(.busy)
        failure.code = 9999
        failure.sentence = "new"
        let problem = Problem(failure)
        #expect(problem.code == "server_error_9999")
        #expect(problem.exit == .protocolFault)
    }
}

@Suite struct TextTableTests {
    @Test func `columns are as wide as their widest cell`() {
        var table = TextTable(header: ["NAME", "SEEN"])
        table.add(["日本", "now"])
        table.add(["a", ""])
        #expect(table.lines == ["NAME  SEEN", "日本  now", "a"])
    }

    @Test func `cells are inert`() {
        var table = TextTable()
        table.add(["a\u{1b}[2J\n", "b"])
        #expect(table.lines == ["a^[[2J^J  b"])
    }

    @Test func `rows may be of different lengths`() {
        var table = TextTable()
        table.add(["a"])
        table.add(["bb", "c", "d"])
        #expect(table.lines == ["a", "bb  c  d"])
    }
}
