import ChatProtocol
import GroupRules
import WireCodec

/// A link that a device wants to publish, as a value: whether the device may, whether the chain can take it, and what it does.
///
/// Who knows what a restored store has lost of another account's chain publishes that, too (C4): a link proves itself, and who did not sign
/// it can have it from its signer alone. What begins a chain is published by its own device; a reset also by
/// whoever waits and has the password, since a restored server may not know that device any more.
struct LinkProposal {
    private let link: Link
    private let bytes: [UInt8]
    private let me: AccountRecord

    /// - Throws: `invalidLink`; `devicePending` for what a pending device may not publish.
    init(_ bytes: [UInt8], by me: LoggedIn) throws(Failure) {
        guard let link = try? Link(wireBytes: bytes), link.wireBytes == bytes else {
            throw Failure(.invalidLink, sentence: "the link does not have the form of one")
        }
        let isOwn = link.content.place.account == me.account.id
        guard isOwn || !link.content.body.isBeginning else {
            throw Failure(.invalidLink, sentence: "an account's chain is begun by its own devices")
        }
        let kind = link.content.body.kind
        guard me.state == .active || isOwn && kind != .create else { throw Failure(.devicePending) }
        let mayGiveBack = kind == .reset && me.state == .pending
        guard !link.content.body.isBeginning || link.by == me.device || mayGiveBack else {
            throw Failure(.invalidLink, sentence: "a device begins a chain for itself alone")
        }
        self.link = link
        self.bytes = bytes
        self.me = me.account
    }

    /// Whose chain it is to stand in.
    var account: AccountID { link.content.place.account }
    var isForeign: Bool { account != me.id }

    /// Whether the account's password goes with it.
    var needsPassword: Bool { link.content.body.kind == .reset }

    /// The step that it is in a chain.
    ///
    /// - Parameter chain: as the store has it; nil where there is none.
    /// - Throws: `chainMoved`, `invalidLink`, `tooManyDevices`.
    func step(in chain: AccountChain?, at place: AccountPlace) throws(Failure) -> ChainStep {
        if !isKnown(in: chain) { try verify(in: chain, at: place) }
        let before = ChainHead(count: link.content.number, hash: link.content.previous.bytes)
        return ChainStep(
            account: account, before: before, link: bytes, hash: link.hash.bytes, signer: link.by,
            instance: link.instance, effect: effect)
    }

    /// Whether the chain has it already.
    func isKnown(in chain: AccountChain?) -> Bool { chain?.hash(at: link.content.number) == link.hash }

    private func verify(in chain: AccountChain?, at place: AccountPlace) throws(Failure) {
        if case .create(let name, _) = link.content.body, name != me.name {
            throw Failure(.invalidLink, sentence: "the account has another name than the link")
        }
        do throws(RuleViolation) {
            guard var next = chain else {
                _ = try AccountChain(link, at: place)
                return
            }
            try next.append(link)
        } catch { throw Failure(error) }
        if case .add = link.content.body, let chain,
            chain.devices.values.count(where: \.isActive) >= Limits.devicesPerAccount
        {
            throw Failure(.tooManyDevices)
        }
    }

    private var effect: ChainStep.Effect {
        switch link.content.body {
        case .create(_, let grant): .create(grant.device)
        case .add(let grant): .add(grant.device)
        case .revoke(let device): .revoke(device)
        case .reset(_, let grant): .reset(grant.device)
        }
    }
}

extension Failure {
    /// What a peer is told of a rule that its link or renewal breaks.
    init(_ violation: RuleViolation) {
        let code: ErrorCode =
            switch violation.code {
            case .linkNotNext: .chainMoved
            case .identityUsed: .identityUsed
            case .replaced: .replaced
            default: .invalidLink
            }
        let sentence = "\(violation.rule.rawValue): \(violation.detail)"
        self.init(code, sentence: code == .invalidLink ? String(sentence.prefix(Limits.sentence / 4)) : nil)
    }
}
