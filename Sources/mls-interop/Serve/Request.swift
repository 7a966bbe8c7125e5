import MLS
import WireCodec

/// A request that cannot be served; becomes an answer.
struct RequestError: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

/// One request: `{"method": NAME, …fields}`, or with the fields in a member `params`.
struct Request {
    let method: String
    private let fields: JSON

    init(line: [UInt8]) throws {
        let json = try JSON(parsing: line)
        guard let method = json["method"].string else { throw RequestError("a request names its method") }
        self.method = method
        fields = json["params"].isNull ? json : json["params"]
    }

    init(method: String, fields: JSON) {
        self.method = method
        self.fields = fields
    }

    /// Bytes; a missing field is empty, as in proto3.
    func bytes(_ name: String) throws -> [UInt8] {
        if fields[name].isNull { return [] }
        guard let text = fields[name].string, let bytes = Base64.decode(text) else {
            throw RequestError("\(name) is not base64")
        }
        return bytes
    }

    func number(_ name: String) throws -> Int {
        if fields[name].isNull { return 0 }
        guard let value = fields[name].int, value >= 0 else {
            throw RequestError("\(name) is not a number, or a negative one")
        }
        return value
    }

    func flag(_ name: String) -> Bool { fields[name].bool ?? false }
    func text(_ name: String) -> String { fields[name].string ?? "" }

    func list(_ name: String) -> [Request] {
        (fields[name].array ?? []).map { Request(method: method, fields: $0) }
    }

    func bytesList(_ name: String) throws -> [[UInt8]] {
        try (fields[name].array ?? []).map { item in
            guard let text = item.string, let bytes = Base64.decode(text) else {
                throw RequestError("\(name) is not a list of base64")
            }
            return bytes
        }
    }

    func sub(_ name: String) -> Request { Request(method: method, fields: fields[name]) }

    /// A number that fits into `Integer`: the harness sends those of registries as wider ones.
    func number<Integer: FixedWidthInteger>(_ name: String, as: Integer.Type = Integer.self) throws -> Integer {
        guard let value = Integer(exactly: try number(name)) else { throw RequestError("\(name) is too large") }
        return value
    }

    func suite() throws -> CipherSuite { CipherSuite(rawValue: try number("cipher_suite", as: UInt16.self)) }

    func tree() throws -> ExportedRatchetTree? {
        let bytes = try bytes("ratchet_tree")
        return bytes.isEmpty ? nil : try ExportedRatchetTree(decoding: bytes)
    }

    func keyPackage(_ name: String = "key_package") throws -> KeyPackage { try Self.keyPackage(try bytes(name)) }

    static func keyPackage(_ bytes: [UInt8]) throws -> KeyPackage {
        guard case .keyPackage(let package) = try MLSMessage(decoding: bytes).body else {
            throw RequestError("not a key package")
        }
        return package
    }

    func welcome() throws -> Welcome {
        guard case .welcome(let welcome) = try MLSMessage(decoding: try bytes("welcome")).body else {
            throw RequestError("not a Welcome")
        }
        return welcome
    }

    func groupInfo() throws -> GroupInfo {
        guard case .groupInfo(let info) = try MLSMessage(decoding: try bytes("group_info")).body else {
            throw RequestError("not a GroupInfo")
        }
        return info
    }

    func extensions() throws -> Extensions {
        try Extensions(
            try list("extensions").map { item in
                Extension(
                    type: ExtensionType(rawValue: try item.number("extension_type", as: UInt16.self)),
                    data: try item.bytes("extension_data"))
            })
    }
}

extension JSON {
    static func base64(_ bytes: [UInt8]) -> JSON { .string(Base64.encode(bytes, padded: true)) }
    static func base64(_ secret: Secret) -> JSON { .base64(secret.bytes) }
    static func int(_ value: Int) -> JSON { .number(Int64(value)) }
}
