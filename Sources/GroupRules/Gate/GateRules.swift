import ChatProtocol

/// G1: whether we may encrypt to a leaf. Membership is uniform, trust is local: this says nothing of what is merged.
package enum GateRules {
    package enum Finding: Hashable, Sendable {
        case trusted
        /// Its device is revoked in its own account's chain: it is removed, which anybody may (J6).
        case revoked
        /// Nothing that we hold says that its account has this device: `ghost_device`.
        case ghost(String)
    }

    /// - Parameters:
    ///   - chain: of the leaf's account, verified, as it is held; nil where none is.
    ///   - pin: of that account; nil where it was not met.
    package static func look(at leaf: ClaimedLeaf, chain: AccountChain?, pin: AccountPin?) -> Finding {
        guard let chain, let pin, chain.place.account == leaf.party.account, pin.account == leaf.party.account else {
            return .ghost("no chain of account \(leaf.party.account) is held")
        }
        guard pin.name == chain.name, pin.number <= chain.headNumber, chain.hash(at: pin.number) == pin.head else {
            return .ghost("the chain of \(pin.name) is not the pinned one")
        }
        let path = leaf.certificate.path
        for link in path.links where chain.hash(at: link.content.number) != link.hash {
            return .ghost("link \(link.content.number) of \(chain.name)'s chain is another one")
        }
        guard let device = chain.devices[leaf.credential.device] else {
            return .ghost("\(chain.name) has no device \(leaf.credential.device)")
        }
        guard device.isActive else { return .revoked }
        guard leaf.party.root == chain.root, chain.root == pin.root else {
            return .ghost("\(chain.name) has another root than the trusted one")
        }
        guard path.ownInstance == device.instance, device.key(of: device.instance)?.signatureKey == leaf.key else {
            return .ghost("instance \(path.ownInstance) of device \(leaf.credential.device) is not its newest")
        }
        return .trusted
    }
}
