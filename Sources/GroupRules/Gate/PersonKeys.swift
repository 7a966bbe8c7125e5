import ChatProtocol

/// How somebody's key stands here.
package enum KeyTrust: String, Hashable, Sendable, CaseIterable {
    /// Somebody has compared its fingerprint.
    case verified
    /// It is the one that was met first.
    case tofu
    /// It is another one than the trusted one, or nothing of it can be believed.
    case changed
}

/// Who may be written to.
package enum KeyPolicy: String, Hashable, Sendable, CaseIterable {
    /// Trust on first use: whoever has the key that was met first.
    case tofu
    /// Only whose fingerprint somebody has compared.
    case verified
}

/// What is known here of the keys of one account, under the name by which it is spoken to.
package struct PersonKeys: Hashable, Sendable {
    package let account: AccountID
    /// What the server calls it now; nil: it was not asked by a name.
    package let called: UserName?
    /// It is this account itself.
    package let isOwn: Bool
    /// The account to which the name is pinned; nil: to none.
    package let owner: AccountID?
    /// Nil: its chain was never met.
    package let pin: AccountPin?
    /// The root of its chain as it is held.
    package let root: AccountRoot?
    /// The root that somebody has compared for the name.
    package let compared: AccountRoot?
    /// Why its chain cannot be believed: the evidence is kept.
    package let alarm: String?

    package init(
        account: AccountID, called: UserName? = nil, isOwn: Bool = false, owner: AccountID? = nil,
        pin: AccountPin? = nil,
        root: AccountRoot? = nil, compared: AccountRoot? = nil, alarm: String? = nil
    ) {
        self.account = account
        self.called = called
        self.isOwn = isOwn
        self.owner = owner
        self.pin = pin
        self.root = root
        self.compared = compared
        self.alarm = alarm
    }
}

/// Whether somebody may be written to directly: what goes before G1, which asks of each leaf.
extension GateRules {
    package enum PersonFinding: Hashable, Sendable {
        case open(KeyTrust)
        /// The account has no chain yet, and nobody has compared anything: there is nothing to hold it to.
        case unknown
        /// Nobody has compared its fingerprint; nil: it has none, although somebody has.
        case unverified(AccountRoot?)
        case keyChanged(old: AccountRoot, new: AccountRoot)
        /// C4: two chains, or two accounts, for one.
        case forked(String)

        /// How the key stands; nil: there is none.
        package var trust: KeyTrust? {
            switch self {
            case .open(let trust): trust
            case .unknown, .unverified(nil): nil
            case .unverified(.some): .tofu
            case .keyChanged, .forked: .changed
            }
        }
    }

    package static func look(at person: PersonKeys, policy: KeyPolicy) -> PersonFinding {
        if person.isOwn { return .open(.verified) }
        if let alarm = person.alarm { return .forked(alarm) }
        if let owner = person.owner, owner != person.account {
            return .forked("the server has given the name to another account")
        }
        // Else whoever is known could be passed off as somebody who is not.
        if let pin = person.pin, let called = person.called, called != pin.name {
            return .forked("the server calls the account of \(pin.name) \(called)")
        }
        guard let pin = person.pin, let root = person.root, pin.account == person.account else {
            return person.compared != nil || policy == .verified ? .unverified(nil) : .unknown
        }
        let trusted = person.compared ?? pin.root
        guard trusted == root else { return .keyChanged(old: trusted, new: root) }
        if person.compared != nil { return .open(.verified) }
        return policy == .verified ? .unverified(root) : .open(.tofu)
    }
}
