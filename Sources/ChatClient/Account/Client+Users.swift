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
        let deadline = timeout.map { Monotonic.now + $0 }
        let asked = Mailbox<Result<[AccountStatus], Problem>>()
        Task {
            do throws(Problem) { asked.post(.success(try await users(onlineOnly: false))) } catch {
                asked.post(.failure(error))
            }
        }
        // The server may be silent for longer than there is time.
        await asked.signal.wait(until: deadline)
        guard let users = try asked.drain().first?.get() else { throw Self.didNotCome(user) }
        guard let status = users.first(where: { $0.account.name == user }) else {
            throw Problem(.noSuchUser, "there is no user \(user)", advice: .seeUsers)
        }
        if status.online { return }
        try await whileBusy { () async throws(Problem) in try await self.awaitArrival(of: user, deadline: deadline) }
    }

    private static func didNotCome(_ user: UserName) -> Problem {
        Problem(.nothingCame, "\(user) did not come online in time")
    }

    private func awaitArrival(of user: UserName, deadline: Duration?) async throws(Problem) {
        let events = Mailbox<WaitEvent>()
        let opening = Task { () -> Link? in
            do throws(Problem) {
                return try await openLink(
                    subscribe: [.unseen, .presence],
                    events: LinkEvents(
                        report: { event, _ in
                            if case .presence(let presence) = event { events.post(.presence(presence)) }
                        },
                        end: { events.post(.end($0)) }))
            } catch {
                events.post(.end(error))
                return nil
            }
        }
        defer { Task { await opening.value?.close() } }
        while true {
            for event in events.drain() {
                switch event {
                case .presence(let presence):
                    if presence.change != .offline, presence.accounts.contains(where: { $0.name == user }) { return }
                case .end(let problem): throw problem
                }
            }
            if let deadline, deadline <= Monotonic.now { throw Self.didNotCome(user) }
            await events.signal.wait(until: deadline)
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
