import CLISupport
import ChatProtocol

extension ServerLimits {
    /// How a limit is written in the file.
    private enum Form {
        case count(WritableKeyPath<ServerLimits, UInt64>, ClosedRange<Int64>)
        /// A text such as `"30s"`; 0 is written `"0s"`.
        case duration(WritableKeyPath<ServerLimits, Duration>)
        /// A text such as `"10G"`, or a number of bytes.
        case bytes(WritableKeyPath<ServerLimits, UInt64>)
    }

    /// Key paths are not Sendable, so the table is made where it is read.
    private static var table: [String: Form] {
        let many: ClosedRange<Int64> = 0...1_000_000_000
        return [
            "messages_per_second": .count(\.messagesPerSecond, 0...1_000_000),
            "messages_burst": .count(\.messagesBurst, 1...1_000_000),
            "message_debt": .duration(\.messageDebt),
            "everyone_interval": .duration(\.everyoneInterval),
            "everyone_devices": .count(\.everyoneDevices, 1...Int64(Limits.everyoneDevices)),
            "account_store": .bytes(\.accountStore),
            "retention": .duration(\.retention),
            "max_store": .bytes(\.maxStore),
            "store_reserve": .bytes(\.storeReserve),
            "login_failures": .count(\.loginFailures, 1...many.upperBound),
            "login_failure_interval": .duration(\.loginFailureInterval),
            "address_failures": .count(\.addressFailures, 1...many.upperBound),
            "address_failure_interval": .duration(\.addressFailureInterval),
            "registrations": .count(\.registrations, 1...many.upperBound),
            "registration_interval": .duration(\.registrationInterval),
            "password_threads": .count(\.passwordThreads, 1...64),
            "password_queue": .count(\.passwordQueue, 0...10_000),
            "failure_delay": .duration(\.failureDelay),
            "connections": .count(\.connections, 1...many.upperBound),
            "connections_per_account": .count(\.connectionsPerAccount, 1...many.upperBound),
            "unauthenticated_per_address": .count(\.unauthenticatedPerAddress, 1...many.upperBound),
        ]
    }

    /// The keys of the section `[limits]`, with the section's name.
    package static let keys = Set(table.keys.map { "limits.\($0)" })

    /// What the file says, and the defaults for the rest.
    init(_ file: Configuration) throws(ConfigurationError) {
        self.init()
        for (name, form) in Self.table {
            let key = "limits.\(name)"
            switch form {
            case .count(let path, let range):
                if let value = try file.integer(key, in: range) { self[keyPath: path] = UInt64(value) }
            case .duration(let path):
                if let value = try file.duration(key) { self[keyPath: path] = value }
            case .bytes(let path):
                if let value = try Self.size(key, file) { self[keyPath: path] = value }
            }
        }
        guard retention > .zero else { throw file.failure(at: "limits.retention", "limits.retention must be above 0s") }
        guard failureDelay > .zero else {
            throw file.failure(at: "limits.failure_delay", "limits.failure_delay must be above 0s")
        }
    }

    private static func size(_ key: String, _ file: Configuration) throws(ConfigurationError) -> UInt64? {
        guard let entry = file.entries[key] else { return nil }
        if case .integer = entry.value { return try file.integer(key, in: 0...Int64.max).map { UInt64($0) } }
        guard let text = try file.string(key), let bytes = SizeText.bytes(text) else {
            throw file.failure(at: key, "\(key) must be \(SizeText.form)")
        }
        return bytes
    }
}
