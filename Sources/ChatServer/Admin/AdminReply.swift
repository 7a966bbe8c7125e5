import CLISupport

/// A line of the answer on the control socket. Rows come first, an `end` or an `error` last; `waiting` says that a long
/// task is still at work.
package enum AdminReply: Equatable, Sendable {
    case row(JSONObject)
    case waiting
    case end
    case error(Problem)

    package var json: JSONObject {
        var object = JSONObject()
        switch self {
        case .row(let row): object["row"] = .object(row)
        case .waiting: object["waiting"] = .bool(true)
        case .end: object["end"] = .bool(true)
        case .error(let problem):
            object["error"] = .string(problem.code)
            object["exit"] = .integer(Int64(problem.exit.rawValue))
            object["text"] = .string(problem.text)
            object["hint"] = problem.hint.map(JSONValue.string)
        }
        return object
    }

    /// Reads a line; nil where it is none of this version.
    package init?(_ line: [UInt8]) {
        guard let object = (try? JSONValue(parsing: line))?.object else { return nil }
        if let row = object["row"]?.object {
            self = .row(row)
        } else if object["waiting"] != nil {
            self = .waiting
        } else if object["end"] != nil {
            self = .end
        } else if let code = object["error"]?.string, let text = object["text"]?.string,
            let exit = object["exit"]?.integer.flatMap({ Int32(exactly: $0) }).flatMap(ExitStatus.init)
        {
            self = .error(Problem(code: code, exit: exit, text: text, hint: object["hint"]?.string))
        } else {
            return nil
        }
    }
}
