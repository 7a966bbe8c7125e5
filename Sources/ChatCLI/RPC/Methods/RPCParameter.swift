import CLISupport
import ChatClient
import ChatProtocol

/// A named parameter of a method: how its value is read, and what `rpc.describe` says of it.
struct RPCParameter<Value: Sendable>: Sendable {
    let description: RPCParameterDescription
    /// What is expected, for an error.
    let form: String
    let read: @Sendable (JSONValue) -> Value?

    var name: String { description.name }

    init(
        _ name: String, _ type: RPCParameterDescription.Kind, _ form: String, required: Bool = false, about: String,
        read: @escaping @Sendable (JSONValue) -> Value?
    ) {
        description = RPCParameterDescription(name: name, type: type, isRequired: required, about: about)
        self.form = form
        self.read = read
    }
}

struct RPCParameterDescription: Equatable, Sendable {
    enum Kind: String, Sendable {
        case string, integer, boolean
        case strings = "array of strings"
    }

    let name: String
    let type: Kind
    let isRequired: Bool
    let about: String

    var object: JSONObject {
        var object = JSONObject()
        object["name"] = .string(name)
        object["type"] = .string(type.rawValue)
        object["required"] = .bool(isRequired)
        object["about"] = .string(about)
        return object
    }
}

/// What a request gives for a method's parameters.
struct RPCArguments: Sendable {
    let object: JSONObject

    /// - Throws: -32602 for a name that the method does not have, and for one that is missing.
    func check(against parameters: [RPCParameterDescription]) throws(RPCError) {
        for key in object.keys where !parameters.contains(where: { $0.name == key }) {
            throw .invalid("there is no parameter \"\(key)\"")
        }
        for parameter in parameters where parameter.isRequired && object[parameter.name] == nil {
            throw .invalid("\"\(parameter.name)\" is missing")
        }
    }

    /// The value; nil where it is not given.
    func value<Value>(_ parameter: RPCParameter<Value>) throws(RPCError) -> Value? {
        guard let given = object[parameter.name] else { return nil }
        guard let value = parameter.read(given) else {
            throw .invalid("\"\(parameter.name)\": expected \(parameter.form)")
        }
        return value
    }

    func required<Value>(_ parameter: RPCParameter<Value>) throws(RPCError) -> Value {
        guard let value = try value(parameter) else { throw .invalid("\"\(parameter.name)\" is missing") }
        return value
    }

    func isSet(_ parameter: RPCParameter<Bool>) throws(RPCError) -> Bool { try value(parameter) ?? false }
}

// MARK: kinds of values

extension RPCParameter where Value == Bool {
    static func flag(_ name: String, about: String) -> Self {
        Self(name, .boolean, "true or false", about: about) { $0.bool }
    }
}

extension RPCParameter where Value == String {
    static func text(_ name: String, required: Bool = false, about: String) -> Self {
        Self(name, .string, "a string", required: required, about: about) { $0.string }
    }
}

extension RPCParameter where Value == Int {
    static func count(_ name: String, upTo limit: Int, required: Bool = false, about: String) -> Self {
        Self(name, .integer, "a whole number from 1 to \(limit)", required: required, about: about) { value in
            value.integer.flatMap { (1...Int64(limit)).contains($0) ? Int($0) : nil }
        }
    }
}

extension RPCParameter where Value == UserName {
    static func name(_ name: String, _ form: String = "a user's name", about: String) -> Self {
        Self(name, .string, form, about: about) { $0.string.flatMap { UserName(typed: $0) } }
    }
}

extension RPCParameter where Value == [UserName] {
    static func users(
        _ name: String, _ form: String = "an array of users' names", required: Bool = false, about: String
    ) -> Self {
        Self(name, .strings, form, required: required, about: about) { value in
            guard let values = value.array else { return nil }
            let names = values.compactMap { $0.string.flatMap { UserName(typed: $0) } }
            return names.count == values.count ? names : nil
        }
    }
}

extension RPCParameter where Value == [String] {
    static func texts(_ name: String, about: String) -> Self {
        Self(name, .strings, "an array of strings", about: about) { value in
            guard let values = value.array else { return nil }
            let texts = values.compactMap(\.string)
            return texts.count == values.count ? texts : nil
        }
    }
}

extension RPCParameter where Value == Duration {
    static func duration(_ name: String, about: String) -> Self {
        Self(name, .string, DurationText.form, about: about) { $0.string.flatMap { DurationText.duration($0) } }
    }
}

extension RPCParameter where Value == TimeArgument {
    static func time(_ name: String, about: String) -> Self {
        Self(name, .string, TimestampText.form, about: about) { value in
            value.string.flatMap { TimestampText.parse($0, now: 0) == nil ? nil : TimeArgument(text: $0) }
        }
    }
}

extension RPCParameter where Value == Cursor {
    static func cursor(_ name: String, required: Bool = false, about: String) -> Self {
        Self(name, .string, "the cursor of a line", required: required, about: about) {
            $0.string.flatMap { Cursor($0) }
        }
    }
}

extension RPCParameter where Value == MessageID {
    static func message(_ name: String, about: String) -> Self {
        Self(name, .string, "a message's id", about: about) { $0.string.flatMap { MessageID(uuid: $0) } }
    }
}

extension RPCParameter where Value == WaitLevel {
    static func wait(_ name: String, about: String) -> Self {
        Self(name, .string, "accepted, delivered or read", about: about) { value in
            value.string.flatMap { WaitLevel(rawValue: $0) }
        }
    }
}
