import CLISupport
import ChatProtocol
import Transport
import WireCodec

/// A device that was made for another machine or a container: everything that it needs to log in. A secret.
///
/// Whoever logs in with it takes it over: the numbers of logins are counted in the new store from then on, and a second
/// place is refused as a copy.
struct IdentityFile: Equatable, Sendable {
    static let version: Int64 = 1
    static let maximumBytes = 16 << 10

    var user: UserName
    var displayName: String
    var account: AccountID
    var device: DeviceID
    var deviceName: String
    /// The private login key, 32 bytes.
    var key: [UInt8]
    var address: ServerAddress
    var server: ServerID
    var generation: StoreGeneration
    var everyone: ConversationID
    /// The server's key, where it is known by that.
    var pin: PublicKeyPin?

    var identity: Identity {
        Identity(
            account: account, name: user, displayName: displayName, device: device, deviceName: deviceName,
            loginKey: key, standing: .active, address: address, server: server, generation: generation,
            everyone: everyone)
    }
}

extension IdentityFile {
    var bytes: [UInt8] {
        var text = """
            # An identity for `chat login --identity`. Whoever has this file is \(user) on \(address): keep it secret.
            # The first login takes it over; it cannot be used at two places.
            version = \(Self.version)
            user = "\(user)"
            display_name = \(Self.quoted(displayName))
            account = "\(account.hex)"
            device = "\(device.hex)"
            device_name = \(Self.quoted(deviceName))
            key = "\(Hexadecimal.text(key))"
            server = "\(address)"
            server_id = "\(server.hex)"
            generation = "\(generation.hex)"
            everyone = "\(everyone.hex)"

            """
        if let pin { text += "pin = \"\(pin)\"\n" }
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

    /// - Throws: `invalid_data` (65), with file and line.
    init(parsing bytes: [UInt8], file: String) throws(Problem) {
        do throws(ConfigurationError) {
            let fields = try Configuration(parsing: bytes, file: file)
            func field<Value>(_ key: String, _ parse: (String) -> Value?) throws(ConfigurationError) -> Value {
                guard let text = try fields.string(key), let value = parse(text) else {
                    throw fields.failure(at: key, "\(key) is missing or malformed")
                }
                return value
            }
            guard try fields.integer("version", in: 0...Int64.max) == Self.version else {
                throw fields.failure(at: "version", "not an identity of version \(Self.version)")
            }
            user = try field("user") { UserName($0) }
            displayName = try field("display_name") { $0 }
            account = try field("account") { AccountID(hex: $0) }
            device = try field("device") { DeviceID(hex: $0) }
            deviceName = try field("device_name") { $0 }
            key = try field("key") { text in
                Hexadecimal.bytes(text).flatMap { $0.count == SigningKey.privateKeyBytes ? $0 : nil }
            }
            address = try field("server") { ServerAddress($0) }
            server = try field("server_id") { ServerID(hex: $0) }
            generation = try field("generation") { StoreGeneration(hex: $0) }
            everyone = try field("everyone") { ConversationID(hex: $0) }
            pin = fields.entries["pin"] == nil ? nil : try field("pin") { PublicKeyPin($0) }
        } catch {
            throw Problem(.invalidData, error.text, advice: .makeIdentity)
        }
    }
}
