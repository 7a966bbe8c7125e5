import ChatProtocol

/// What is remembered of an account that was met: by its name and by its id.
package struct AccountPin: Hashable, Sendable {
    package let name: UserName
    package let account: AccountID
    /// The root that is trusted: it changes only where somebody accepts another one.
    package fileprivate(set) var root: AccountRoot
    /// How long its chain was at least, and the link there.
    package fileprivate(set) var number: UInt32
    package fileprivate(set) var head: LinkHash

    package init(_ chain: AccountChain) {
        name = chain.name
        account = chain.place.account
        root = chain.root
        number = chain.headNumber
        head = chain.head
    }

    /// As it was kept.
    package init(name: UserName, account: AccountID, root: AccountRoot, number: UInt32, head: LinkHash) {
        self.name = name
        self.account = account
        self.root = root
        self.number = number
        self.head = head
    }

    /// With the root that somebody says was compared.
    package func trusting(_ root: AccountRoot) -> AccountPin {
        var pin = self
        pin.root = root
        return pin
    }
}

/// All pins of one server, as a value (C4): both ways, and never back.
package struct PinBook: Hashable, Sendable {
    package private(set) var byAccount: [AccountID: AccountPin] = [:]
    private var byName: [UserName: AccountID] = [:]

    package init() {}

    /// As they were kept.
    package init(_ pins: [AccountPin]) {
        for pin in pins {
            byAccount[pin.account] = pin
            byName[pin.name] = pin.account
        }
    }

    /// What comes of meeting a chain.
    package enum Meeting: Hashable, Sendable {
        /// Pinned now.
        case first
        case unchanged
        case advanced
        /// Another root than the trusted one: the pin keeps that, and follows the chain.
        case rootChanged(from: AccountRoot, to: AccountRoot)
        /// The server's store began anew and has a shorter chain: whoever knows the longer one publishes it.
        case behind
    }

    package func pin(of name: UserName) -> AccountPin? { byName[name].flatMap { byAccount[$0] } }

    /// Compares a chain with the pins, and pins it or what it adds. When it is refused, nothing has changed, and both chains are evidence.
    ///
    /// - Parameters:
    ///   - name: what the server calls the account, where it is asked: the name in the chain counts.
    ///   - isNewGeneration: whether the server has said that its store began anew since the pin was made.
    ///   - expected: the root that somebody has compared before the account was met: a first meeting trusts that and no other.
    package mutating func meet(
        _ chain: AccountChain, called name: UserName? = nil, isNewGeneration: Bool = false,
        expected: AccountRoot? = nil
    ) throws(RuleViolation) -> Meeting {
        let account = chain.place.account
        try require(
            name ?? chain.name == chain.name, .c4, .chainForked,
            "the server calls the account of \(chain.name) \(name.map(\.text) ?? "")")
        let owner = byName[chain.name]
        try require(
            owner ?? account == account, .c4, .chainForked,
            "\(chain.name) is another account than the one that is known")
        guard var pin = byAccount[account] else {
            let pin = AccountPin(chain).trusting(expected ?? chain.root)
            byAccount[account] = pin
            byName[chain.name] = account
            return pin.root == chain.root ? .first : .rootChanged(from: pin.root, to: chain.root)
        }
        try require(pin.name == chain.name, .c4, .chainForked, "\(pin.name) is called \(chain.name) now")
        guard let held = chain.hash(at: pin.number) else {
            try require(
                isNewGeneration, .c4, .chainForked, "\(pin.name)'s chain had \(pin.number) links and ends before")
            return .behind
        }
        try require(held == pin.head, .c4, .chainForked, "link \(pin.number) of \(pin.name)'s chain is another one")
        let hasAdvanced = chain.headNumber > pin.number
        pin.number = chain.headNumber
        pin.head = chain.head
        byAccount[account] = pin
        if chain.root != pin.root { return .rootChanged(from: pin.root, to: chain.root) }
        return hasAdvanced ? .advanced : .unchanged
    }

    /// Trusts the root that an account has now: what `keys accept` does with the fingerprint that somebody compared.
    ///
    /// - Returns: whether that is the chain's root.
    package mutating func accept(_ fingerprint: AccountFingerprint, of chain: AccountChain) throws(RuleViolation)
        -> Bool
    {
        _ = try meet(chain)
        guard fingerprint.root == chain.root else { return false }
        byAccount[chain.place.account]?.root = chain.root
        return true
    }
}
