import ChatProtocol

/// A device as its account's chain tells it.
package struct ChainDevice: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case active
        /// By the link of this number: its own revocation, or a reset.
        case revoked(UInt32)
    }

    package let grant: Grant
    /// The link that granted it.
    package let number: UInt32
    package let granting: LinkHash
    /// The numbers of the links that lead to it from the beginning it counts from, its own included.
    package let path: [UInt32]
    package internal(set) var state = State.active
    /// Its newest renewal, and older ones with which it has signed links.
    package private(set) var renewals: [UInt32: Renewal] = [:]
    private(set) var instancesSigned: Set<UInt32> = []

    init(grant: Grant, number: UInt32, granting: LinkHash, path: [UInt32]) {
        self.grant = grant
        self.number = number
        self.granting = granting
        self.path = path
    }

    package var isActive: Bool { state == .active }
    package var certifies: Bool { grant.rights.contains(.certify) }

    /// The highest instance that is known; 0 for the granted key.
    package var instance: UInt32 { renewals.keys.max() ?? 0 }
    package var newestRenewal: Renewal? { renewals[instance] }

    /// The key of one instance. An enrol key is none: it signs renewals and nothing else.
    package func key(of instance: UInt32) -> DeviceKey? {
        if instance == 0 { return grant.rights.enrols ? nil : grant.key }
        return renewals[instance]?.key
    }

    var allRenewals: [Renewal] { Array(renewals.values) }

    package func renewal(_ instance: UInt32) -> Renewal? { renewals[instance] }

    mutating func signed(with instance: UInt32) { instancesSigned.insert(instance) }

    mutating func take(_ renewal: Renewal) {
        if !instancesSigned.contains(instance) { renewals[instance] = nil }
        renewals[renewal.instance] = renewal
    }
}
