import ChatProtocol
import Glibc

/// The time of day where the user is.
enum LocalTime {
    /// Seconds east of UTC at that moment, as this user's time zone has it.
    static func offset(at time: Timestamp) -> Int {
        var seconds = time_t(time.milliseconds / 1000)
        var parts = tm()
        tzset()
        guard localtime_r(&seconds, &parts) != nil else { return 0 }
        return parts.tm_gmtoff
    }
}
