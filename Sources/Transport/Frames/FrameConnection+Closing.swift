import NIOCore

extension FrameConnection {
    /// Starts the end: what waits is sent first, nothing is received any more.
    func drain(because reason: CloseReason) {
        guard state == .open else { return }
        state = .draining
        self.reason = self.reason ?? reason
        inbound = ByteBuffer()
        heldPlaintext = []
        deadline = loop.schedule(in: limits.closeTimeout) { self.end(because: reason) }
        markDirty()
        // The peer's goodbye has to be seen even where reading was paused.
        loop.later { self.readIfWanted() }
    }

    /// All is sent: says goodbye and waits for the peer's. Closing right away could reset the connection and take from
    /// the peer what it has not read yet.
    func sayGoodbye() {
        if !hasSaidGoodbye {
            hasSaidGoodbye = true
            engine.shutdown()
            sendOutput()
        }
        guard bytesInChannel == 0, !hasHalfClosed, state == .draining else { return }
        hasHalfClosed = true
        channel?.closeOutput()
    }

    /// Ends the connection at once, with as much of a goodbye as the socket takes.
    func end(because reason: CloseReason) {
        guard state != .closed else { return }
        self.reason = self.reason ?? reason
        if bytesInChannel == 0 && !hasSaidGoodbye {
            hasSaidGoodbye = true
            engine.shutdown()
            sendOutput()
        } else {
            loop.scratch.discardOutput()
        }
        // Sending may have failed and closed the channel already.
        guard state != .closed else { return }
        if let channel { channel.close() } else { finish() }
    }

    /// The socket is gone.
    func finish() {
        guard state != .closed else { return }
        reason = reason ?? .truncated
        state = .closed
        for timer in [deadline, frameTimer, stallTimer] { timer?.cancel() }
        (deadline, frameTimer, stallTimer) = (nil, nil, nil)
        inbound = ByteBuffer()
        heldPlaintext = []
        backlog.removeAll()
        if delegate != nil { reportClosed() }
    }

    /// Tells the delegate, once, and lets it go. Not from within the call that closed: who closes many connections in
    /// a loop must not find them vanish under its hands.
    func reportClosed() {
        loop.later {
            guard let delegate = self.delegate, let reason = self.reason else { return }
            self.delegate = nil
            delegate.connectionDidClose(self, reason: reason)
        }
    }
}
