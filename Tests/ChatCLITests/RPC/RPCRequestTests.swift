import CLISupport
import ChatClient
import Testing

@testable import ChatCLI

@Suite struct RPCRequestTests {
    private func read(_ text: String) -> RPCInput { RPCInput(.bytes(Array(text.utf8))) }

    /// The answer to a line that is refused as a whole or as a single request: `code id`.
    private func refusal(_ input: RPCInput) -> String? {
        guard case .single(.refused(let error, let id)) = input else { return nil }
        return "\(error.code.rawValue) \(id?.text ?? "none")"
    }

    @Test func `a request is a method, perhaps parameters, and perhaps an id`() {
        var parameters = JSONObject()
        parameters["a"] = .integer(1)
        let full = RPCRequest(method: "m", parameters: parameters, id: .integer(7))
        #expect(
            read(#"{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":1}}"#) == .single(.request(full)))
        let bare = RPCRequest(method: "m", parameters: JSONObject(), id: nil)
        #expect(read(#" {"method":"m","jsonrpc":"2.0"} "# + "\r") == .single(.request(bare)))
    }

    @Test(arguments: [#""""#, #""x""#, "0", "-1", "1.5", "1e400", "123456789012345678901234567890", "null"])
    func `an id is a string, a number or null, and comes back as it was`(id: String) throws {
        let input = read(#"{"jsonrpc":"2.0","id":\#(id),"method":"m"}"#)
        guard case .single(.request(let request)) = input else {
            Issue.record("\(input)")
            return
        }
        let given = try #require(request.id)
        #expect(RPCMessage.result(.bool(true), id: given).text == #"{"jsonrpc":"2.0","id":\#(id),"result":true}"#)
    }

    @Test(arguments: ["", " ", "\t", "\r", " \t \r"])
    func `blank lines are nothing`(text: String) {
        #expect(read(text) == .nothing)
    }

    @Test(arguments: [
        "nonsense", "{", #"{"jsonrpc":"2.0","method":"m""#, "{}{}", #"{"jsonrpc":"2.0","jsonrpc":"2.0","method":"m"}"#,
        #"{"jsonrpc":"2.0","method":"m","params":{"a":1,"a":2}}"#, #"{"jsonrpc":"2.0","method":"\ud800"}"#,
        #"{"jsonrpc":"2.0","method":"m","params":\#(String(repeating: "[", count: 64))\#(String(repeating: "]", count: 64))}"#,
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\u{0}\"}", "\u{0}", "[1,", "\u{FEFF}{}",
    ])
    func `what is not the JSON that is taken is a parse error with the id null`(text: String) {
        #expect(refusal(read(text)) == "-32700 null")
    }

    @Test func `bytes that are not UTF-8 and lines that are too long are parse errors`() {
        #expect(
            refusal(RPCInput(.bytes(Array(#"{"jsonrpc":"2.0","method":"#.utf8) + [0x22, 0xff, 0x22, 0x7d])))
                == "-32700 null")
        #expect(refusal(RPCInput(.bytes([0xff]))) == "-32700 null")
        #expect(refusal(RPCInput(.tooLong)) == "-32700 null")
    }

    @Test(arguments: [
        ("1", "null"), ("null", "null"), (#""m""#, "null"), ("{}", "null"), ("[]", "null"),
        (#"{"jsonrpc":"1.0","method":"m"}"#, "null"), (#"{"jsonrpc":2.0,"method":"m"}"#, "null"),
        (#"{"method":"m","id":1}"#, "1"), (#"{"jsonrpc":"2.0","id":1}"#, "1"),
        (#"{"jsonrpc":"2.0","method":1,"params":"bar"}"#, "null"), (#"{"jsonrpc":"2.0","method":1,"id":"x"}"#, #""x""#),
        (#"{"jsonrpc":"2.0","method":"m","id":true}"#, "null"), (#"{"jsonrpc":"2.0","method":"m","id":[1]}"#, "null"),
        (#"{"jsonrpc":"2.0","method":"m","id":{}}"#, "null"),
        (#"{"jsonrpc":"2.0","method":"m","params":1,"id":2}"#, "2"),
        (#"{"jsonrpc":"2.0","method":"m","params":null,"id":2}"#, "2"),
        (#"{"jsonrpc":"2.0","method":"m","parms":{},"id":2}"#, "2"), (#"{"jsonrpc":"2.0","result":1,"id":2}"#, "2"),
    ])
    func `what is no request is answered, with its id where it has one`(text: String, id: String) {
        #expect(refusal(read(text)) == "-32600 \(id)")
    }

    @Test func `parameters by position are refused, and a notification with them is not answered`() {
        #expect(refusal(read(#"{"jsonrpc":"2.0","method":"m","params":[1],"id":3}"#)) == "-32602 3")
        #expect(refusal(read(#"{"jsonrpc":"2.0","method":"m","params":[1]}"#)) == "-32602 none")
    }

    @Test func `an array is a batch of up to a thousand requests, each by itself`() throws {
        let request = #"{"jsonrpc":"2.0","method":"m","id":1}"#
        guard case .batch(let items) = read("[\(request),1,{},\(request)]") else {
            Issue.record("no batch")
            return
        }
        #expect(items.count == 4)
        #expect(items[0] == items[3])
        #expect(items[1].id == .null && items[2].id == .null)
        let most = Array(repeating: request, count: RPCLimits.batch).joined(separator: ",")
        guard case .batch = read("[\(most)]") else {
            Issue.record("the largest batch")
            return
        }
        #expect(refusal(read("[\(most),1]")) == "-32600 null")
    }

    @Test func `a body of the largest size fits into a line`() {
        #expect(JSONMessageLine.limit < RPCLimits.line)
    }
}

@Suite struct RPCMessageTests {
    @Test func `an error has our code, exit and hint, the message's id, and the line ack`() throws {
        let bob = try #require(ConversationName("@bob"))
        let problem = Problem(
            .unreachable, "away", hint: "try again", id: "the id", conversation: "@bob", sent: .unknown,
            retryAfter: .milliseconds(5))
        let error = RPCError(
            problem, Acknowledgement(id: nil, conversation: bob, time: 0, status: .failed, problem: problem))
        #expect(
            RPCMessage.error(error, id: .integer(1)).text
                == #"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"away","data":{"code":"unreachable","#
                + #""exit":69,"hint":"try again","id":"the id","conv":"@bob","sent":"unknown","retry_after_ms":5,"#
                + #""ack":{"v":1,"head":"ack","conv":"@bob","time":"1970-01-01T00:00:00.000Z","status":"failed","#
                + #""code":"unreachable"}}}}"#)
    }

    @Test func `a fault of ours is an internal error`() {
        #expect(RPCError(Problem(.internalFault, "x")).code == .internalError)
        for code in LocalCode.allCases where code != .internalFault {
            #expect(RPCError(Problem(code, "x")).code == .failed)
        }
    }

    @Test func `an event is a line of a listener, or why it has ended`() {
        #expect(
            RPCMessage.event(listener: 3, line: JSONLines.live(time: 0)).text
                == #"{"jsonrpc":"2.0","method":"event","params":{"listener":3,"line":{"v":1,"head":"live","#
                + #""time":"1970-01-01T00:00:00.000Z"}}}"#)
        #expect(
            RPCMessage.event(listener: 3, end: Problem(.notLoggedIn, "no", hint: "log in")).text
                == #"{"jsonrpc":"2.0","method":"event","params":{"listener":3,"error":{"code":"not_logged_in","#
                + #""exit":77,"text":"no","hint":"log in"}}}"#)
    }
}

@Suite struct RPCBatchTests {
    @Test func `the answers are one array once all are there, and notifications have none`() {
        var batch = RPCBatch(count: 3)
        batch.take(.success(.integer(2)), id: .integer(2))
        #expect(batch.line == nil)
        batch.take(.failure(.invalid("x")), id: nil)
        #expect(batch.line == nil)
        batch.take(.success(.integer(1)), id: .string("a"))
        #expect(
            batch.line.map { String(decoding: $0, as: UTF8.self) }
                == #"[{"jsonrpc":"2.0","id":2,"result":2},{"jsonrpc":"2.0","id":"a","result":1}]"#)
    }

    @Test func `notifications alone are not answered`() {
        var batch = RPCBatch(count: 1)
        batch.take(.success(.null), id: nil)
        #expect(batch.line == [])
    }

    @Test func `answers beyond what an array may hold are errors`() throws {
        let large = JSONValue.string(String(repeating: "x", count: RPCLimits.answer / 2))
        var batch = RPCBatch(count: 3)
        for id in 1...3 { batch.take(.success(large), id: .integer(Int64(id))) }
        let line = try #require(batch.line)
        #expect(line.count < RPCLimits.answer + 1024)
        let answers = try #require(try JSONValue(parsing: line).array)
        #expect(answers.count == 3)
        #expect(answers[0].object?["result"] == large)
        #expect(answers[2].object?["error"]?.object?["data"]?.object?["code"] == .string("answer_too_large"))
    }
}
