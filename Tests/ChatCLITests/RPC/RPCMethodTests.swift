import CLISupport
import ChatClient
import ChatProtocol
import Testing

@testable import ChatCLI

@Suite struct RPCMethodTests {
    /// A table whose client has no profile.
    private func table() throws -> RPCMethodTable {
        let settings = try ClientSettings(
            flags: SettingsFlags(), environment: Environment { $0 == "HOME" ? "/nonexistent" : nil })
        let diagnostics = Diagnostics(json: true, quiet: true)
        let client = Client(settings: settings, log: DiagnosticsLog.logger(verbosity: 0, diagnostics: diagnostics))
        let output = RPCOutput(Output()) { _ in }
        let listeners = RPCListeners(
            client: client, output: output, diagnostics: diagnostics)
        return RPCCommand.table(client, output, listeners, RunningAsks()) { _ in }
    }

    private func call(_ method: String, _ parameters: String = "{}") async throws -> Result<JSONValue, RPCError> {
        let table = try table()
        let object = try #require(try JSONValue(parsing: parameters).object)
        return await withCheckedContinuation { continuation in
            table.dispatch(
                RPCRequest(method: method, parameters: object, id: nil),
                to: RPCReply { result, _ in continuation.resume(returning: result) })
        }
    }

    private func refusal(_ method: String, _ parameters: String = "{}") async throws -> RPCError? {
        switch try await call(method, parameters) {
        case .success: nil
        case .failure(let error): error
        }
    }

    static let names = [
        "send", "listen.start", "listen.ack", "listen.stop", "ask", "history", "who", "whoami", "rpc.describe",
    ]

    @Test func `rpc describe tells every method that can be called, and itself`() async throws {
        let description = try #require(try await call("rpc.describe").get().object)
        let methods = try #require(description["methods"]?.array).compactMap(\.object)
        #expect(Set(methods.compactMap { $0["name"]?.string }) == Set(Self.names))
        #expect(Set(try table().methods.map(\.name)) == Set(Self.names))
        #expect(description["version"] == .string(ChatProgram.version))
        #expect(description["limits"]?.object?["line_bytes"] == .integer(1 << 20))
        for method in methods {
            #expect(method.keys == ["name", "about", "params", "result"])
            for parameter in try #require(method["params"]?.array) {
                #expect(parameter.object?.keys == ["name", "type", "required", "about"])
            }
        }
    }

    @Test(arguments: names)
    func `a parameter that a method does not have is refused`(name: String) async throws {
        let error = try #require(try await refusal(name, #"{"surprise":1}"#))
        #expect(error.code == .invalidParameters)
        #expect(error.message.contains("surprise"))
    }

    /// What each type is not.
    @Test(arguments: names)
    func `a parameter of a wrong type is refused, and the message says which`(name: String) async throws {
        let valid = [
            "to": name == "ask" ? #"["bob"]"# : #""bob""#, "body": #""x""#, "listener": "1", "question": #""x""#,
            "cursor": #""0123456789abcdef-1""#,
        ]
        let method = try #require(try table().methods.first { $0.name == name })
        for parameter in method.parameters {
            var wrong = ["null", "{}", "1.5", #"["x",1]"#]
            if parameter.type != .boolean { wrong.append("true") }
            if parameter.type != .integer { wrong.append("1") }
            for value in wrong {
                var members = method.parameters.filter { $0.isRequired && $0.name != parameter.name }.map(\.name)
                // A message has one target.
                if name == "send", !["to", "everyone", "conv"].contains(parameter.name) { members.append("to") }
                let given = members.map { #""\#($0)":\#(valid[$0] ?? "1")"# } + [#""\#(parameter.name)":\#(value)"#]
                let error = try await refusal(name, "{\(given.joined(separator: ","))}")
                #expect(error?.code == .invalidParameters, "\(name) \(given)")
                #expect(error?.message.contains("\"\(parameter.name)\"") ?? false, "\(error?.message ?? "none")")
            }
        }
    }

    @Test(arguments: [
        ("send", #"{"body":"x"}"#, "expected one of"), ("send", #"{"to":"bob"}"#, "body"),
        ("send", #"{"to":"bob","everyone":true,"body":"x"}"#, "expected one of"),
        ("send", #"{"to":["bob"],"body":"x"}"#, "\"to\""), ("send", #"{"to":"me","body":"x"}"#, "\"to\""),
        ("send", #"{"to":"bob","body":"x","wait":"soon"}"#, "\"wait\""),
        ("send", #"{"everyone":true,"body":"x","wait":"read"}"#, "\"wait\""),
        ("send", #"{"conv":"*","body":"x","wait":"delivered"}"#, "\"wait\""),
        ("send", #"{"to":"bob","body":"x","timeout":"soon"}"#, "\"timeout\""),
        ("send", #"{"to":"bob","body":"x","timeout":30}"#, "\"timeout\""),
        ("send", #"{"to":"bob","body":"x","expires":"1h"}"#, "\"queue\""),
        ("send", #"{"to":"bob","body":"x","id":""}"#, "\"id\""),
        ("listen.start", #"{"new":true,"since":"1h"}"#, "only one of"),
        ("listen.start", #"{"after_cursor":"17"}"#, "\"after_cursor\""),
        ("listen.start", #"{"from":["bob","everyone"]}"#, "\"from\""),
        ("listen.start", #"{"resume":"a b"}"#, "\"resume\""),
        ("listen.ack", #"{"listener":1}"#, "\"cursor\" is missing"), ("listen.stop", "{}", "\"listener\" is missing"),
        ("listen.stop", #"{"listener":0}"#, "\"listener\""), ("listen.stop", #"{"listener":1}"#, "no listener 1"),
        ("listen.ack", #"{"listener":1,"cursor":"0123456789abcdef-1"}"#, "no listener 1"),
        ("ask", #"{"to":["bob"]}"#, "\"question\" is missing"), ("ask", #"{"to":[],"question":"x"}"#, "nobody"),
        ("ask", #"{"to":"bob","question":"x"}"#, "\"to\""), ("ask", #"{"question":"x"}"#, "nobody to ask"),
        ("ask", #"{"to":["bob"],"question":"x","timeout":"0"}"#, "\"timeout\""),
        ("ask", #"{"to":["bob"],"question":"x","id":""}"#, "\"id\""),
        ("ask", #"{"to":["bob"],"question":"x","choices":["yes","YES"]}"#, "twice"),
        ("history", #"{"with":"bob","everyone":true}"#, "cannot be combined"),
        ("history", #"{"id":"00000000-0000-0001-0000-000000000002","search":"x"}"#, "cannot be combined"),
        ("history", #"{"limit":0}"#, "\"limit\""), ("history", #"{"limit":1001}"#, "\"limit\""),
        ("history", #"{"since":"yesterday"}"#, "\"since\""),
    ])
    func `parameters that make no sense are refused, and the message says why`(
        method: String, parameters: String, words: String
    ) async throws {
        let error = try #require(try await refusal(method, parameters))
        #expect(error.code == .invalidParameters)
        #expect(error.message.contains(words), "\(error.message)")
    }

    @Test func `a body that no message may be fails as the command does`() async throws {
        let cases = [
            ("", "empty_message"), (#"a\u0000"#, "nul_byte"),
            (String(repeating: "x", count: 65_537), "message_too_long"),
        ]
        for (body, code) in cases {
            let error = try #require(try await refusal("send", #"{"to":"bob","body":"\#(body)"}"#))
            #expect(error.code == .failed)
            #expect(error.data?["code"] == .string(code))
            #expect(error.data?["exit"] == .integer(65))
            #expect(error.data?["sent"] == .string("no"))
        }
    }

    @Test(arguments: ["", "Send", "listen", "rpc", "register", "outbox.flush", "run", "event"])
    func `what is not in the table cannot be called`(name: String) async throws {
        #expect(try await refusal(name)?.code == .methodNotFound)
    }

    @Test(arguments: [
        ("whoami", "{}"), ("who", "{}"), ("history", "{}"), ("history", #"{"sync":true}"#), ("listen.start", "{}"),
        ("ask", #"{"to":["bob"],"question":"x"}"#), ("send", #"{"to":"bob","body":"x"}"#),
    ])
    func `without a login every method says so`(method: String, parameters: String) async throws {
        let error = try #require(try await refusal(method, parameters))
        #expect(error.code == .failed)
        #expect(error.data?["code"] == .string("not_logged_in"))
        #expect(error.data?["exit"] == .integer(77))
    }

    @Test func `the options of a message are those of the command`() throws {
        func options(_ text: String) throws -> SendOptions {
            let arguments = RPCArguments(object: try #require(try JSONValue(parsing: text).object))
            return try SendMethod.options(arguments, try SendMethod.message(arguments))
        }
        #expect(try options(#"{"to":"bob","body":"x"}"#) == SendOptions())
        #expect(
            try options(#"{"to":"bob","body":"x","wait":"read","timeout":"5m","queue":true,"expires":"2h"}"#)
                == SendOptions(wait: .read, timeout: .seconds(300), queue: true, expires: .seconds(7200)))
        #expect(try options(#"{"everyone":true,"body":"x","timeout":"0"}"#) == SendOptions(timeout: nil))
    }

    @Test func `the options of a listener are those of the command`() throws {
        let text = #"""
            {"since":"2026-11-23T01:29:00Z","resume":"worker","from":["bob","carol","bob"],"to_me":true,
             "rooms":["ops"],"everyone":true,"own":true,"meta":true}
            """#
        let arguments = RPCArguments(object: try #require(try JSONValue(parsing: text).object))
        let options = try ListenMethods.options(arguments, now: 0)
        #expect(options.start == .since(1_795_397_340_000))
        #expect(options.resume == UserName("worker"))
        #expect(
            options.filter
                == MessageFilter(
                    from: Set([UserName("bob"), UserName("carol")].compactMap(\.self)), toMe: true,
                    rooms: Set([UserName("ops")].compactMap(\.self)), everyone: true, own: true))
        #expect(options.presence && options.receipts && options.follow)
        let bare = try ListenMethods.options(RPCArguments(object: JSONObject()), now: 0)
        #expect(bare.start == nil && bare.resume == nil && bare.filter == MessageFilter())
        #expect(!bare.presence && !bare.receipts)
    }
}
