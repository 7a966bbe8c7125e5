import ChatProtocol

/// Has connections follow what was committed of accounts' chains, by this server or another one that shares the store.
/// Confined to the hub's event loop.
final class ChainNewsDesk {
    private let context: HubContext
    private let connections: ConnectionRegistry
    private let expulsion: Expulsion

    init(context: HubContext, connections: ConnectionRegistry, expulsion: Expulsion) {
        self.context = context
        self.connections = connections
        self.expulsion = expulsion
    }

    /// A link was published: connections of devices that may nothing more are ended before anybody is told of it.
    ///
    /// - Parameters:
    ///   - session: the connection that has brought it, which is answered by `reply`, and ends last.
    ///   - reply: is told why a group may still take messages to devices that are gone.
    func tell(_ outcome: ChainOutcome, askedBy session: Session? = nil, reply: @escaping (Failure?) -> Void = { _ in })
    {
        let account = outcome.account
        for other in connections.sessions(of: account) {
            guard let identity = other.identity, !identity.isLooking, outcome.activated.contains(identity.device) else {
                continue
            }
            other.identity?.state = .active
        }
        expulsion.close(outcome.pending, of: account, because: Failure(.devicePending)) { failure in
            self.expulsion.close(outcome.revoked, of: account, except: session) {
                let failure = failure ?? $0
                let event = KeysChanged(account: account, head: outcome.head)
                self.tell(event, account) { $0 !== session }
                reply(failure)
                self.tellPartners(event)
                guard let session, let me = session.identity, me.account.id == account else { return }
                if outcome.revoked.contains(me.device) { session.expel(Failure(.deviceRevoked)) }
            }
        }
    }

    /// A device of the account has left its grant.
    func tell(_ waiting: WaitingDevice, _ reader: DeviceReader) {
        let event = DeviceWaiting(device: reader.device, name: waiting.name, time: waiting.since)
        tell(event, reader.account) { $0.identity?.state == .active }
    }

    private func tell(_ event: some FrameBody, _ account: AccountID, where isMeant: (Session) -> Bool) {
        let frames = FrameEncoder.buffer(event, correlation: 0)
        for session in connections.sessions(of: account) where isMeant(session) { session.tell(frames) }
    }

    /// Those who speak with the account directly hear of it while they are connected for long: until they all share a group, whose log
    /// says it, nothing else would tell them. A chain is short, so that this is seldom.
    private func tellPartners(_ event: KeysChanged, after last: ConversationID? = nil) {
        let account = event.account
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.memberships(of: account, after: last, limit: Limits.page)
        } then: { result in
            guard case .success(let page) = result, let next = page.last?.conversation.id else { return }
            let partners = page.compactMap { $0.conversation.partner(of: account) }
            let frames = FrameEncoder.buffer(event, correlation: 0)
            for session in partners.flatMap(self.connections.subscribers(of:)) { session.tell(frames) }
            if page.count == Limits.page { self.tellPartners(event, after: next) }
        }
    }
}
