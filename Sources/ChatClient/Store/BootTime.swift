import ChatProtocol
import System

/// A moment on a clock that does not leap when the time of day is set, and goes on while the machine sleeps. It counts
/// from a start of the machine; in another one it says nothing.
struct BootTime: Equatable, Sendable {
    /// Names the start of the machine; empty where that cannot be told.
    var boot: String
    var milliseconds: UInt64

    static var now: BootTime {
        BootTime(boot: MachineStart.name, milliseconds: SystemClock.bootMilliseconds)
    }
}

/// When a message that waits is not worth sending any more.
struct Expiry: Equatable, Sendable {
    /// By the time of day; counts only after another start of the machine.
    var time: Timestamp
    var due: BootTime

    init(time: Timestamp, due: BootTime) {
        self.time = time
        self.due = due
    }

    /// In the start of the machine in which it was set the clock counts that does not leap.
    func isOver(now: Timestamp, boot: BootTime) -> Bool {
        guard !boot.boot.isEmpty, boot.boot == due.boot else { return time <= now }
        return due.milliseconds <= boot.milliseconds
    }

    init(after duration: Duration, now: Timestamp, boot: BootTime) {
        let milliseconds = UInt64(max(0, duration.wholeMilliseconds))
        time = now + duration
        due = BootTime(boot: boot.boot, milliseconds: boot.milliseconds &+ milliseconds)
    }
}
