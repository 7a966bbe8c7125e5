import ChatProtocol
import System

/// The time of day.
package enum WallClock {
    package static var now: Timestamp { Timestamp(milliseconds: SystemClock.unixMilliseconds) }
}
