import ChatProtocol
import WireCodec

/// What devices do with their accounts' chains. Confined to the hub's event loop.
final class ChainRequests {
    /// Links of a page: with as many renewals, and the newest ones of the account's devices, a reply has half of what a frame may.
    private static let page = 128

    private let context: HubContext
    private let accounts: any AccountService
    private let quota: StoreQuotaDesk
    private let news: ChainNewsDesk

    init(context: HubContext, accounts: any AccountService, quota: StoreQuotaDesk, news: ChainNewsDesk) {
        self.context = context
        self.accounts = accounts
        self.quota = quota
        self.news = news
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
        } then: { _, outcome, reply in
            self.news.tell(outcome, askedBy: session) { reply(ChainState(head: outcome.head), $0) }
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
            self.news.tell(waiting, DeviceReader(account: me.account.id, device: me.device))
            reply(Done(), nil)
        }
    }
}
