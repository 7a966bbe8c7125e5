import CLISupport

/// The methods that can be called: what dispatches is what `rpc.describe` tells.
struct RPCMethodTable: Sendable {
    let methods: [RPCMethod]
    private let byName: [String: RPCMethod]

    init(_ methods: [RPCMethod]) {
        let all = methods + [Self.describe(methods)]
        self.methods = all
        byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Hands a request to its method.
    func dispatch(_ request: RPCRequest, to reply: RPCReply) {
        do throws(RPCError) {
            guard let method = byName[request.method] else {
                throw RPCError(.methodNotFound, "there is no method \"\(request.method)\"")
            }
            let arguments = RPCArguments(object: request.parameters)
            try arguments.check(against: method.parameters)
            method.take(RPCCall(arguments: arguments, reply: reply))
        } catch {
            reply.fail(error)
        }
    }

    // MARK: rpc.describe

    private static func describe(_ others: [RPCMethod]) -> RPCMethod {
        let result = "an object: version, methods (name, about, params, result), errors, limits"
        let about = "what can be called, and within what limits"
        // It tells of itself, too.
        let own = RPCMethod("rpc.describe", about: about, result: result) { _ in }
        let document = document(others + [own])
        return RPCMethod("rpc.describe", about: about, result: result) { $0.reply.succeed(document) }
    }

    private static func document(_ methods: [RPCMethod]) -> JSONObject {
        var object = JSONObject()
        object["version"] = .string(ChatProgram.version)
        object["methods"] = .array(methods.map { .object($0.object) })
        object["errors"] = .array(
            RPCError.Code.allCases.map { code in
                var error = JSONObject()
                error["code"] = .integer(Int64(code.rawValue))
                error["about"] = .string(code.about)
                return .object(error)
            })
        var limits = JSONObject()
        for (name, value) in RPCLimits.all { limits[name] = .integer(Int64(value)) }
        object["limits"] = .object(limits)
        return object
    }
}
