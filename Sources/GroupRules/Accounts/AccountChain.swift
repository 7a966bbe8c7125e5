import ChatProtocol
import WireCodec

/// The chain of an account, verified: a value that takes only links which come next and are signed by whoever may. From it follow the
/// account's name, its root, and what each device may do.
///
/// The server keeps chains and orders them; that it can add nothing but a `reset` is what these rules are for.
package struct AccountChain: Hashable, Sendable {
    package let place: AccountPlace
    package private(set) var links: [Link] = []
    private var hashes: [LinkHash] = []
    /// The name in its first link, which never changes.
    package let name: UserName
    package private(set) var root: AccountRoot
    package private(set) var devices: [DeviceID: ChainDevice] = [:]

    /// Whether signatures, proofs and sizes are checked.
    private enum Scrutiny { case full, verifiedBefore }

    /// Begins with the first link.
    package init(_ create: Link, at place: AccountPlace) throws(RuleViolation) {
        try self.init(create, .full, at: place)
    }

    private init(_ create: Link, _ scrutiny: Scrutiny, at place: AccountPlace) throws(RuleViolation) {
        guard case .create(let name, _) = create.content.body, let root = create.root else {
            throw RuleViolation(
                .c2, .linkNotNext, "a chain begins with a create, not with a \(create.content.body.kind)")
        }
        self.place = place
        self.name = name
        self.root = root
        try append(create, scrutiny)
    }

    /// Takes a whole chain as it was sent, with the renewals that signed links of it and the newest ones.
    package init(_ links: [Link], renewals: [Renewal] = [], at place: AccountPlace) throws(RuleViolation) {
        try self.init(links, renewals, .full, at: place)
    }

    /// Takes a chain from one's own store, whose links and renewals were all verified when they were put there: no signature and no
    /// size is checked again. Never for what somebody has sent.
    package init(
        withoutCheckingSignatures links: [Link], renewals: [Renewal], at place: AccountPlace
    ) throws(RuleViolation) {
        try self.init(links, renewals, .verifiedBefore, at: place)
    }

    private init(
        _ links: [Link], _ renewals: [Renewal], _ scrutiny: Scrutiny, at place: AccountPlace
    ) throws(RuleViolation) {
        guard let first = links.first else { throw RuleViolation(.c2, .linkNotNext, "a chain without links") }
        try self.init(first, scrutiny, at: place)
        let known = Dictionary(renewals.map { ($0.device, [$0]) }, uniquingKeysWith: +)
        for link in links.dropFirst() {
            if let renewal = known[link.by]?.first(where: { $0.instance == link.instance }),
                devices[link.by]?.instance ?? 0 < link.instance
            {
                try take(renewal, scrutiny)
            }
            try append(link, scrutiny)
        }
        for (id, own) in known {
            guard let newest = own.max(by: { $0.instance < $1.instance }), let device = devices[id], device.isActive,
                device.instance < newest.instance
            else { continue }
            try take(newest, scrutiny)
        }
    }

    /// Whether a `reset` has given it the root that it has.
    package var isBegunAnew: Bool { links.contains { $0.content.body.kind == .reset } }

    /// The number that the next link must have.
    package var count: UInt32 { UInt32(truncatingIfNeeded: links.count) }
    package var headNumber: UInt32 { count &- 1 }
    package var head: LinkHash { hashes.last ?? .zero }
    package func hash(at number: UInt32) -> LinkHash? {
        Int(number) < hashes.count ? hashes[Int(number)] : nil
    }

    /// Takes the next link. When it is refused, nothing has changed.
    package mutating func append(_ link: Link) throws(RuleViolation) { try append(link, .full) }

    private mutating func append(_ link: Link, _ scrutiny: Scrutiny) throws(RuleViolation) {
        let content = link.content
        try require(content.place == place, .c2, .invalidLink, "a link of another account or server")
        try require(
            content.number == count && content.previous == head, .c2, .linkNotNext,
            "link \(content.number), and \(count) comes next")
        try checkRoom(for: content.body)
        switch content.body {
        case .create, .reset: try begin(link, scrutiny)
        case .add(let grant): try add(grant, link, scrutiny)
        case .revoke(let device): try revoke(device, link, scrutiny)
        }
        links.append(link)
        hashes.append(link.hash)
    }

    /// C6: the last places are for revoke and reset.
    private func checkRoom(for body: LinkBody) throws(RuleViolation) {
        let defends = body.kind == .revoke || body.kind == .reset
        let room = defends ? RuleLimits.links : RuleLimits.links - RuleLimits.linksForDefence
        try require(links.count < room, .c6, .tooLarge, "a chain of \(links.count) links takes no \(body.kind)")
    }

    /// A create or reset: by the new device, whose granted key signs it, and which therefore is no enrol key.
    private mutating func begin(_ link: Link, _ scrutiny: Scrutiny) throws(RuleViolation) {
        guard let grant = link.content.body.grant, let root = link.root else { return }
        let isCreate = link.content.body.kind == .create
        try require(isCreate == links.isEmpty, .c2, .linkNotNext, "a create stands first and nowhere else")
        try require(link.content.body.name == name, .c4, .invalidLink, "a reset with another name")
        try require(
            link.by == grant.device && link.instance == 0 && !grant.rights.enrols
                && (scrutiny == .verifiedBefore || link.isSigned(with: grant.key)), .c1, .invalidLink,
            "a \(link.content.body.kind) that its own device did not sign")
        try checkNew(grant, scrutiny)
        for (id, device) in devices where device.isActive { devices[id]?.state = .revoked(link.content.number) }
        self.root = root
        devices[grant.device] = ChainDevice(
            grant: grant, number: link.content.number, granting: link.hash, path: [link.content.number])
    }

    private mutating func add(_ grant: Grant, _ link: Link, _ scrutiny: Scrutiny) throws(RuleViolation) {
        let signer = try signer(of: link, scrutiny)
        try require(signer.certifies, .c1, .invalidLink, "device \(link.by) may not certify")
        try checkNew(grant, scrutiny)
        let device = ChainDevice(
            grant: grant, number: link.content.number, granting: link.hash, path: signer.path + [link.content.number])
        if scrutiny == .full { try checkDepth(of: device, link) }
        devices[link.by]?.signed(with: link.instance)
        devices[grant.device] = device
    }

    private mutating func revoke(_ id: DeviceID, _ link: Link, _ scrutiny: Scrutiny) throws(RuleViolation) {
        let signer = try signer(of: link, scrutiny)
        try require(signer.certifies || id == link.by, .c1, .invalidLink, "device \(link.by) may not certify")
        try require(devices[id]?.isActive == true, .c1, .invalidLink, "device \(id) is not active")
        devices[link.by]?.signed(with: link.instance)
        devices[id]?.state = .revoked(link.content.number)
    }

    /// C1: an active device, and its present key: a key that a newer renewal has replaced signs nothing more.
    private func signer(of link: Link, _ scrutiny: Scrutiny) throws(RuleViolation) -> ChainDevice {
        guard let signer = devices[link.by], signer.isActive else {
            throw RuleViolation(.c1, .invalidLink, "device \(link.by) is not active")
        }
        guard link.instance == signer.instance, let key = signer.key(of: link.instance) else {
            throw RuleViolation(
                .c1, .invalidLink, "instance \(link.instance) of device \(link.by) is not its present key")
        }
        try require(
            scrutiny == .verifiedBefore || link.isSigned(with: key), .c1, .invalidLink,
            "the signature of link \(link.content.number) is wrong")
        return signer
    }

    /// C3, and the proof that the key is its own.
    private func checkNew(_ grant: Grant, _ scrutiny: Scrutiny) throws(RuleViolation) {
        try require(
            devices[grant.device] == nil, .c3, .invalidLink, "device \(grant.device) stands in the chain already")
        try require(
            scrutiny == .verifiedBefore || grant.isProven(at: place), .c1, .invalidLink,
            "the proof of device \(grant.device) is wrong")
    }

    /// C5: takes the renewal of a device, which must be newer than what is known.
    package mutating func take(_ renewal: Renewal) throws(RuleViolation) { try take(renewal, .full) }

    private mutating func take(_ renewal: Renewal, _ scrutiny: Scrutiny) throws(RuleViolation) {
        guard let device = devices[renewal.device], device.isActive else {
            throw RuleViolation(.c5, .invalidLink, "device \(renewal.device) is not active")
        }
        if device.renewal(renewal.instance) == renewal { return }
        if scrutiny == .full { try renewal.check(device.grant, granted: device.granting, at: place) }
        let isOnce = device.grant.rights.contains(.enrolOnce)
        try require(
            renewal.instance > device.instance, .c5, isOnce ? .identityUsed : .replaced,
            "instance \(renewal.instance) of device \(renewal.device), and \(device.instance) is known")
        devices[renewal.device]?.take(renewal)
    }

    /// C5, as the server takes it: the next instance exactly, or the one behind as many as a restore may have lost; and one a minute.
    ///
    /// - Parameter pause: seconds since the one before; nil when there was none.
    package mutating func publish(_ renewal: Renewal, after pause: Int?) throws(RuleViolation) {
        if devices[renewal.device]?.renewal(renewal.instance) == renewal { return }
        let newest = devices[renewal.device]?.instance ?? 0
        var chain = self
        try chain.take(renewal)
        try require(
            Renewal.isNext(renewal.instance, behind: newest), .c5, .linkNotNext,
            "instance \(renewal.instance), and \(newest) is the newest")
        try require(
            pause ?? .max >= RuleLimits.renewalSeconds, .c5, .notAllowed, "a renewal \(pause ?? 0) s after another one")
        self = chain
    }
}
