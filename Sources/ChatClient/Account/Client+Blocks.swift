import CLISupport
import ChatProtocol

/// Whom this account takes nothing of. The server keeps the list for all its devices, and refuses what they send.
extension Client {
    /// All whom it blocks, in the order of their names.
    package func blockedUsers() async throws(Problem) -> [AccountRecord] {
        let (link, _) = try await loggedInLink()
        return try await changeBlocks(ChangeBlocks(), on: link)
    }

    /// - Throws: `no_such_user` (67); `too_large` (77).
    package func block(_ user: UserName) async throws(Problem) {
        guard try identity().name != user else {
            throw Problem(.invalidTarget, "nobody blocks themselves", sent: .no)
        }
        let account = try await blockable(user)
        let (link, _) = try await loggedInLink()
        _ = try await changeBlocks(ChangeBlocks(blocked: [account]), on: link)
    }

    /// - Throws: `no_such_user` (67).
    package func unblock(_ user: UserName) async throws(Problem) {
        let account = try await blockable(user)
        let (link, _) = try await loggedInLink()
        _ = try await changeBlocks(ChangeBlocks(unblocked: [account]), on: link)
    }

    private func blockable(_ user: UserName) async throws(Problem) -> AccountID {
        guard let account = try await self.user(named: user)?.id else {
            throw .noSuchUser(user, sent: .no)
        }
        return account
    }
}

extension Attendant {
    /// What another device has changed, for Welcomes that come meanwhile.
    func refreshBlocks(on link: Link) async {
        do throws(Problem) { _ = try await changeBlocks(ChangeBlocks(), on: link) } catch {
            log.info("not asked whom this account blocks: \(error.text)")
        }
    }
}

extension ProfileWorker {
    fileprivate func changeBlocks(_ change: ChangeBlocks, on link: Link) async throws(Problem) -> [AccountRecord] {
        let reply: Accounts = try await link.request(change)
        try store { store in
            let blocked = Set(reply.accounts.map(\.id))
            guard try store.blockedAccounts() != blocked else { return }
            try store.write { try store.keepBlocked(blocked) }
        }
        return reply.accounts.sorted { $0.name < $1.name }
    }
}
