import CLISupport

/// What goes out: answers, and notifications.
enum RPCMessage {
    static func answer(_ result: Result<JSONValue, RPCError>, id: JSONValue) -> JSONObject {
        switch result {
        case .success(let value): self.result(value, id: id)
        case .failure(let error): self.error(error, id: id)
        }
    }

    static func result(_ value: JSONValue, id: JSONValue) -> JSONObject {
        var object = version
        object["id"] = id
        object["result"] = value
        return object
    }

    static func error(_ error: RPCError, id: JSONValue) -> JSONObject {
        var object = version
        object["id"] = id
        object["error"] = .object(error.object)
        return object
    }

    /// A line for a listener.
    static func event(listener: Int, line: JSONObject) -> JSONObject {
        event(listener: listener, member: "line", value: line)
    }

    /// Why a listener has ended by itself; its last event.
    static func event(listener: Int, end problem: Problem) -> JSONObject {
        event(listener: listener, member: "error", value: problem.worded(.rpc).details(withText: true))
    }

    private static func event(listener: Int, member: String, value: JSONObject) -> JSONObject {
        var parameters = JSONObject()
        parameters["listener"] = .integer(Int64(listener))
        parameters[member] = .object(value)
        var object = version
        object["method"] = .string("event")
        object["params"] = .object(parameters)
        return object
    }

    private static var version: JSONObject {
        var object = JSONObject()
        object["jsonrpc"] = .string("2.0")
        return object
    }
}
