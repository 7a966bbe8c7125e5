import ChatProtocol
import NIOCore

extension Hub {
    /// Announces what has changed: at once after a quiet time, else with the next tick.
    func schedulePresence() {
        guard !isPresenceScheduled else { return }
        isPresenceScheduled = true
        let now = clock.now()
        let due = presence.nextAnnouncement(now: now)
        if due <= now {
            later { self.announcePresence() }
        } else {
            _ = schedule(in: due - now) { self.announcePresence() }
        }
    }

    private func announcePresence() {
        isPresenceScheduled = false
        let announcement = presence.announce(now: clock.now())
        let news = presenceFrames(announcement)
        if news.readableBytes > 0 {
            for session in subscribers where session.hasPresenceList { tell(session, news) }
        }
        let newcomers = presenceNewcomers
        guard !newcomers.isEmpty else { return }
        presenceNewcomers = []
        let list = presenceList()
        for session in newcomers {
            session.hasPresenceList = true
            if !session.isClosing { session.write(own: list) }
            catchUp(session)
        }
    }

    private func presenceFrames(_ announcement: PresenceBoard.Announcement) -> ByteBuffer {
        var frames = ByteBuffer()
        for (change, accounts) in [(Presence.Change.online, announcement.online), (.offline, announcement.offline)] {
            for page in pages(of: accounts) {
                FrameEncoder.write(Presence(change: change, accounts: page), into: &frames)
            }
        }
        return frames
    }

    private func presenceList() -> ByteBuffer {
        var frames = ByteBuffer()
        let pages = pages(of: presence.online)
        for (index, page) in pages.enumerated() {
            FrameEncoder.write(Presence(change: .full, more: index + 1 < pages.count, accounts: page), into: &frames)
        }
        if pages.isEmpty { FrameEncoder.write(Presence(change: .full, accounts: []), into: &frames) }
        return frames
    }

    private func pages(of accounts: [AccountRecord]) -> [[AccountRecord]] {
        stride(from: 0, to: accounts.count, by: Limits.page).map {
            Array(accounts[$0..<min($0 + Limits.page, accounts.count)])
        }
    }

    /// Sends events; a peer that has not read for very long is let go.
    func tell(_ session: Session, _ frames: ByteBuffer) {
        guard !session.isClosing else { return }
        guard session.link.pendingBytes < settings.pendingBytes else {
            log.info("a connection does not read; it is closed")
            return expel(session, Failure(.timedOut, sentence: "too much waits to be read by this client"))
        }
        session.link.write(frames)
    }
}
