import ChatProtocol

extension Hub {
    func openConversation(_ request: OpenConversation, _ session: Session, _ correlation: UInt32) {
        guard let me = begin(session)?.account else { return }
        bridge.perform { [store] () throws(StoreFailure) in
            try await store.direct(me.id, with: request.with)
        } then: { result in
            switch result {
            case .success(.found(let record)): self.finish(session, correlation, .success(Conversations([record])))
            case .success(.missing(let other)): self.makeDirect(me, other, session, correlation)
            case .success(.noSuchUser):
                self.finish(session, correlation, Result<Done, _>.failure(Failure(.noSuchUser)))
            case .failure(let error):
                self.finish(session, correlation, Result<Done, _>.failure(self.failure(error)))
            }
        }
    }

    private func makeDirect(
        _ me: AccountRecord, _ other: AccountRecord, _ session: Session, _ correlation: UInt32
    ) {
        guard quota.hasRoom(for: StoreQuota.rowsBytes) else {
            return finish(session, correlation, Result<Done, _>.failure(Failure(.storeFull)))
        }
        if let refusal = rates.charge(.newConversation, me.id, on: session) {
            return finish(session, correlation, Result<Done, _>.failure(refusal))
        }
        let id = ConversationID.direct(me.id, other.id, on: identity.server)
        enqueue(.openDirect(me.id, other.id, as: id)) { result in
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
            self.finish(session, correlation, reply)
        }
    }

    func lookUp(_ request: LookUpAccounts, _ session: Session, _ correlation: UInt32) {
        guard begin(session, weight: RequestWeight.page) != nil else { return }
        read(session, correlation, weight: RequestWeight.page) { store throws(StoreFailure) in
            try await store.profiles(request.ids)
        } reply: { rows in
            .success(Accounts(accounts: rows.map(\.record)))
        }
    }

    func lookUp(_ request: LookUpConversations, _ session: Session, _ correlation: UInt32) {
        guard let me = begin(session, weight: RequestWeight.page)?.account.id else { return }
        read(session, correlation, weight: RequestWeight.page) { store throws(StoreFailure) in
            try await store.conversations(request.ids, of: me)
        } reply: { records in
            .success(Conversations(conversations: records))
        }
    }

    func listAccounts(_ request: ListAccounts, _ session: Session, _ correlation: UInt32) {
        guard begin(session, weight: RequestWeight.page) != nil else { return }
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

    private func onlineIDs(after name: UserName?) -> (ids: [AccountID], more: Bool) {
        let rest = presence.online.filter { account in name.map { account.name > $0 } ?? true }
        return (rest.prefix(Limits.page).map(\.id), rest.count > Limits.page)
    }
}

extension Conversations {
    init(_ conversations: [ConversationRecord]) { self.init(conversations: conversations) }
}
