import ChatProtocol
import NIOCore

/// Gives connections the entries that they are to have: what is new at once, what they missed a page at a time.
/// Confined to the hub's event loop.
final class Deliverer {
    private let context: HubContext
    private let connections: ConnectionRegistry
    private let marks: MarkWriter
    private var recent = RecentRuns()

    init(context: HubContext, connections: ConnectionRegistry, marks: MarkWriter) {
        self.context = context
        self.connections = connections
        self.marks = marks
    }

    /// Bytes of frames that are kept in memory.
    var recentBytes: Int { recent.bytes }

    /// Entries have ended: of each of these conversations the numbers below the given one.
    func forget(before firsts: [ConversationID: SequenceNumber]) { recent.forget(before: firsts) }

    /// Entries were erased: whoever missed them is brought what is in the store.
    func forgetRecent() { recent.forgetAll() }

    // MARK: What is new

    /// Gives entries that have just been stored to everybody who is to have them.
    func deliver(_ run: EntryRun) {
        recent.add(run)
        let now = context.clock.now()
        switch run.readers {
        case .everyone:
            for session in connections.subscribers { deliver(run, to: session, now) }
        case .accounts(let accounts):
            for account in accounts {
                for session in connections.sessions(of: account) where session.subscription != nil {
                    deliver(run, to: session, now)
                }
            }
        case .devices(let readers):
            for reader in readers {
                for session in connections.sessions(of: reader) where session.subscription != nil {
                    deliver(run, to: session, now)
                }
            }
        }
    }

    private func deliver(_ run: EntryRun, to session: Session, _ now: NIODeadline) {
        if session.catchUp.isLive {
            let offer = session.window.offer(
                run.conversation, first: run.first, last: run.last, count: run.count, bytes: run.bytes, now: now)
            switch offer {
            case .send:
                context.counts.delivered(run.count, bytes: run.bytes)
                return session.link.write(run.frames)
            case .skip: return
            case .fallBehind: break
            }
        }
        let hasBegun = session.window.position(of: run.conversation.id) != nil
        let begin = session.catchUp.missed(run.conversation, first: run.first, hasBegun: hasBegun)
        if let begin { session.window.begin(begin.conversation, at: begin.position) }
        if !session.catchUp.isLive { catchUp(session) }
    }

    // MARK: Who comes and goes

    /// The device reads what follows this entry; nil: it goes on where it is.
    func began(_ conversation: ConversationInfo, behind seq: SequenceNumber?, for reader: DeviceReader) {
        for session in connections.sessions(of: reader) {
            session.lastEntries[conversation.id] = nil
            if let seq { session.window.goOn(conversation, behind: seq) }
        }
    }

    /// The device reads nothing that follows this entry.
    func ended(_ conversation: ConversationID, after seq: SequenceNumber, for reader: DeviceReader) {
        for session in connections.sessions(of: reader) { session.lastEntries[conversation] = seq }
    }

    /// None of the account's devices does; what has ended before stays where it ended.
    func ended(_ conversation: ConversationID, after seq: SequenceNumber, forAllOf account: AccountID) {
        for session in connections.sessions(of: account) where session.lastEntries[conversation] == nil {
            session.lastEntries[conversation] = seq
        }
    }

    // MARK: What was missed

    /// There is room for more.
    func goOn(_ session: Session) {
        if session.subscription != nil { catchUp(session) }
    }

    /// Goes on with what the connection has to be sent from the logs, as far as it can take it.
    func catchUp(_ session: Session) {
        while !session.isClosing {
            let canSend =
                session.window.hasRoomForPage && session.link.isWritable && session.account?.hasRoom == true
            switch session.catchUp.next(canSend: canSend) {
            case nil: return
            case .readInbox(let after): return readInbox(session, after: after)
            case .readPage(let conversation):
                guard sendRecent(conversation, to: session) else { return readPage(session, conversation) }
            case .live(let first):
                if first { session.send(Live(time: context.clock.wall())) }
                return
            }
        }
    }

    private func readInbox(_ session: Session, after: ConversationID?) {
        guard let identity = session.identity else { return }
        let (device, account) = (identity.device, identity.account.id)
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.inbox(of: device, account: account, after: after, limit: CatchUp.inboxPage)
        } then: { result in
            guard !session.isClosing else { return }
            switch result {
            case .success(let rows): self.takeInbox(rows, session, identity)
            case .failure(let error): session.expel(self.context.failure(error))
            }
        }
    }

    private func takeInbox(_ rows: [InboxRow], _ session: Session, _ identity: LoggedIn) {
        var begins: [CatchUp.Begin] = []
        for row in rows {
            let pending = marks.pending(identity.device, row.conversation.id)
            let position = max(row.acked, pending?.acked ?? 0)
            if row.start > 0, !row.toldStart, pending?.toldStart != true {
                tellStart(row, session, identity)
                // The device may acknowledge what it was told, also where no entry follows.
                session.window.begin(row.conversation, at: position)
            }
            if row.isEnded { session.lastEntries[row.conversation.id] = row.head }
            if row.head > position { begins.append(.init(conversation: row.conversation, position: position)) }
        }
        let isLast = rows.count < CatchUp.inboxPage
        let begun = session.catchUp.inboxRead(begins, nextAfter: isLast ? nil : rows.last?.conversation.id)
        for begin in begun { session.window.begin(begin.conversation, at: begin.position) }
        catchUp(session)
    }

    /// Says once where the device begins in a conversation that is older than it.
    private func tellStart(_ row: InboxRow, _ session: Session, _ identity: LoggedIn) {
        for numbers in row.before {
            session.send(
                Gap(
                    conversation: row.conversation.id, reason: .beforeJoin, first: numbers.lowerBound,
                    last: numbers.upperBound))
        }
        marks.add(
            CursorMove(
                device: identity.device, account: identity.account.id, conversation: row.conversation.id,
                toldStart: true))
        marks.writeSoon()
    }

    /// Sends the next entries from memory; false where they are not there.
    private func sendRecent(_ conversation: ConversationInfo, to session: Session) -> Bool {
        guard session.lastEntries[conversation.id] == nil, let position = session.window.position(of: conversation.id),
            let (run, isNewest) = recent.run(of: conversation.id, after: position)
        else { return false }
        session.link.write(run.frames)
        context.counts.delivered(run.count, bytes: run.bytes)
        session.window.sendPage(
            of: conversation, through: run.last, count: run.count, bytes: run.bytes, now: context.clock.now())
        session.catchUp.pageSent(wasLast: isNewest)
        return true
    }

    private func readPage(_ session: Session, _ conversation: ConversationInfo) {
        guard let position = session.window.position(of: conversation.id) else { return }
        let entries = min(CatchUp.pageEntries, session.window.entryRoom)
        let bytes = min(CatchUp.pageBytes, session.window.byteRoom)
        let (id, last) = (conversation.id, session.lastEntries[conversation.id])
        session.account?.hold(bytes)
        context.bridge.compute { [store = context.store] () throws(StoreFailure) in
            let page = try await store.page(of: id, after: position, entries: entries, bytes: bytes)
            return EncodedPage(last.map { page.ending(at: $0) } ?? page, of: id)
        } then: { result in
            defer { session.account?.release(bytes) }
            guard !session.isClosing else { return }
            switch result {
            case .success(let page): self.sendPage(page, session, conversation)
            case .failure(let error): session.expel(self.context.failure(error))
            }
        }
    }

    private func sendPage(_ page: EncodedPage, _ session: Session, _ conversation: ConversationInfo) {
        context.counts.delivered(page.count, bytes: page.frames.readableBytes)
        session.write(own: page.frames)
        session.window.sendPage(
            of: conversation, through: page.through, count: page.count, bytes: page.frames.readableBytes,
            now: context.clock.now())
        session.catchUp.pageSent(wasLast: page.isLast)
        catchUp(session)
    }
}
