import CLISupport
import ChatProtocol

/// Who is there.
extension Client {
    /// Who is online, or everybody, in the order of their names.
    package func users(onlineOnly: Bool) async throws(Problem) -> [AccountStatus] {
        let (link, _) = try await loggedInLink()
        var users: [AccountStatus] = []
        var after: UserName?
        while true {
            let page: AccountPage = try await link.request(ListAccounts(after: after, onlineOnly: onlineOnly))
            users += page.accounts
            guard page.more, let last = page.accounts.last?.account.name, last != after else { break }
            after = last
        }
        remember(users.map(\.account))
        return users
    }

    /// Returns when the user is online. Nil timeout: waits for ever.
    ///
    /// - Throws: 67 no such user, 124.
    package func waitUntilOnline(_ user: UserName, timeout: Duration?) async throws(Problem) {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        guard let status = try await users(onlineOnly: false).first(where: { $0.account.name == user }) else {
            throw Problem(.noSuchUser, "there is no user \(user)", hint: "chat who --users lists everybody")
        }
        if status.online { return }
        try await whileBusy { () async throws(Problem) in try await self.awaitArrival(of: user, deadline: deadline) }
    }

    private func awaitArrival(of user: UserName, deadline: ContinuousClock.Instant?) async throws(Problem) {
        let events = Mailbox<WaitEvent>()
        let link = try await openLink(
            subscribe: [.unseen, .presence],
            events: LinkEvents(
                report: { event, _ in if case .presence(let presence) = event { events.post(.presence(presence)) } },
                end: { events.post(.end($0)) }))
        defer { link.close() }
        while true {
            for event in events.drain() {
                switch event {
                case .presence(let presence):
                    if presence.change != .offline, presence.accounts.contains(where: { $0.name == user }) { return }
                case .end(let problem): throw problem
                }
            }
            let left = deadline.map { ContinuousClock.now.duration(to: $0) }
            if let left, left <= .zero {
                throw Problem(.nothingCame, "\(user) did not come online in time")
            }
            await events.signal.wait(until: left.map { Monotonic.now + $0 })
        }
    }

    private enum WaitEvent: Sendable {
        case presence(Presence)
        case end(Problem)
    }

    /// Names for completion and Tab, from the local store; empty where there is none. Never fails, never connects.
    package func completionNames() -> [UserName] {
        (try? storeForReading { try $0.knownUsers(limit: 10_000) }) ?? []
    }
}
