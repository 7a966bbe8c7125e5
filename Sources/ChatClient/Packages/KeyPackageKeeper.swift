import CLISupport
import ChatProtocol
import GroupRules
import Logging
import MLS

/// Has the server hold key packages of this device, on a connection that is there for something else and has done it.
struct KeyPackageKeeper: Sendable {
    /// A server that is busy is not waited for: there is another connection some day.
    private static let patience = Duration.seconds(5)

    let store: any StoreDoor
    let log: Logger

    /// Whether the login says that there are too few. What only the store knows is looked at by lasting connections.
    static func isDue(_ welcome: ChatProtocol.Welcome) -> Bool {
        Int(welcome.keyPackages.left) < KeyPackageStock.low || !welcome.keyPackages.hasLastResort
    }

    /// Makes what is missing, keeps it, and then publishes it. What does not succeed now does on another connection.
    func refill(on link: Link) async {
        do throws(Problem) {
            let welcome = try await link.welcome()
            guard welcome.state == .active, let plan = try await plan(welcome) else { return }
            if case .make(let count, let lastResort) = plan.step {
                guard let identity = try await identity(plan, welcome, on: link) else { return }
                let made = try Self.make(count, lastResort: lastResort, identity)
                try await keep(made, plan, welcome)
            }
            try await publish(plan.owner, on: link)
        } catch { log.info("key packages are not refilled: \(error.text)") }
    }

    // MARK: Making

    private struct Plan: Sendable {
        var own: OwnDevice
        var owner: PackageOwner
        var step: KeyPackageStock.Step
    }

    /// Nil where nothing is to be done, or this device has no key yet.
    private func plan(_ welcome: ChatProtocol.Welcome) async throws(Problem) -> Plan? {
        try await store.withStore { store -> Plan? in
            guard let identity = try store.identity(), identity.device == welcome.device, identity.standing == .active,
                let own = try store.ownDevice(identity)
            else { return nil }
            let owner = PackageOwner(device: own.device, instance: own.instance, generation: welcome.generation)
            let stock = try store.keyPackageStock(of: owner)
            let step = stock.step(welcome.keyPackages, now: WallClock.now)
            return step == .nothing ? nil : Plan(own: own, owner: owner, step: step)
        }
    }

    /// How this device presents itself, by its account's chain as it is now; nil where the chain does not have it.
    private func identity(
        _ plan: Plan, _ welcome: ChatProtocol.Welcome, on link: Link
    ) async throws(Problem) -> MemberIdentity? {
        let own = plan.own
        var chain = try await store.withStore { try $0.chain(of: own.place.account) }
        if welcome.chain.count > 0, chain?.head.bytes != welcome.chain.hash || !(chain?.has(own) ?? false) {
            let ownChain = OwnChain(own: own, link: link, generation: welcome.generation, store: store, log: log)
            chain = try await ownChain.read()
        }
        guard let chain, chain.has(own), let certificate = chain.certificate(of: own.device) else { return nil }
        let credential = DeviceCredential(
            party: Party(account: own.place.account, root: chain.root), device: own.device)
        return try OwnDevice.signing { () throws(MLSError) in
            try MemberIdentity(credential, certificate, key: own.pair)
        }
    }

    private static func make(
        _ count: Int, lastResort: Bool, _ identity: MemberIdentity
    ) throws(Problem) -> [MadePackage] {
        var generator = SystemRandomNumberGenerator()
        let now = WallClock.now
        return try OwnDevice.signing { () throws(MLSError) in
            var made: [MadePackage] = []
            for index in 0..<(count + (lastResort ? 1 : 0)) {
                let isLast = index == count
                let lives = KeyPackageStock.lifetime(isLastResort: isLast, now: now)
                let secrets = try KeyPackage.create(
                    suite: .x25519Aes128GcmSha256Ed25519, identity: identity,
                    lifetime: Lifetime(notBefore: lives.from, notAfter: lives.to), using: &generator)
                made.append(try MadePackage(secrets, isLastResort: isLast))
            }
            return made
        }
    }

    /// On disk before anybody is given one. Another process of the profile may have been first: then that one's are sent.
    private func keep(_ made: [MadePackage], _ plan: Plan, _ welcome: ChatProtocol.Welcome) async throws(Problem) {
        let now = WallClock.now
        try await store.withStore { store in
            try store.writeSynced {
                guard case .make = try store.keyPackageStock(of: plan.owner).step(welcome.keyPackages, now: now) else {
                    return
                }
                try store.dropKeyPackages(except: plan.owner, now: now)
                try store.keep(made, of: plan.owner, now: now)
            }
        }
    }

    // MARK: Publishing

    private func publish(_ owner: PackageOwner, on link: Link) async throws(Problem) {
        let waiting = try await store.withStore { try $0.waitingKeyPackages(of: owner) }
        guard !waiting.all.isEmpty else { return }
        let request = PublishKeyPackages(
            packages: waiting.once.map(\.package), lastResort: waiting.lastResort?.package ?? [])
        let count: KeyPackageCount = try await link.request(request, timeout: Self.patience)
        let all = waiting.all
        var refused: [[UInt8]] = []
        for item in count.refused where Int(item.index) < all.count {
            log.warning("the server does not take a key package of this device: \(item.reason)")
            refused.append(all[Int(item.index)].reference)
        }
        let lastResort = waiting.lastResort.flatMap { refused.contains($0.reference) ? nil : $0.reference }
        let gone = refused
        try await store.withStore { store in
            try store.write {
                try store.notePublished(
                    all.map(\.reference), refused: gone, lastResort: lastResort, of: owner, now: WallClock.now)
            }
        }
    }
}

extension AccountChain {
    /// Whether a device is in it by the key that it has here.
    fileprivate func has(_ own: OwnDevice) -> Bool {
        guard let known = devices[own.device], known.isActive, known.instance == own.instance else { return false }
        return known.key(of: own.instance)?.signatureKey == own.pair.publicKey
    }
}
