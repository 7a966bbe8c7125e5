import ChatProtocol

/// The end of the service, in its order. Confined to the hub's event loop.
final class Draining {
    private let context: HubContext
    private let connections: ConnectionRegistry
    private let writer: BatchWriter
    private let marks: MarkWriter
    /// No connection and no message is taken any more.
    private(set) var isDraining = false
    private var whenIdle: [() -> Void] = []

    init(context: HubContext, connections: ConnectionRegistry, writer: BatchWriter, marks: MarkWriter) {
        self.context = context
        self.connections = connections
        self.writer = writer
        self.marks = marks
        writer.becameIdle = { [unowned self] in look() }
        marks.becameIdle = { [unowned self] in look() }
    }

    /// No new requests; what was taken is written and answered, then every connection is told and closed. `completion`
    /// is called when the last one has gone, or the time for it is up.
    func begin(completion: @escaping () -> Void) {
        isDraining = true
        for session in connections.sessions.values { session.pause(.drain) }
        whenIdle.append { self.closeAll(completion) }
        marks.end()
        context.later { self.writer.begin() }
    }

    private func closeAll(_ completion: @escaping () -> Void) {
        var isDone = false
        let done = {
            guard !isDone else { return }
            isDone = true
            // What the end of the connections has left: when they were last seen.
            self.whenIdle.append(completion)
            self.writer.begin()
        }
        for session in Array(connections.sessions.values) { session.expel(Failure(.shuttingDown)) }
        guard !connections.sessions.isEmpty else { return done() }
        connections.whenEmpty(done)
        context.schedule(in: context.settings.drainTimeout) {
            for session in self.connections.sessions.values { session.link.close(flushing: false) }
            done()
        }
    }

    /// Whether everything is written.
    private func look() {
        guard !whenIdle.isEmpty, writer.isIdle else { return }
        // Marks that have moved are written now; this is looked at again when they are.
        guard marks.isIdle else { return marks.write {} }
        let waiting = whenIdle
        whenIdle = []
        for body in waiting { body() }
    }
}
