import ChatProtocol
import GroupRules
import MLS

/// Whether the leaves of a group may be encrypted to (G1), by what is held here of their accounts' chains.
struct GroupTrust: Equatable, Sendable {
    enum Finding: Equatable, Sendable {
        case trusted
        /// Somebody's device is revoked, or this device has another key by now: a commit comes first.
        case commitFirst
        /// A restore of the server has brought back a device that had been removed (S4).
        case restored(AccountID, DeviceID)
        /// Nothing that is held here says that the account has the device.
        case ghost(AccountID, String)
        /// The account's chain cannot be believed (C4).
        case forked(AccountID, String)
    }

    /// Of an open group: nothing is asked of its leaves.
    var isOpen = false
    var finding = Finding.trusted

    /// Of all leaves the worst.
    ///
    /// - Parameters:
    ///   - own: this device.
    ///   - restored: devices that a restore of the server has brought back.
    ///   - records: what is known of an account that a leaf names, and its chain.
    init(
        _ policy: GroupPolicy, _ leaves: [LeafNode], own: DeviceID, restored: Set<DeviceID> = [],
        records: (ClaimedLeaf) throws -> (keys: KeyRecord, chain: AccountChain?)
    ) throws {
        isOpen = policy.isOpen
        guard !isOpen else { return }
        var accounts: Set<AccountID> = []
        for leaf in leaves {
            let claimed = try ClaimedLeaf(leaf)
            let (keys, chain) = try records(claimed)
            let found = Self.look(at: claimed, keys, chain, own: own)
            let isRestored = found == .trusted && restored.contains(claimed.credential.device)
            finding.add(isRestored ? .restored(claimed.party.account, claimed.credential.device) : found)
            accounts.insert(claimed.party.account)
        }
        // Nobody of it would read what is written.
        if policy.isDeserted(by: accounts) { finding.add(.commitFirst) }
    }

    init(isOpen: Bool, finding: Finding) {
        self.isOpen = isOpen
        self.finding = finding
    }

    /// Which root of an account is trusted is the person's gate to say, before this is asked: here its chain as it is held counts.
    private static func look(
        at leaf: ClaimedLeaf, _ keys: KeyRecord, _ chain: AccountChain?, own: DeviceID
    ) -> Finding {
        let account = leaf.party.account
        if let alarm = keys.person.alarm { return .forked(account, alarm) }
        switch look(at: leaf, chain: chain, pin: keys.person.pin) {
        case .trusted: return .trusted
        case .revoked: return .commitFirst
        case .ghost(let text):
            let isOwn = keys.person.isOwn && leaf.credential.device == own
            return isOwn && chain?.devices[own]?.isActive == true ? .commitFirst : .ghost(account, text)
        }
    }

    /// G1 of one leaf, of a group or of a package, by the chain that agrees with its pin.
    static func look(at leaf: ClaimedLeaf, chain: AccountChain?, pin: AccountPin?) -> GateRules.Finding {
        guard let chain, let pin, pin.account == chain.place.account, pin.name == chain.name,
            chain.hash(at: pin.number) == pin.head
        else { return GateRules.look(at: leaf, chain: chain, pin: pin) }
        return GateRules.look(at: leaf, chain: chain, pin: AccountPin(chain))
    }
}

extension GroupTrust.Finding {
    private var weight: Int {
        switch self {
        case .trusted: 0
        case .commitFirst: 1
        case .restored: 2
        case .ghost: 3
        case .forked: 4
        }
    }

    fileprivate mutating func add(_ other: Self) { if other.weight > weight { self = other } }
}
