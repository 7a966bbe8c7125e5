import CLISupport
import ChatClient

/// Why a request has no result: JSON-RPC 2.0, section 5.1.
struct RPCError: Error, Equatable, Sendable {
    enum Code: Int, CaseIterable, Sendable {
        case parseError = -32700
        case invalidRequest = -32600
        case methodNotFound = -32601
        case invalidParameters = -32602
        case internalError = -32603
        /// The method was called, and could not do it: `data` has what a command would tell.
        case failed = -32000

        var about: String {
            switch self {
            case .parseError: "the line is no JSON"
            case .invalidRequest: "the JSON is no request"
            case .methodNotFound: "there is no such method"
            case .invalidParameters: "the parameters are not those of the method"
            case .internalError: "a fault of the program"
            case .failed: "it could not be done; data has what a command would tell"
            }
        }
    }

    var code: Code
    var message: String
    var data: JSONObject?

    init(_ code: Code, _ message: String, data: JSONObject? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// What a command would fail with.
    init(_ problem: Problem) {
        self.init(
            problem.exit == .internalFault ? .internalError : .failed, problem.text,
            data: problem.worded(.rpc).details(withText: false))
    }

    /// A message that was not taken, or of which not everything came true that was waited for.
    init(_ problem: Problem, _ acknowledgement: Acknowledgement) {
        self.init(problem)
        data?["ack"] = .object(JSONLines.acknowledgement(acknowledgement))
    }

    /// - Parameter subject: what is too large, with its verb.
    static func tooLarge(_ subject: String) -> RPCError {
        RPCError(
            Problem(
                .answerTooLarge, "\(subject) more than \(RPCLimits.answer) bytes (16 MiB)", hint: "ask for less at once"
            ))
    }

    static func invalid(_ message: String) -> RPCError { RPCError(.invalidParameters, message) }

    var object: JSONObject {
        var object = JSONObject()
        object["code"] = .integer(Int64(code.rawValue))
        object["message"] = .string(message)
        object["data"] = data.map(JSONValue.object)
        return object
    }
}
