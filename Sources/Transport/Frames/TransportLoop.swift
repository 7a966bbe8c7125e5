import NIOCore

/// What the connections of one event loop share: memory for TLS, and the list of those with something to send.
///
/// Everything written within one tick of the loop is flushed at its end, each connection with one write to its socket.
/// Confined to its event loop.
package final class TransportLoop {
    package let eventLoop: any EventLoop
    let scratch = TLSScratch()
    private var dirty: [FrameConnection] = []
    private var isScheduled = false

    package init(_ eventLoop: any EventLoop) {
        eventLoop.assertInEventLoop()
        self.eventLoop = eventLoop
    }

    /// Has `connection` flushed at the end of this tick.
    func flushLater(_ connection: FrameConnection) {
        dirty.append(connection)
        guard !isScheduled else { return }
        isScheduled = true
        later { self.flushDirty() }
    }

    /// Runs `body` on this loop, after what runs now.
    func later(_ body: @escaping () -> Void) {
        eventLoop.assumeIsolated().execute(body)
    }

    func schedule(in delay: TimeAmount, _ body: @escaping () -> Void) -> Scheduled<Void> {
        eventLoop.assumeIsolated().scheduleTask(in: delay, body)
    }

    private func flushDirty() {
        isScheduled = false
        // What a flush makes dirty again belongs to the next tick.
        let connections = dirty
        dirty.removeAll(keepingCapacity: false)
        dirty.reserveCapacity(connections.count)
        for connection in connections { connection.flushDirty() }
    }
}
