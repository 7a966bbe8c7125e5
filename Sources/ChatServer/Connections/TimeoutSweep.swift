import ChatProtocol
import NIOCore

/// Closes connections that keep nobody's time but ours. Confined to the hub's event loop.
final class TimeoutSweep {
    private let context: HubContext
    private let connections: ConnectionRegistry
    private let rates: RateDesk
    private let draining: Draining

    init(context: HubContext, connections: ConnectionRegistry, rates: RateDesk, draining: Draining) {
        self.context = context
        self.connections = connections
        self.rates = rates
        self.draining = draining
    }

    /// Looks after all connections, again and again.
    func start() {
        context.schedule(in: context.settings.sweepInterval) {
            self.sweep()
            if !self.draining.isDraining { self.start() }
        }
    }

    private func sweep() {
        let now = context.clock.now()
        rates.forgetRested()
        for session in Array(connections.sessions.values) where !session.isClosing {
            guard let failure = timeOut(of: session, now) else { continue }
            context.log.debug("connection timed out", metadata: ["reason": "\(failure.sentence)"])
            session.expel(failure)
        }
    }

    private func timeOut(of session: Session, _ now: NIODeadline) -> Failure? {
        let settings = context.settings
        guard session.stage == .loggedIn else {
            guard now - session.opened > settings.loginTimeout else { return nil }
            // A peer that has sent its login in time is not the one who is late.
            return session.stage == .loggingIn
                ? Failure(.busy) : Failure(.timedOut, sentence: "not logged in within the time for it")
        }
        if let since = session.window.waitingSince, now - since > settings.stallTimeout {
            return Failure(.timedOut, sentence: "what was delivered is not acknowledged")
        }
        // Who is not read from cannot show that it lives; that its replies are not read has a time-out of its own.
        guard session.pauses.isEmpty, now - session.lastFrame > settings.idleTimeout else { return nil }
        return Failure(.timedOut, sentence: "nothing was heard for too long")
    }
}
