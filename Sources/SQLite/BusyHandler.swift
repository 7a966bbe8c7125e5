import CSQLite
import Glibc
import System

/// Waits for another connection's lock: short pauses with jitter, until the time-out.
///
/// SQLite's own handler soon sleeps 100 ms at a time, always the same: with a hundred processes on one profile
/// the unlucky ones starve. Here every waiter asks again within about ten milliseconds.
///
/// That holds up the thread, and the owner of the connection with it: SQLite calls this within a statement and knows no other
/// form. What others do under the lock is a transaction of theirs, some milliseconds.
final class BusyHandler {
    /// The longest pause, microseconds.
    private static let longestPause: UInt64 = 10_000

    /// How long to wait from now on.
    var timeout: Duration
    private var deadline = Duration.zero
    private var state: UInt64

    init(timeout: Duration, seed: UInt64) {
        self.timeout = timeout
        state = seed | 1
    }

    /// Pauses before the next try; false when the time is up.
    func wait(attempt: Int32) -> Bool {
        let now = SystemClock.uptime
        if attempt == 0 { deadline = now + timeout }
        guard now < deadline else { return false }
        let ceiling = min(Self.longestPause, 500 << min(UInt64(attempt), 5))
        usleep(UInt32(ceiling / 2 + random() % ceiling))
        return true
    }

    /// xorshift64: only to keep waiters apart.
    private func random() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// What SQLite calls; `context` is the `BusyHandler` that the connection keeps alive.
func busyCallback(context: UnsafeMutableRawPointer?, attempt: Int32) -> Int32 {
    guard let context else { return 0 }
    return Unmanaged<BusyHandler>.fromOpaque(context).takeUnretainedValue().wait(attempt: attempt) ? 1 : 0
}
