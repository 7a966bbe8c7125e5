import CLISupport
import Logging
import NIOCore
import Transport

/// Answers administrators' commands on the control socket: a request a line, each answered by rows and an end.
/// Confined to its event loop.
package final class ControlService: ControlListenerDelegate {
    /// How often a long task says that it is still at work; a caller gives up after several times this.
    static let waitingInterval = TimeAmount.seconds(5)
    /// Seconds of silence after which a caller gives up.
    package static let callerPatience = 30

    private let loop: any EventLoop
    private let administration: Administration
    private let log: Logger
    /// Requests of a connection that wait for the one before them.
    private var queues: [ObjectIdentifier: [[UInt8]]] = [:]

    /// Set while the service ends; nothing new is begun then.
    private var ending: EventLoopPromise<Void>?

    /// Requests that a connection may send ahead.
    private static let queueLimit = 16
    /// How long the end waits for what is under way: a backup of a large store is cut short.
    private static let endPatience = TimeAmount.seconds(10)

    package init(loop: any EventLoop, administration: Administration, log: Logger) {
        self.loop = loop
        self.administration = administration
        self.log = log
    }

    package func controlConnection(_ connection: ControlConnection, didReceive line: [UInt8]) {
        guard ending == nil else { return connection.close() }
        let key = ObjectIdentifier(connection)
        if let waiting = queues[key] {
            guard waiting.count < Self.queueLimit else { return connection.close() }
            queues[key] = waiting + [line]
            return
        }
        queues[key] = []
        perform(line, connection)
    }

    package func controlConnectionDidClose(_ connection: ControlConnection) {
        queues[ObjectIdentifier(connection)] = nil
        finishIfIdle()
    }

    /// Begins nothing more. Done when what is under way was answered, or took too long.
    func end() -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        ending = promise
        loop.assumeIsolated().scheduleTask(in: Self.endPatience) { promise.succeed() }
        finishIfIdle()
        return promise.futureResult
    }

    private func finishIfIdle() {
        if queues.isEmpty { ending?.succeed() }
    }

    private func perform(_ line: [UInt8], _ connection: ControlConnection) {
        guard let request = AdminRequest(line) else {
            connection.reply(
                AdminReply.error(Problem(.protocolFault, "the running server does not know this command")).json.bytes)
            return connection.close()
        }
        log.info("administration", metadata: ["command": "\(request.label)", "uid": "\(connection.user)"])
        let bound = NIOLoopBound((service: self, connection: connection), eventLoop: loop)
        let timer = loop.scheduleRepeatedTask(initialDelay: Self.waitingInterval, delay: Self.waitingInterval) { _ in
            bound.value.connection.reply(AdminReply.waiting.json.bytes)
        }
        Task { [administration, loop] in
            let emit: Administration.Emit = { row in
                loop.execute { bound.value.connection.reply(AdminReply.row(row).json.bytes) }
            }
            let reply: AdminReply
            do throws(Problem) {
                try await administration.perform(request, emit: emit)
                reply = .end
            } catch { reply = .error(error) }
            loop.execute {
                timer.cancel()
                bound.value.connection.reply(reply.json.bytes)
                bound.value.service.next(bound.value.connection)
            }
        }
    }

    private func next(_ connection: ControlConnection) {
        let key = ObjectIdentifier(connection)
        guard var waiting = queues[key] else { return }
        // The end waits until the answer has gone out and the connection is closed.
        guard ending == nil else { return connection.close() }
        guard !waiting.isEmpty else {
            queues[key] = nil
            return
        }
        let line = waiting.removeFirst()
        queues[key] = waiting
        perform(line, connection)
    }
}

extension AdminRequest {
    /// What is asked, without whom it is about.
    fileprivate var label: String { json["command"]?.string ?? "" }
}
