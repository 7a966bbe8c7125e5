import CLISupport

/// A request on its way: what was given, and where its answer goes.
struct RPCCall: Sendable {
    let arguments: RPCArguments
    let reply: RPCReply
}

/// Where the answer of one request goes. Every request is answered once, a notification too: it is then over.
struct RPCReply: Sendable {
    /// - Parameter then: what may happen only when the answer is on its way.
    let answer: @Sendable (_ result: Result<JSONValue, RPCError>, _ then: (@Sendable () -> Void)?) -> Void

    func succeed(_ value: JSONValue, then: (@Sendable () -> Void)? = nil) { answer(.success(value), then) }
    func succeed(_ object: JSONObject, then: (@Sendable () -> Void)? = nil) { answer(.success(.object(object)), then) }
    func fail(_ error: RPCError) { answer(.failure(error), nil) }
}

/// A method: what `rpc.describe` tells of it, and what takes its calls.
struct RPCMethod: Sendable {
    let name: String
    let about: String
    let parameters: [RPCParameterDescription]
    /// What it results in, in words.
    let result: String
    /// Takes a call and answers it when it is done. It does not wait; calls come in the order of the input.
    let take: @Sendable (RPCCall) -> Void

    init(
        _ name: String, about: String, parameters: [RPCParameterDescription] = [], result: String,
        take: @escaping @Sendable (RPCCall) -> Void
    ) {
        self.name = name
        self.about = about
        self.parameters = parameters
        self.result = result
        self.take = take
    }

    var object: JSONObject {
        var object = JSONObject()
        object["name"] = .string(name)
        object["about"] = .string(about)
        object["params"] = .array(parameters.map { .object($0.object) })
        object["result"] = .string(result)
        return object
    }
}
