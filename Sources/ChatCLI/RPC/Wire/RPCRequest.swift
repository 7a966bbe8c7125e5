import CLISupport
import WireCodec

/// A request, or with no `id` a notification.
struct RPCRequest: Equatable, Sendable {
    var method: String
    var parameters: JSONObject
    /// A string, a number or null; nil: nobody waits for an answer.
    var id: JSONValue?
}

/// What a line of the input comes to: JSON-RPC 2.0, sections 4 and 6. A plain value.
enum RPCInput: Equatable, Sendable {
    case nothing
    case single(Item)
    case batch([Item])

    enum Item: Equatable, Sendable {
        case request(RPCRequest)
        /// Not to be called; with no `id` there is no answer either.
        case refused(RPCError, id: JSONValue?)
    }

    init(_ content: LineSplitter.Line) {
        guard case .bytes(let bytes) = content else {
            self = .refused(RPCError(.parseError, "the line has more than \(RPCLimits.line) bytes (1 MiB)"))
            return
        }
        guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) else {
            self = .nothing
            return
        }
        do throws(JSONError) {
            self.init(try JSONValue(parsing: bytes))
        } catch {
            self = .refused(RPCError(.parseError, "not the JSON that is taken here: \(error.text)"))
        }
    }

    private init(_ value: JSONValue) {
        guard case .array(let values) = value else {
            self = .single(Item(value))
            return
        }
        switch values.count {
        case 0: self = .refused(RPCError(.invalidRequest, "an array without a request"))
        case 1...RPCLimits.batch: self = .batch(values.map(Item.init))
        default:
            self = .refused(RPCError(.invalidRequest, "an array of more than \(RPCLimits.batch) requests"))
        }
    }

    /// Nobody knows which request it was.
    private static func refused(_ error: RPCError) -> RPCInput { .single(.refused(error, id: .null)) }
}

extension RPCInput.Item {
    /// Of the answer; nil where there is to be none.
    var id: JSONValue? {
        switch self {
        case .request(let request): request.id
        case .refused(_, let id): id
        }
    }

    private static let members: Set<String> = ["jsonrpc", "method", "params", "id"]

    init(_ value: JSONValue) {
        guard let object = value.object else {
            self = .refused(RPCError(.invalidRequest, "a request is an object"), id: .null)
            return
        }
        let id = object["id"]
        if let id, !Self.isIdentifier(id) {
            self = .refused(
                RPCError(.invalidRequest, "\"id\" is neither a string nor a number nor null"), id: .null)
            return
        }
        do throws(RPCError) {
            self = .request(try Self.request(object, id: id))
        } catch {
            // What is no request is answered in any case: it may have been meant to have an answer.
            self = .refused(error, id: error.code == .invalidRequest ? id ?? .null : id)
        }
    }

    private static func isIdentifier(_ value: JSONValue) -> Bool {
        switch value {
        case .string, .integer, .number, .null: true
        case .bool, .array, .object: false
        }
    }

    private static func request(_ object: JSONObject, id: JSONValue?) throws(RPCError) -> RPCRequest {
        if let unknown = object.keys.first(where: { !members.contains($0) }) {
            throw RPCError(.invalidRequest, "a request has no member \"\(unknown)\"")
        }
        guard object["jsonrpc"] == .string("2.0") else {
            throw RPCError(.invalidRequest, "\"jsonrpc\" is not \"2.0\"")
        }
        guard let method = object["method"]?.string else {
            throw RPCError(.invalidRequest, "\"method\" is no string")
        }
        switch object["params"] {
        case nil: return RPCRequest(method: method, parameters: JSONObject(), id: id)
        case .object(let parameters): return RPCRequest(method: method, parameters: parameters, id: id)
        case .array: throw .invalid("parameters have names here: \"params\" is an object")
        default: throw RPCError(.invalidRequest, "\"params\" is no object")
        }
    }
}
