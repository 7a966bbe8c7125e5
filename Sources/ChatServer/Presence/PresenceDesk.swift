import ChatProtocol
import NIOCore

/// Tells who is online, and to those who ask for it what changes. Confined to the hub's event loop.
final class PresenceDesk {
    private let context: HubContext
    private let connections: ConnectionRegistry
    private let deliverer: Deliverer
    private var board = PresenceBoard()
    /// Subscribers that wait for the list.
    private var newcomers: [Session] = []
    private var isScheduled = false

    init(context: HubContext, connections: ConnectionRegistry, deliverer: Deliverer) {
        self.context = context
        self.connections = connections
        self.deliverer = deliverer
    }

    var onlineCount: Int { board.onlineCount }
    /// In the order of their names.
    var online: [AccountRecord] { board.online }
    func isOnline(_ account: AccountID) -> Bool { board.isOnline(account) }

    /// A connection has subscribed. One that wants to know who is online is sent nothing before the list.
    ///
    /// - Returns: whether it waits for the list.
    func arrived(_ session: Session, as account: AccountRecord) -> Bool {
        if session.isVisible {
            board.arrived(account)
            schedule()
        }
        guard session.subscription?.contains(.presence) == true else { return false }
        newcomers.append(session)
        schedule()
        return true
    }

    /// A connection of the account ended, subscribed or not.
    ///
    /// - Returns: whether the account went offline with it.
    func left(_ session: Session, of account: AccountID) -> Bool {
        newcomers.removeAll { $0 === session }
        guard session.isVisible else { return false }
        defer { schedule() }
        return board.left(account)
    }

    /// Announces what has changed: at once after a quiet time, else with the next tick.
    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        let now = context.clock.now()
        let due = board.nextAnnouncement(now: now)
        if due <= now {
            context.later { self.announce() }
        } else {
            context.schedule(in: due - now) { self.announce() }
        }
    }

    private func announce() {
        isScheduled = false
        let news = frames(of: board.announce(now: context.clock.now()))
        if news.readableBytes > 0 {
            for session in connections.subscribers where session.hasPresenceList { session.tell(news) }
        }
        guard !newcomers.isEmpty else { return }
        let waiting = newcomers
        newcomers = []
        let list = list()
        for session in waiting {
            session.hasPresenceList = true
            if !session.isClosing { session.write(own: list) }
            deliverer.catchUp(session)
        }
    }

    private func frames(of announcement: PresenceBoard.Announcement) -> ByteBuffer {
        var frames = ByteBuffer()
        for (change, accounts) in [(Presence.Change.online, announcement.online), (.offline, announcement.offline)] {
            for page in pages(of: accounts) {
                FrameEncoder.write(Presence(change: change, accounts: page), into: &frames)
            }
        }
        return frames
    }

    private func list() -> ByteBuffer {
        var frames = ByteBuffer()
        let pages = pages(of: board.online)
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
}
