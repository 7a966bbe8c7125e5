import ChatProtocol
import WireCodec

/// Subscriptions, acknowledgements, and how far somebody has read. Confined to the hub's event loop.
final class DeliveryRequests {
    private let connections: ConnectionRegistry
    private let marks: MarkWriter
    private let deliverer: Deliverer
    private let presence: PresenceDesk
    private let receipts: ReceiptDesk
    private let writer: BatchWriter
    private let asker: CommitAsker
    private let welcomes: WelcomeDesk

    init(
        connections: ConnectionRegistry, marks: MarkWriter, deliverer: Deliverer, presence: PresenceDesk,
        receipts: ReceiptDesk, writer: BatchWriter, asker: CommitAsker, welcomes: WelcomeDesk
    ) {
        self.connections = connections
        self.marks = marks
        self.deliverer = deliverer
        self.presence = presence
        self.receipts = receipts
        self.writer = writer
        self.asker = asker
        self.welcomes = welcomes
    }

    func handle(_ frame: RawFrame, _ session: Session) throws(WireError) {
        switch frame.frameKind {
        case .acknowledge: acknowledge(try frame.decode(), session)
        case .subscribe: subscribe(try frame.decode(), session, frame.correlation)
        case .markRead: markRead(try frame.decode(), session)
        case .queryReceipts: queryReceipts(try frame.decode(), session, frame.correlation)
        default: session.send(Failure(.unexpectedFrame), correlation: frame.correlation)
        }
    }

    private func subscribe(_ request: Subscribe, _ session: Session, _ correlation: UInt32) {
        guard session.subscription == nil else {
            return session.send(Failure(.alreadySubscribed), correlation: correlation)
        }
        guard let identity = session.identity else { return }
        session.subscription = request.options
        session.catchUp.begin()
        connections.subscribe(session)
        session.send(Done(), correlation: correlation)
        if !presence.arrived(session, as: identity.account) { deliverer.catchUp(session) }
        asker.came(identity.device)
        welcomes.came(session, identity.device) {
            session.catchUp.welcomesTold()
            self.deliverer.goOn(session)
        }
    }

    /// The end of a subscription, with its connection.
    func unsubscribe(_ session: Session) {
        guard let identity = session.identity else { return }
        if session.subscription != nil { connections.unsubscribe(session) }
        let wentOffline = presence.left(session, of: identity.account.id)
        session.subscription = nil
        marks.add(SeenMark(account: identity.account.id, device: identity.device, online: wentOffline))
    }

    private func acknowledge(_ request: Acknowledge, _ session: Session) {
        guard let identity = session.identity else { return }
        let now = session.lastFrame
        for item in request.items {
            let stored = item.disposition == .stored
            switch session.window.acknowledge(item.conversation, seq: item.seq, stored: stored, now: now) {
            case .beyond: return session.expel(Failure(.acknowledgedTooMuch))
            case .stale: continue
            case .moved(let conversation, let delivered):
                marks.add(
                    CursorMove(
                        device: identity.device, account: identity.account.id, conversation: item.conversation,
                        acked: item.seq, delivered: delivered))
                if stored { receipts.delivered(conversation, identity.account.id, through: delivered) }
            }
        }
        marks.writeSoon()
        if session.subscription != nil, !session.catchUp.isLive { deliverer.catchUp(session) }
    }

    private func markRead(_ request: MarkRead, _ session: Session) {
        guard let identity = session.identity else { return }
        marks.add(ReadMark(account: identity.account.id, conversation: request.conversation, seq: request.seq))
        marks.writeSoon()
        receipts.read(request.conversation, by: identity.account.id)
        writer.pauseIfFull(session, in: request.conversation)
    }

    private func queryReceipts(_ request: QueryReceipts, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin()?.account.id else { return }
        receipts.load(request.conversation, for: me) { result in
            if request.watch, case .success = result { self.receipts.watch(session, request.conversation) }
            session.finish(
                correlation, result.map { Receipts(conversation: request.conversation, states: $0) })
        }
    }
}
