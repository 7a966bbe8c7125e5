import CLISupport
import ChatProtocol
import NIOCore

/// What the hub is told by the configuration.
package struct HubSettings: Sendable {
    /// Whether only administrators may write to everyone.
    package var broadcastByAdminsOnly = false
    package var limits = ServerLimits()
    /// From accept to a finished login.
    package var loginTimeout = TimeAmount.seconds(Int64(Limits.loginSeconds))
    /// Without a frame from the peer: it pings twice in this time.
    package var idleTimeout = TimeAmount.seconds(2 * Int64(Limits.pingSeconds))
    /// Without progress while deliveries are outstanding.
    package var stallTimeout = TimeAmount.seconds(Int64(Limits.stalledSeconds))
    /// How often the time-outs are looked after.
    package var sweepInterval = TimeAmount.seconds(1)
    /// How long a cursor that has moved may wait for a batch before it gets one of its own.
    package var cursorDelay = TimeAmount.milliseconds(500)
    /// How long a drain waits for connections to take what they were sent.
    package var drainTimeout = TimeAmount.seconds(5)
    /// When what is too old is first looked for, how often, and the pause between two steps.
    package var firstRetention = TimeAmount.minutes(1)
    package var retentionInterval = TimeAmount.hours(1)
    /// How often it is looked whether a clock that has leapt is to be believed.
    package var suspendedInterval = TimeAmount.seconds(10)
    package var retentionPause = TimeAmount.milliseconds(20)
    /// For how long removals from open groups are gathered.
    package var gathering = TimeAmount.minutes(1)
    /// When removals that could not be proposed are looked for again; longer each time, up to 16 times that.
    package var removalPause = TimeAmount.seconds(30)
    /// How often the room on the disk is looked at.
    package var measureInterval = TimeAmount.seconds(5)
    package var batch = BatchBounds()
    /// Bytes that may wait for a connection whose peer does not read, beyond the window of deliveries: replies stop at
    /// some KiB, so this is thousands of events.
    package var pendingBytes = 4 << 20
    package var software = "chatd"
    /// Who computes what keeps away from the loop; nil: the threads of the process.
    package var computing: (any TaskExecutor)?

    package init() {}
}

/// What the hub takes from the world besides sockets and the store.
package struct HubClock {
    package var now: () -> NIODeadline
    package var wall: () -> Timestamp

    package init(now: @escaping () -> NIODeadline, wall: @escaping () -> Timestamp) {
        self.now = now
        self.wall = wall
    }

    /// `now`, as rates reckon.
    var ticks: Ticks { Ticks(.nanoseconds(Int64(clamping: now().uptimeNanoseconds))) }
}

extension HubSettings {
    init(_ configuration: ServerConfiguration) {
        self.init()
        broadcastByAdminsOnly = configuration.broadcast == .admins
        limits = configuration.limits
        software = "chatd \(Release.version)"
    }
}
