import CLISupport
import ChatProtocol

/// Who is there.
extension Client {
    /// Who is online, or everybody, in the order of their names.
    package func users(onlineOnly: Bool) async throws(Problem) -> [AccountStatus] {
        let (link, _) = try await loggedInLink()
        let users = try await link.users(onlineOnly: onlineOnly)
        remember(users.map(\.account))
        return users
    }

    /// Who has a name, by the server's word; nil: nobody.
    func user(named user: UserName) async throws(Problem) -> AccountRecord? {
        let page: AccountPage = try await ask(ListAccounts(after: user.predecessor, onlineOnly: false))
        guard let found = page.accounts.first(where: { $0.account.name == user })?.account else { return nil }
        remember([found])
        return found
    }

    /// Returns when the user is online. Nil timeout: waits for ever.
    ///
    /// - Throws: 67 no such user, 124.
    package func waitUntilOnline(_ user: UserName, timeout: Duration?) async throws(Problem) {
        let deadline = timeout.map { Monotonic.now + $0 }
        try await whileBusy { () async throws(Problem) in try await self.awaitArrival(of: user, deadline: deadline) }
    }

    /// On a connection of its own, which ends with this: hears who comes, and asks whether there is such a user.
    private func awaitArrival(of user: UserName, deadline: Duration?) async throws(Problem) {
        let events = Mailbox<WaitEvent>()
        let link: Link
        do throws(Problem) {
            link = try await connections.openLink(
                subscribe: [.unseen, .presence],
                events: LinkEvents(
                    report: { event, _ in if case .presence(let presence) = event { events.post(.presence(presence)) }
                    },
                    end: { events.post(.end($0)) }), within: deadline.map { $0 - Monotonic.now })
        } catch {
            // The server may be silent for longer than there is time.
            if let deadline, deadline <= Monotonic.now { throw Self.didNotCome(user) }
            throw error
        }
        defer { link.close() }
        link.send(ListAccounts(after: user.predecessor, onlineOnly: false)) { events.post(.found($0)) }
        while true {
            for event in events.drain() where try Self.isThere(user, event, link.address) { return }
            if let deadline, deadline <= Monotonic.now { throw Self.didNotCome(user) }
            await events.gate.passAndClose(until: deadline)
        }
    }

    private enum WaitEvent: Sendable {
        case presence(Presence)
        /// The list of users from this one on.
        case found(Result<RawFrame, Problem>)
        case end(Problem)
    }

    private static func isThere(
        _ user: UserName, _ event: WaitEvent, _ address: ServerAddress
    ) throws(Problem) -> Bool {
        switch event {
        case .presence(let presence):
            return presence.change != .offline && presence.accounts.contains { $0.name == user }
        case .found(let reply):
            let page: AccountPage = try Link.decode(try reply.get(), from: address)
            if let status = page.accounts.first(where: { $0.account.name == user }) { return status.online }
            throw .noSuchUser(user)
        case .end(let problem): throw problem
        }
    }

    private static func didNotCome(_ user: UserName) -> Problem {
        Problem(.nothingCame, "\(user) did not come online in time")
    }

    /// Names for completion and Tab, from the local store; empty where there is none. Never fails, never connects.
    package func completionNames() -> [UserName] {
        (try? storeForReading { try $0.knownUsers(limit: 10_000) }) ?? []
    }
}

extension Link {
    /// Who is online, or everybody, in the order of their names.
    ///
    /// - Parameter pages: of the list, at most.
    func users(onlineOnly: Bool, pages: Int = .max) async throws(Problem) -> [AccountStatus] {
        try await whole(
            PagedList("its users", now: Monotonic.now, by: \.account.name), pages: pages
        ) {
            ListAccounts(after: $0, onlineOnly: onlineOnly)
        } reading: { (page: AccountPage) in
            (page.accounts, page.more)
        }
    }
}

extension UserName {
    /// The last name before this one in the order of names; nil where it is the first.
    var predecessor: UserName? {
        var bytes = Array(text.utf8)
        guard let last = bytes.popLast() else { return nil }
        // Bytes that a name may have, in order; a name does not begin with the punctuation.
        let allowed = Array("-.0123456789_abcdefghijklmnopqrstuvwxyz".utf8).filter {
            !bytes.isEmpty || UserName(String(decoding: [$0], as: UTF8.self)) != nil
        }
        guard let place = allowed.firstIndex(of: last) else { return nil }
        if place > 0 {
            bytes.append(allowed[place - 1])
            while bytes.count < Self.maximumLength { bytes.append(0x7a) }
        }
        return UserName(String(decoding: bytes, as: UTF8.self))
    }
}

extension Problem {
    /// - Parameter sent: of what was to be sent, or to be changed.
    static func noSuchUser(_ user: UserName, sent: Sent? = nil) -> Problem {
        Problem(.noSuchUser, "there is no user \(user)", advice: .seeUsers, sent: sent)
    }
}
