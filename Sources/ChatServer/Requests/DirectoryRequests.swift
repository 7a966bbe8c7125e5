import ChatProtocol
import GroupRules
import WireCodec

/// Who and what there is. Confined to the hub's event loop.
final class DirectoryRequests {
    private let context: HubContext
    private let writer: BatchWriter
    private let presence: PresenceDesk
    private let quota: StoreQuotaDesk
    private let rates: RateDesk

    init(
        context: HubContext, writer: BatchWriter, presence: PresenceDesk, quota: StoreQuotaDesk, rates: RateDesk
    ) {
        self.context = context
        self.writer = writer
        self.presence = presence
        self.quota = quota
        self.rates = rates
    }

    func handle(_ frame: RawFrame, _ session: Session) throws(WireError) {
        let correlation = frame.correlation
        switch frame.frameKind {
        case .openConversation: open(try frame.decode(), session, correlation)
        case .lookUpAccounts: lookUp(try frame.decode(LookUpAccounts.self), session, correlation)
        case .lookUpConversations: lookUp(try frame.decode(LookUpConversations.self), session, correlation)
        case .listAccounts: list(try frame.decode(), session, correlation)
        case .changeBlocks: change(try frame.decode(), session, correlation)
        default: session.send(Failure(.unexpectedFrame), correlation: correlation)
        }
    }

    private func open(_ request: OpenConversation, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin()?.account else { return }
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.direct(me.id, with: request.with)
        } then: { result in
            switch result {
            case .success(.found(let record)): session.finish(correlation, .success(Conversations([record])))
            case .success(.missing(let other)): self.makeDirect(me, other, session, correlation)
            case .success(.noSuchUser): session.refuse(correlation, Failure(.noSuchUser))
            case .failure(let error): session.refuse(correlation, self.context.failure(error))
            }
        }
    }

    private func makeDirect(
        _ me: AccountRecord, _ other: AccountRecord, _ session: Session, _ correlation: UInt32
    ) {
        guard quota.hasRoom(for: StoreQuota.rowsBytes) else {
            return session.refuse(correlation, Failure(.storeFull))
        }
        if let refusal = rates.charge(.newConversation, me.id, on: session) {
            return session.refuse(correlation, refusal)
        }
        let id = ConversationID.direct(me.id, other.id, on: context.server)
        writer.add(
            .openDirect(me.id, other.id, as: id),
            .call { result in
                let reply: Result<Conversations, Failure> = result.flatMap { outcome in
                    if case .refused(let failure) = outcome { return .failure(failure) }
                    guard case .opened(let info, let head, let epoch) = outcome else {
                        return .failure(Failure(.internalError))
                    }
                    let members = me.id == other.id ? [me] : [me, other].sorted { $0.id < $1.id }
                    return .success(
                        Conversations([
                            ConversationRecord(id: info.id, type: .direct, members: members, head: head, epoch: epoch)
                        ]))
                }
                session.finish(correlation, reply)
            })
    }

    private func lookUp(_ request: LookUpAccounts, _ session: Session, _ correlation: UInt32) {
        guard session.begin(weight: RequestWeight.page) != nil else { return }
        read(session, correlation, weight: RequestWeight.page) { store throws(StoreFailure) in
            try await store.profiles(request.ids)
        } reply: { rows in
            .success(Accounts(accounts: rows.map(\.record)))
        }
    }

    private func lookUp(_ request: LookUpConversations, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin(weight: RequestWeight.page)?.account.id else { return }
        read(session, correlation, weight: RequestWeight.page) { store throws(StoreFailure) in
            try await store.conversations(request.ids, of: me)
        } reply: { records in
            .success(Conversations(conversations: records))
        }
    }

    private func list(_ request: ListAccounts, _ session: Session, _ correlation: UInt32) {
        guard session.begin(weight: RequestWeight.page) != nil else { return }
        let online = request.onlineOnly ? onlineIDs(after: request.after) : nil
        read(session, correlation, weight: RequestWeight.page) { store throws(StoreFailure) in
            if let online { return try await store.profiles(online.ids) }
            return try await store.profiles(after: request.after, limit: Limits.page + 1)
        } reply: { rows in
            let page = rows.prefix(Limits.page).map { row in
                AccountStatus(
                    account: row.record, online: self.presence.isOnline(row.record.id), lastSeen: row.lastSeen)
            }
            return .success(AccountPage(accounts: page, more: online?.more ?? (rows.count > Limits.page)))
        }
    }

    private func change(_ request: ChangeBlocks, _ session: Session, _ correlation: UInt32) {
        guard let me = session.begin(weight: RequestWeight.page)?.account.id else { return }
        read(session, correlation, weight: RequestWeight.page) { store throws(StoreFailure) in
            try await StoreFailure.settling { () throws(StoreFailure) in
                try await store.changeBlocks(request, of: me)
            }
        } reply: { records in
            .success(Accounts(accounts: records))
        }
    }

    /// Reads from the store for a request, and ends the request with what `reply` makes of it.
    private func read<Value: Sendable>(
        _ session: Session, _ correlation: UInt32, weight: Int,
        _ work: @escaping @Sendable (any Store) async throws(StoreFailure) -> Value,
        reply: @escaping (Value) -> Result<some FrameBody, Failure>
    ) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await work(store)
        } then: { result in
            switch result {
            case .success(let value): session.finish(correlation, reply(value), weight: weight)
            case .failure(let error): session.refuse(correlation, self.context.failure(error), weight: weight)
            }
        }
    }

    private func onlineIDs(after name: UserName?) -> (ids: [AccountID], more: Bool) {
        let rest = presence.online.filter { account in name.map { account.name > $0 } ?? true }
        return (rest.prefix(Limits.page).map(\.id), rest.count > Limits.page)
    }
}

extension Conversations {
    init(_ conversations: [ConversationRecord]) { self.init(conversations: conversations) }
}
