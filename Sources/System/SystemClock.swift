import Glibc

/// The clocks of this machine.
package enum SystemClock {
    /// The time of day, Unix milliseconds.
    package static var unixMilliseconds: UInt64 { read(CLOCK_REALTIME, perSecond: 1_000) }

    /// A clock that only goes forward.
    package static var uptime: Duration { .nanoseconds(Int64(read(CLOCK_MONOTONIC, perSecond: 1_000_000_000))) }

    /// A clock that only goes forward, also while the machine sleeps; it counts from `MachineStart`.
    package static var bootMilliseconds: UInt64 { read(CLOCK_BOOTTIME, perSecond: 1_000) }

    /// What this process has had of the processors.
    package static var processorNanoseconds: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID, perSecond: 1_000_000_000) }

    private static func read(_ clock: clockid_t, perSecond: UInt64) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(max(0, time.tv_sec)) * perSecond + UInt64(max(0, time.tv_nsec)) / (1_000_000_000 / perSecond)
    }
}

package enum MachineStart {
    /// Names this start of the machine (random(4)); empty where that cannot be told.
    package static let name: String = {
        guard case .success(let bytes) = SmallFile.read("/proc/sys/kernel/random/boot_id", limit: 64) else { return "" }
        return String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
    }()
}
