import ChatProtocol
import Transport

extension Hub {
    func openConversation(_ request: OpenConversation, _ session: Session, _ correlation: UInt32) {
        guard let me = begin(session)?.account else { return }
        store.reader.perform(on: loop) { side in
            try DirectoryStore.direct(me.id, with: request.with, in: side.database)
        } completion: { result in
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
        guard let fresh = ConversationID(SecureRandom.bytes(ConversationID.byteCount)) else { return }
        enqueue(.openDirect(me.id, other.id, fresh: fresh)) { result in
            let reply: Result<Conversations, Failure> = result.flatMap { outcome in
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
        read(session, correlation, weight: RequestWeight.page) { side in
            try DirectoryStore.accounts(request.ids, in: side.database)
        } reply: { rows in
            .success(Accounts(accounts: rows.map(\.record)))
        }
    }

    func lookUp(_ request: LookUpConversations, _ session: Session, _ correlation: UInt32) {
        guard let me = begin(session, weight: RequestWeight.page)?.account.id else { return }
        read(session, correlation, weight: RequestWeight.page) { side in
            try DirectoryStore.conversations(request.ids, of: me, in: side.database)
        } reply: { records in
            .success(Conversations(conversations: records))
        }
    }

    func listAccounts(_ request: ListAccounts, _ session: Session, _ correlation: UInt32) {
        guard begin(session, weight: RequestWeight.page) != nil else { return }
        let online = request.onlineOnly ? onlineIDs(after: request.after) : nil
        read(session, correlation, weight: RequestWeight.page) { side in
            if let online { return try DirectoryStore.accounts(online.ids, in: side.database) }
            return try DirectoryStore.accounts(after: request.after, limit: Limits.page + 1, in: side.database)
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
