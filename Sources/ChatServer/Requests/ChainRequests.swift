import ChatProtocol
import WireCodec

/// What devices do with their accounts' chains. Confined to the hub's event loop.
final class ChainRequests {
    /// Links of a page: with as many renewals, and the newest ones of the account's devices, a reply has half of what a frame may.
    private static let page = 128

    private let context: HubContext
    private let accounts: any AccountService
    private let connections: ConnectionRegistry
    private let quota: StoreQuotaDesk
    private let expulsion: Expulsion

    init(
        context: HubContext, accounts: any AccountService, connections: ConnectionRegistry, quota: StoreQuotaDesk,
        expulsion: Expulsion
    ) {
        self.context = context
        self.accounts = accounts
        self.connections = connections
        self.quota = quota
        self.expulsion = expulsion
    }

    func handle(_ frame: RawFrame, _ session: Session) throws(WireError) {
        switch frame.frameKind {
        case .publishLink: publish(try frame.decode(), session, frame.correlation)
        case .readChain: read(try frame.decode(), session, frame.correlation)
        case .leaveGrant: leaveGrant(try frame.decode(), session, frame.correlation)
        default: session.send(Failure(.unexpectedFrame), correlation: frame.correlation)
        }
    }

    // MARK: Links

    /// Also where the store is full: a stolen device has to be cut off in any case, and the reserve holds some thousand links.
    private func publish(_ request: PublishLink, _ session: Session, _ correlation: UInt32) {
        let origin = session.origin
        context.ask(accounts, session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.publishLink(request, by: me, from: origin)
        } then: { me, outcome, reply in
            self.follow(outcome, of: me, session) { reply(ChainState(head: outcome.head)) }
        }
    }

    /// Has connections follow a link: those of devices that may nothing more are ended before anybody is told of it.
    private func follow(
        _ outcome: ChainOutcome, of me: LoggedIn, _ session: Session, reply: @escaping () -> Void
    ) {
        let account = outcome.account
        for other in connections.sessions(of: account) {
            guard let identity = other.identity, !identity.isLooking, outcome.activated.contains(identity.device) else {
                continue
            }
            other.identity?.state = .active
        }
        expulsion.close(outcome.pending, of: account, because: Failure(.devicePending)) {
            self.expulsion.close(outcome.revoked, of: account, except: session) {
                let event = KeysChanged(account: account, head: outcome.head)
                self.tell(event, account) { $0 !== session }
                reply()
                self.tellPartners(event)
                if account == me.account.id, outcome.revoked.contains(me.device) {
                    session.expel(Failure(.deviceRevoked))
                }
            }
        }
    }

    private func read(_ request: ReadChain, _ session: Session, _ correlation: UInt32) {
        guard session.begin(weight: RequestWeight.page) != nil else { return }
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.chain(of: request.account, from: request.from, limit: Self.page)
        } then: { result in
            let reply: Result<ChainPage, Failure> = result.mapError { self.context.failure($0) }.flatMap { kept in
                guard let kept else { return .failure(Failure(.noSuchUser)) }
                return .success(
                    ChainPage(
                        account: request.account, head: kept.head, from: kept.from, links: kept.links,
                        renewals: kept.renewals))
            }
            session.finish(correlation, reply, weight: RequestWeight.page)
        }
    }

    // MARK: Pending devices

    private func leaveGrant(_ request: LeaveGrant, _ session: Session, _ correlation: UInt32) {
        guard quota.hasRoom(for: request.grant.count) else {
            return session.send(Failure(.storeFull), correlation: correlation)
        }
        context.ask(accounts, session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.leaveGrant(request, of: me)
        } then: { me, waiting, reply in
            let event = DeviceWaiting(device: me.device, name: waiting.name, time: waiting.since)
            self.tell(event, me.account.id) { $0.identity?.state == .active }
            reply(Done())
        }
    }

    // MARK: Events

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
