import ChatProtocol

extension Hub {
    func subscribe(_ request: Subscribe, _ session: Session, _ correlation: UInt32) {
        guard session.subscription == nil else {
            return session.send(Failure(.alreadySubscribed), correlation: correlation)
        }
        guard let identity = session.identity else { return }
        session.subscription = request.options
        session.subscriberIndex = subscribers.count
        subscribers.append(session)
        session.send(Done(), correlation: correlation)
        if session.isVisible {
            presence.arrived(identity.account)
            schedulePresence()
        }
        if request.options.contains(.presence) {
            // The list comes before anything else, with the next announcement.
            presenceNewcomers.append(session)
            schedulePresence()
        } else {
            catchUp(session)
        }
    }

    /// The end of a subscription, with its connection.
    func unsubscribe(_ session: Session) {
        guard let identity = session.identity else { return }
        if session.subscription != nil {
            let last = subscribers.removeLast()
            if last !== session {
                subscribers[session.subscriberIndex] = last
                last.subscriberIndex = session.subscriberIndex
            }
        }
        presenceNewcomers.removeAll { $0 === session }
        var wentOffline = false
        if session.isVisible {
            wentOffline = presence.left(identity.account.id)
            schedulePresence()
        }
        session.subscription = nil
        seen.append(SeenMark(account: identity.account.id, device: identity.device, online: wentOffline))
        scheduleSideWork()
    }

    func acknowledge(_ request: Acknowledge, _ session: Session) {
        guard let identity = session.identity else { return }
        let now = session.lastFrame
        for item in request.items {
            let stored = item.disposition == .stored
            switch session.window.acknowledge(item.conversation, seq: item.seq, stored: stored, now: now) {
            case .beyond: return expel(session, Failure(.acknowledgedTooMuch))
            case .stale: continue
            case .moved(let conversation, let delivered):
                cursors.add(
                    CursorMove(
                        device: identity.device, account: identity.account.id, conversation: item.conversation,
                        acked: item.seq, delivered: delivered))
                if stored { publishDelivered(conversation, identity.account.id, through: delivered) }
            }
        }
        scheduleSideWork()
        if session.subscription != nil, !session.catchUp.isLive { catchUp(session) }
    }

    func markRead(_ request: MarkRead, _ session: Session) {
        guard let identity = session.identity else { return }
        cursors.add(ReadMark(account: identity.account.id, conversation: request.conversation, seq: request.seq))
        scheduleSideWork()
        publishRead(request.conversation, by: identity.account.id)
        waitForBatch(session)
    }

    func queryReceipts(_ request: QueryReceipts, _ session: Session, _ correlation: UInt32) {
        guard let me = begin(session)?.account.id else { return }
        loadReceipts(request.conversation, for: me) { result in
            if request.watch, case .success = result { self.watch(session, request.conversation) }
            self.finish(
                session, correlation, result.map { Receipts(conversation: request.conversation, states: $0) })
        }
    }
}
