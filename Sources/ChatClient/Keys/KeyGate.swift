import CLISupport
import ChatProtocol
import GroupRules

/// The gate of direct conversations: whether somebody may be written to. It is asked in the transaction that decides to send.
struct KeyGate: Sendable {
    /// A chain is read again after so long, although nobody has told of anything new, for nothing else tells whoever only writes, by
    /// commands that connect for a moment; a lasting connection is told at once.
    ///
    /// It costs whoever writes all the time one request in five minutes, of a hundred bytes each way, before one of the messages.
    /// It bounds for how long an honest server lets them write to whoever has begun an account anew with a stolen password. Against a
    /// server that keeps a revocation back no number helps, since it answers this question too; it is found out by what messages say of
    /// their senders' chains (G2), and gains no more by five minutes than by one.
    static let rereadAfter = Duration.seconds(300)

    let policy: KeyPolicy
    /// The keys that count as verified in every profile.
    let file: KeysFile?

    /// What somebody has compared in the store alone counts.
    static let plain = KeyGate(policy: .tofu, file: nil)

    /// As this one, for verified users only.
    var forVerified: KeyGate { KeyGate(policy: .verified, file: file) }

    enum Passage: Equatable, Sendable {
        case open
        /// Something has to be done first: its chain read, or a person told that it is used for the first time.
        case unsettled
        /// Somebody has to be removed from the group first.
        case commitFirst
        case closed(Problem)
    }

    func look(at name: ConversationName, in store: ClientStore, now: Timestamp) throws -> Passage {
        switch name {
        case .room: return .open
        case .everyone: return policy == .verified ? .closed(.everyoneUnverified) : .open
        case .user(let user):
            guard let account = try store.account(named: user) else { return .unsettled }
            let record = try record(of: account, named: user, in: store)
            if record.person.isOwn { return .open }
            guard record.isFresh(now: now) else { return .unsettled }
            switch finding(record) {
            case .open(.tofu): return record.isTold ? .open : .unsettled
            case .open, .unknown: return .open
            case let closed: return .closed(problem(closed, of: user))
            }
        }
    }

    /// What is known of an account's keys here, with what the file says, or has said last.
    func record(of account: AccountID, named name: UserName, in store: ClientStore) throws -> KeyRecord {
        try store.keyRecord(of: account, named: name, compared: try file?.readOrLast()[name])
    }

    func finding(_ record: KeyRecord) -> GateRules.PersonFinding { GateRules.look(at: record.person, policy: policy) }

    /// Why somebody is not written to.
    func problem(_ finding: GateRules.PersonFinding, of user: UserName) -> Problem {
        var problem: Problem
        switch finding {
        case .keyChanged(let old, let new):
            let (old, new) = (AccountFingerprint(old).description, AccountFingerprint(new).description)
            let isListed = (try? file?.read()[user] ?? nil) != nil
            problem = Problem(
                .keyChanged, "\(user)'s key has changed: it was \(old) and is \(new)",
                advice: isListed
                    ? .correctKeysFile(path: file?.path ?? "", user: user.text)
                    : .acceptKey(user: user.text, fingerprint: new))
            (problem.oldKey, problem.newKey) = (old, new)
        case .forked(let text):
            problem = Problem(
                .chainForked, "what the server says of \(user)'s key contradicts what it said before: \(text)",
                advice: .seeEvidence)
        case .unverified(nil):
            problem = Problem(
                .unverified, "\(user) has no key yet, and only verified users are written to",
                hint: "wait until \(user) has logged in")
        case .open, .unknown, .unverified:
            problem = Problem(
                .unverified, "nobody has verified \(user)'s key, and only verified users are written to",
                advice: .verifyKey(user: user.text))
        }
        problem.user = user.text
        problem.sent = .no
        return problem
    }
}

extension KeyRecord {
    /// Whether its chain need not be read again.
    func isFresh(now: Timestamp) -> Bool {
        guard let looked, !isWanted else { return false }
        return now < looked || now - looked < KeyGate.rereadAfter
    }
}

extension Problem {
    static var everyoneUnverified: Problem {
        Problem(
            .unverified, "only verified users are written to, and everyone is not", advice: .allowUnverified, sent: .no)
    }
}
