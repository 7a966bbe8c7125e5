/// Why a configuration file is not taken, and where.
package struct ConfigurationError: Error, Equatable, Sendable {
    package var file: String
    /// From 1; 0 where the file as a whole is meant.
    package var line: Int
    package var reason: String

    package var text: String { line == 0 ? "\(file): \(reason)" : "\(file):\(line): \(reason)" }

    package var problem: Problem { Problem(.badConfiguration, text, hint: "correct the line and try again") }
}

/// A configuration file: a strict subset of TOML 1.0. What is taken means what TOML says it means; the rest of TOML
/// (dotted and quoted keys, floats, dates, inline tables, arrays of tables, multi-line strings) is refused by line.
///
///     server = "chat.example.org"    # a comment
///     [limits]
///     rate = 1_000
///     quiet = true
///     listen = ["127.0.0.1:7420", "[::1]:7420"]
package struct Configuration: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case string(String)
        case integer(Int64)
        case bool(Bool)
        case strings([String])

        fileprivate var kind: String {
            switch self {
            case .string: "a text in quotes"
            case .integer: "a whole number"
            case .bool: "true or false"
            case .strings: "a list of texts in quotes"
            }
        }
    }

    package struct Entry: Equatable, Sendable {
        package var value: Value
        package var line: Int
    }

    /// Bytes that a file may have: a thousand times what one needs.
    package static let maximumBytes = 1 << 20

    /// The file's name, for errors.
    package let file: String
    /// By key; a key of a section is `section.key`.
    package private(set) var entries: [String: Entry] = [:]

    /// An empty configuration, for a file that is not there.
    package init(file: String) { self.file = file }

    package init(parsing bytes: [UInt8], file: String) throws(ConfigurationError) {
        self.file = file
        guard bytes.count <= Self.maximumBytes else {
            throw ConfigurationError(file: file, line: 0, reason: "larger than 1 MiB")
        }
        guard let text = String(validating: ByteOrderMark.dropped(from: bytes), as: UTF8.self) else {
            throw ConfigurationError(file: file, line: 0, reason: "not UTF-8")
        }
        var parser = ConfigurationParser(text: text, file: file)
        entries = try parser.parse()
    }

    package func string(_ key: String) throws(ConfigurationError) -> String? {
        guard let entry = entries[key] else { return nil }
        guard case .string(let value) = entry.value else { throw mismatch(key, entry, "a text in quotes") }
        return value
    }

    package func integer(_ key: String, in range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64? {
        guard let entry = entries[key] else { return nil }
        guard case .integer(let value) = entry.value else { throw mismatch(key, entry, "a whole number") }
        guard range.contains(value) else {
            throw failure(at: key, "\(key) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        return value
    }

    package func bool(_ key: String) throws(ConfigurationError) -> Bool? {
        guard let entry = entries[key] else { return nil }
        guard case .bool(let value) = entry.value else { throw mismatch(key, entry, "true or false") }
        return value
    }

    package func strings(_ key: String) throws(ConfigurationError) -> [String]? {
        guard let entry = entries[key] else { return nil }
        switch entry.value {
        case .strings(let values): return values
        default: throw mismatch(key, entry, "a list of texts in quotes")
        }
    }

    /// A duration that is written as a text, such as `"30s"`.
    package func duration(_ key: String) throws(ConfigurationError) -> Duration? {
        guard let text = try string(key) else { return nil }
        guard let value = DurationText.duration(text) else {
            throw failure(at: key, "\(key) must be \(DurationText.form), not \"\(text)\"")
        }
        return value
    }

    /// Refuses a key that nobody reads: it is a slip of the finger, or meant for another version.
    package func refuseUnknownKeys(_ known: Set<String>) throws(ConfigurationError) {
        let unknown = entries.filter { !known.contains($0.key) }.min { $0.value.line < $1.value.line }
        guard let unknown else { return }
        throw ConfigurationError(
            file: file, line: unknown.value.line,
            reason: "unknown key \(unknown.key); known are \(known.sorted().joined(separator: ", "))")
    }

    /// An error that points at the line of a key.
    package func failure(at key: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(file: file, line: entries[key]?.line ?? 0, reason: reason)
    }

    private func mismatch(_ key: String, _ entry: Entry, _ expected: String) -> ConfigurationError {
        ConfigurationError(
            file: file, line: entry.line, reason: "\(key) must be \(expected), not \(entry.value.kind)")
    }
}
