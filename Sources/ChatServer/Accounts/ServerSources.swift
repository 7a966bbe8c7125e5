import ChatProtocol
import System
import Transport

/// The clocks and the randomness of a running server, so that tests can give their own.
package struct ServerSources: Sendable {
    package var time: @Sendable () -> Timestamp
    package var ticks: @Sendable () -> Ticks
    /// So many unpredictable bytes.
    package var random: @Sendable (Int) -> [UInt8]

    package init(
        time: @escaping @Sendable () -> Timestamp, ticks: @escaping @Sendable () -> Ticks,
        random: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.time = time
        self.ticks = ticks
        self.random = random
    }

    /// The system's.
    package static let system = ServerSources(
        time: { Timestamp(milliseconds: SystemClock.unixMilliseconds) },
        ticks: { Ticks(SystemClock.uptime) },
        random: { SecureRandom.bytes($0) })

    /// 16 random bytes.
    package func identifier<Kind>() -> Identifier<Kind> {
        let bytes = random(Identifier<Kind>.byteCount)
        let word: (ArraySlice<UInt8>) -> UInt64 = { $0.reduce(0) { $0 << 8 | UInt64($1) } }
        return Identifier(high: word(bytes.prefix(8)), low: word(bytes.dropFirst(8)))
    }
}
