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

    private var timeoutMicroseconds: UInt64 = 0
    private var deadline: UInt64 = 0
    private var state: UInt64

    init(timeoutMilliseconds: Int, seed: UInt64) {
        state = seed | 1
        timeout(milliseconds: timeoutMilliseconds)
    }

    /// How long to wait from now on.
    func timeout(milliseconds: Int) { timeoutMicroseconds = UInt64(max(0, milliseconds)) * 1_000 }

    /// Pauses before the next try; false when the time is up.
    func wait(attempt: Int32) -> Bool {
        let now = SystemClock.microseconds
        if attempt == 0 { deadline = now &+ timeoutMicroseconds }
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
