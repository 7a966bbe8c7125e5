import ChatProtocol
import NIOCore

/// What `chatd status` tells of the running server.
package struct HubStatus: Sendable, Equatable {
    package var connections: Int
    package var loggedIn: Int
    package var subscribed: Int
    package var online: Int
}

extension Hub {
    package var status: HubStatus {
        HubStatus(
            connections: sessions.count, loggedIn: byAccount.values.reduce(0) { $0 + $1.sessions.count },
            subscribed: subscribers.count, online: presence.onlineCount)
    }

    /// Ends all connections of an account: from the return of this on nothing more is delivered to them, and when
    /// `completion` is called nothing more of theirs is stored.
    package func closeConnections(account: AccountID, completion: @escaping () -> Void) {
        let failure = Failure(.accountDisabled)
        for session in byAccount[account]?.sessions ?? [] { expel(session, failure) }
        dropAppends(because: failure, where: { $0.sender == account }, completion: completion)
    }

    /// The same for devices, but the connection that asked for it stays.
    package func closeConnections(
        devices: [DeviceID], except asking: Session? = nil, completion: @escaping () -> Void
    ) {
        let devices = Set(devices)
        guard !devices.isEmpty else { return completion() }
        let failure = Failure(.deviceRevoked)
        for account in Array(byAccount.values) {
            for session in account.sessions where session !== asking {
                if let device = session.identity?.device, devices.contains(device) { expel(session, failure) }
            }
        }
        dropAppends(because: failure, where: { devices.contains($0.device) }, completion: completion)
    }

    /// An account's record has changed: what others are told of it, and what it may do.
    package func accountChanged(_ account: AccountRecord) {
        for session in byAccount[account.id]?.sessions ?? [] { session.identity?.account = account }
    }

    // MARK: Time-outs

    /// Looks after all connections, again and again.
    package func startSweeping() {
        _ = schedule(in: settings.sweepInterval) {
            self.sweep()
            if !self.isDraining { self.startSweeping() }
        }
    }

    package func sweep() {
        let now = clock.now()
        rates.forgetRested()
        for session in Array(sessions.values) where !session.isClosing {
            guard let failure = timeOut(of: session, now) else { continue }
            log.debug("connection timed out", metadata: ["reason": "\(failure.sentence)"])
            expel(session, failure)
        }
    }

    private func timeOut(of session: Session, _ now: NIODeadline) -> Failure? {
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

    // MARK: The end

    /// Ends the service: no new requests, what was taken is written and answered, then every connection is told and
    /// closed. `completion` is called when the last one has gone, or the time for it is up.
    package func drain(completion: @escaping () -> Void) {
        isDraining = true
        for session in sessions.values { session.pause(.drain) }
        whenIdle.append { self.closeAll(completion) }
        cursorTimer?.cancel()
        cursorTimer = nil
        later { self.beginBatch() }
    }

    private func closeAll(_ completion: @escaping () -> Void) {
        var isDone = false
        let done = {
            guard !isDone else { return }
            isDone = true
            // What the end of the connections has left: when they were last seen.
            self.whenIdle.append(completion)
            self.beginBatch()
        }
        for session in Array(sessions.values) { expel(session, Failure(.shuttingDown)) }
        guard !sessions.isEmpty else { return done() }
        whenEmpty.append(done)
        _ = schedule(in: settings.drainTimeout) {
            for session in self.sessions.values { session.link.close(flushing: false) }
            done()
        }
    }
}
