import ChatProtocol
import WireCodec

/// How an identity stands in its file.
extension IdentityFile {
    package var bytes: [UInt8] {
        var text = """
            # An identity for `chat login --identity`. Whoever has this file is \(user) on \(address): keep it secret.
            # \(use.explanation)
            version = \(Self.version)
            use = "\(use.rawValue)"
            user = "\(user)"
            display_name = \(Self.quoted(displayName))
            account = "\(account.hex)"
            server = \(Self.quoted(address))
            server_id = "\(server.hex)"
            generation = "\(generation.hex)"
            everyone = "\(everyone.hex)"

            """
        if let pin { text += "pin = \(Self.quoted(pin))\n" }
        if let root { text += "root = \(Self.quoted(root))\n" }
        text += Self.list("pins", pins.map(\.line)) + Self.list("rooms", rooms.map(\.line))
        for (index, device) in devices.enumerated() {
            text += """

                [device\(index + 1)]
                id = "\(device.id.hex)"
                name = \(Self.quoted(device.name))
                login_key = "\(Hexadecimal.text(device.loginKey))"

                """
            if let key = device.grantKey { text += "grant_key = \"\(Hexadecimal.text(key))\"\n" }
        }
        return Array(text.utf8)
    }

    /// A TOML basic string.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" {
                quoted += "\\" + String(scalar)
            } else if scalar.actsOnTerminal {
                quoted += "\\U" + Hexadecimal.text(scalar.value, digits: 8)
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Reads a file of this version, or of version 1, whose one device has a login key alone.
    ///
    /// - Throws: `invalid_data` (65), with file and line.
    package init(parsing bytes: [UInt8], file: String) throws(Problem) {
        do throws(ConfigurationError) {
            let fields = IdentityFields(try Configuration(parsing: bytes, file: file))
            let version = try fields.integer("version", in: 1...Self.version)
            let use = version == 1 ? .login : try fields.value("use") { Use(rawValue: $0) }
            self.init(
                use: use, user: try fields.value("user") { UserName($0) },
                displayName: try fields.value("display_name") { $0 },
                account: try fields.value("account") { AccountID(hex: $0) },
                address: try fields.value("server") { $0 },
                server: try fields.value("server_id") { ServerID(hex: $0) },
                generation: try fields.value("generation") { StoreGeneration(hex: $0) },
                everyone: try fields.value("everyone") { ConversationID(hex: $0) },
                pin: try fields.optional("pin") { $0 }, root: try fields.optional("root") { $0 },
                devices: version == 1 ? [try fields.oldDevice()] : try fields.devices(granted: use.isGranted))
            pins = try fields.lines("pins", atMost: Self.maximumPins) { Pin(line: $0) }
            rooms = try fields.lines("rooms", atMost: Self.maximumRooms) { Room(line: $0) }
            guard !use.isGranted || root != nil else { throw fields.missing("root") }
        } catch {
            throw Problem(.invalidData, error.text, advice: .makeIdentity)
        }
    }
}

extension IdentityFile.Use {
    /// Whether the account's chain knows the devices.
    package var isGranted: Bool { self != .login && self != .first }

    fileprivate var explanation: String {
        switch self {
        case .login, .certify: "The first login takes it over; it cannot be used at two places."
        case .once: "Each device in it is good for one login, which makes keys of its own."
        case .reusable: "Each login takes a device over, and ends the one that had it."
        case .first: "It makes the first device of an account that has none, once."
        }
    }
}

/// The lines of an identity file.
private struct IdentityFields {
    private let configuration: Configuration

    init(_ configuration: Configuration) { self.configuration = configuration }

    func integer(_ key: String, in range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64 {
        guard let value = try configuration.integer(key, in: range) else { throw missing(key) }
        return value
    }

    func value<Value>(_ key: String, _ parse: (String) -> Value?) throws(ConfigurationError) -> Value {
        guard let text = try configuration.string(key), let value = parse(text) else { throw missing(key) }
        return value
    }

    func optional<Value>(_ key: String, _ parse: (String) -> Value?) throws(ConfigurationError) -> Value? {
        configuration.entries[key] == nil ? nil : try value(key, parse)
    }

    func lines<Value>(
        _ key: String, atMost limit: Int, _ parse: (String) -> Value?
    ) throws(ConfigurationError) -> [Value] {
        let texts = try configuration.strings(key) ?? []
        let values = texts.compactMap(parse)
        guard values.count == texts.count, values.count <= limit else { throw missing(key) }
        return values
    }

    func missing(_ key: String) -> ConfigurationError {
        configuration.failure(at: key, "\(key) is missing or malformed")
    }

    func devices(granted: Bool) throws(ConfigurationError) -> [IdentityFile.Device] {
        var devices: [IdentityFile.Device] = []
        while devices.isEmpty || configuration.entries["device\(devices.count + 1).id"] != nil {
            guard devices.count < Limits.devicesPerAccount else {
                throw configuration.failure(
                    at: "device\(devices.count + 1).id", "more than \(Limits.devicesPerAccount) devices")
            }
            let section = "device\(devices.count + 1)."
            devices.append(
                IdentityFile.Device(
                    id: try value(section + "id") { DeviceID(hex: $0) }, name: try value(section + "name") { $0 },
                    loginKey: try value(section + "login_key", Self.key),
                    grantKey: granted ? try value(section + "grant_key", Self.key) : nil))
        }
        return devices
    }

    /// As version 1 had it.
    func oldDevice() throws(ConfigurationError) -> IdentityFile.Device {
        IdentityFile.Device(
            id: try value("device") { DeviceID(hex: $0) }, name: try value("device_name") { $0 },
            loginKey: try value("key", Self.key))
    }

    private static func key(_ text: String) -> [UInt8]? {
        Hexadecimal.bytes(text).flatMap { $0.count == IdentityFile.keyBytes ? $0 : nil }
    }
}
