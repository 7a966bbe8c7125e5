import CLISupport
import ChatProtocol
import GroupRules

/// Users' keys: what is known of them, and what somebody has compared.
extension Client {
    /// The keys that are known here, by the names of their users; from the store, never connects.
    package func keys() throws(Problem) -> [KeySummary] {
        try storeForReading { store in
            guard try store.knowsKeys() else { return [] }
            return try store.read {
                let met = try store.pinnedAccounts().compactMap { account, name in
                    try self.summary(of: account, named: name, in: store)
                }
                var compared = Dictionary(
                    try store.comparedKeys().map { ($0.name, $0.root) }, uniquingKeysWith: { $1 })
                for line in try gate.file?.read().lines ?? [] { compared[line.name] = line.root }
                let known = Set(met.map(\.user))
                let others = compared.filter { !known.contains($0.key) }
                return (met + others.map { KeySummary(compared: $0.value, user: $0.key) })
                    .sorted { $0.user < $1.user }
            }
        }
    }

    /// The key of a user as it is now; without a server as it is known here.
    ///
    /// - Throws: 67; 75 `no_key`; 69 where nothing is known here.
    package func key(of user: UserName) async throws(Problem) -> KeySummary {
        do throws(Problem) {
            try await refresh(user)
            try tell(user)
        } catch {
            guard error.exit == .unreachable, try knownKey(of: user) != nil else { throw error }
            interaction.noteKey(KeyNotice(code: "offline", text: "\(error.text); this is what was known before"))
        }
        guard let known = try knownKey(of: user) else {
            throw Problem(.noKey, "\(user) has no key yet", hint: "wait until \(user) has logged in")
        }
        return known
    }

    /// Who has seen a key need not be told of it with the first message: it is said here that it is used for the first time.
    private func tell(_ user: UserName) throws(Problem) {
        let pinned = try store { store in
            try store.write { () throws -> AccountFingerprint? in
                guard let account = try store.account(named: user, orPinned: true), try store.noteTold(account) else {
                    return nil
                }
                let record = try gate.record(of: account, named: user, in: store)
                guard case .open(.tofu) = GateRules.look(at: record.person, policy: .tofu) else { return nil }
                return record.person.root.map { AccountFingerprint($0) }
            }
        }
        if let pinned { interaction.noteKey(.pinned(user, pinned)) }
    }

    /// Verified keys, and one's own.
    package func verifiedKeys() async throws(Problem) -> [KeySummary] {
        let own = try identity().name
        if try knownKey(of: own) == nil {
            do throws(Problem) { try await refresh(own) } catch {
                guard error.exit == .unreachable else { throw error }
            }
        }
        return try keys().filter { $0.trust == .verified }
    }

    /// Takes fingerprints that somebody has compared, all or none of them, of users who were met or not; never connects.
    ///
    /// - Returns: what speaks against it, for each that differs; then nothing has changed.
    package func verifyKeys(_ given: [(user: UserName, fingerprint: AccountFingerprint)]) throws(Problem) -> [Problem] {
        try store { store in
            let listed = try gate.file?.read()
            return try store.writeSynced {
                let differences = try given.compactMap { user, fingerprint -> Problem? in
                    let account = try store.account(named: user, orPinned: true)
                    let record = try account.map { try store.keyRecord(of: $0, named: user, compared: nil) }
                    return KeyComparison(
                        user: user, given: fingerprint.root, record: record, before: try store.comparedRoot(of: user),
                        listed: listed?[user], file: gate.file?.path
                    ).difference
                }
                guard differences.isEmpty else { return differences }
                for (user, fingerprint) in given {
                    try store.setCompared(user, fingerprint.root, now: WallClock.now)
                }
                return []
            }
        }
    }

    /// Goes on with the key that a user has now, by the fingerprint that somebody was told. Connects only where that is not the one that
    /// is known.
    ///
    /// - Returns: how many messages were held.
    package func acceptKey(of user: UserName, _ fingerprint: AccountFingerprint) async throws(Problem) -> Int {
        if try !isPresent(fingerprint, of: user) { try await refresh(user) }
        return try store { store in
            try store.writeSynced {
                guard let account = try store.account(named: user, orPinned: true),
                    let known = try self.summary(of: account, named: user, in: store)
                else { throw Problem(.noKey, "\(user) has no key yet", hint: "wait until \(user) has logged in") }
                if let alarm = known.alarm { throw gate.problem(.forked(alarm), of: user) }
                let present = known.present ?? known.fingerprint
                guard present == fingerprint else { throw self.refusal(of: fingerprint, known) }
                try store.trust(fingerprint.root, of: account, named: user)
                // The list of keys may say otherwise.
                let record = try gate.record(of: account, named: user, in: store)
                let finding = gate.finding(record)
                if case .keyChanged = finding { throw gate.problem(finding, of: user) }
                return try store.heldCount(for: .user(user))
            }
        }
    }

    private nonisolated func refusal(of given: AccountFingerprint, _ known: KeySummary) -> Problem {
        let user = known.user
        var problem = Problem(
            .fingerprintDiffers, "\(user)'s key is \(known.present ?? known.fingerprint), not \(given)",
            hint: "ask \(user) for the fingerprint by another way, and compare all of it")
        problem.user = user.text
        (problem.oldKey, problem.newKey) = (known.fingerprint.description, known.present?.description)
        return problem
    }

    // MARK: What is known

    private func isPresent(_ fingerprint: AccountFingerprint, of user: UserName) throws(Problem) -> Bool {
        guard let known = try knownKey(of: user) else { return false }
        return known.alarm != nil || (known.present ?? known.fingerprint) == fingerprint
    }

    private func knownKey(of user: UserName) throws(Problem) -> KeySummary? {
        try storeForReading { store in
            guard try store.knowsKeys() else { return nil }
            return try store.read {
                guard let account = try store.account(named: user, orPinned: true) else { return nil }
                let own = try store.identity().flatMap { try store.chain(of: $0.account) }
                var summary = try self.summary(of: account, named: user, in: store)?.with(try store.chain(of: account))
                if let own, let known = summary, !known.isOwn {
                    summary?.spoken = SpokenNumber(own.root, (known.present ?? known.fingerprint).root)
                }
                return summary
            }
        }
    }

    private nonisolated func summary(
        of account: AccountID, named name: UserName, in store: ClientStore
    ) throws -> KeySummary? {
        let record = try gate.record(of: account, named: name, in: store)
        return KeySummary(record, GateRules.look(at: record.person, policy: .tofu))
    }

    /// Asks the server who has the name, and reads what is new of the chain.
    private func refresh(_ user: UserName) async throws(Problem) {
        let (link, welcome) = try await loggedInLink()
        if user != welcome.account.name {
            guard let found = try await self.user(named: user) else {
                throw .noSuchUser(user)
            }
            try await chainReader.read(found.id, named: user, on: link)
        } else {
            try await chainReader.read(welcome.account.id, named: user, on: link)
        }
    }
}
