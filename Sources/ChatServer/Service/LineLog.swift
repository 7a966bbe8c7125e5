import CLISupport
import ChatProtocol
import Glibc
import Logging
import System

/// Log lines on standard error, each written whole. What other people wrote is inert in them.
///
/// They never contain a password, key, token or body, nor the name in a login that failed; at `info` not who writes to
/// whom. That is up to whoever logs.
package struct LineLog: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let format: LogFormat
    private let time: @Sendable () -> Timestamp
    private let write: @Sendable ([UInt8]) -> Void

    package init(
        format: LogFormat, level: Logger.Level, time: @escaping @Sendable () -> Timestamp = ServerSources.system.time,
        write: @escaping @Sendable ([UInt8]) -> Void = { _ = Descriptor.write($0, to: STDERR_FILENO) }
    ) {
        self.format = format
        logLevel = level
        self.time = time
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var pairs = [
            ("time", TimestampText.utc(time())), ("level", event.level.rawValue), ("msg", "\(event.message)"),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        pairs += all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let line = format == .json ? Self.json(pairs) : Self.logfmt(pairs)
        write(Array(line.utf8) + [0x0a])
    }

    private static func json(_ pairs: [(String, String)]) -> String {
        var object = JSONObject()
        for (key, value) in pairs { object[key] = .string(value) }
        return object.text
    }

    /// `key=value` with quotes where the value has spaces, quotes or an equals sign.
    private static func logfmt(_ pairs: [(String, String)]) -> String {
        pairs.map { key, value in
            let inert = InertText.line(value)
            let isPlain = !inert.isEmpty && inert.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3d && $0 < 0x7f }
            return "\(key)=\(isPlain ? inert : JSONValue.string(inert).text)"
        }.joined(separator: " ")
    }
}
