import CLISupport
import ChatProtocol
import GroupRules
import Logging
import WireCodec

/// This account's chain, on one connection: reads it, and has it go on.
struct OwnChain: Sendable {
    /// Other devices may publish at the same time; so often it is begun again.
    private static let attempts = 8
    /// A reset has its password checked.
    static let patience = Duration.seconds(60)

    let own: OwnDevice
    let link: Link
    let generation: StoreGeneration
    let store: any StoreDoor
    let log: Logger

    /// As it was verified, with what the server knows by now. Nil: the account has none.
    ///
    /// - Throws: `chain_forked` (79) where it is not the one that is known here.
    func read() async throws(Problem) -> AccountChain? {
        let account = own.place.account
        let meeting = try await ChainReader(store: store, log: log).read(account, named: own.name, on: link)
        if case .forked(let text) = meeting {
            throw Problem(
                .chainForked, "the server gives another chain of this account than before: \(text)",
                advice: .forgetAccount(), sent: .no)
        }
        return try await store.withStore { try $0.chain(of: account) }
    }

    /// Has the chain go on, after what others have added.
    ///
    /// - Parameter beginsAt: the chain as it is known to be; nil: it is read.
    /// - Returns: whether it is so now; false where another device has begun the chain.
    func publish(
        _ move: ChainMove, password: [UInt8] = [], beginsAt known: AccountChain?? = nil
    ) async throws(Problem) -> Bool {
        var chain: AccountChain?
        if let known { chain = known } else { chain = try await read() }
        for _ in 0..<Self.attempts {
            let next: ChainLink
            switch try move.step(in: chain, by: own) {
            case .done: return true
            case .overtaken: return false
            case .publish(let link): next = link
            }
            do throws(Problem) {
                let request = PublishLink(link: next.wireBytes, password: next.isReset ? password : [])
                let _: ChainState = try await link.request(request, timeout: Self.patience)
            } catch {
                guard error.code == ErrorCode.chainMoved.name else { throw error }
                chain = try await read()
                continue
            }
            try await keep(next, behind: chain)
            return true
        }
        throw Problem(.busy, "other devices change this account's chain all the time", hint: "try again")
    }

    /// Begins the chain of an account that has none. One that a restored server has lost is given back instead.
    ///
    /// - Returns: whether this device is in it; false where another one has begun it.
    func begin() async throws(Problem) -> Bool {
        let account = own.place.account
        let isKnown = try await store.withStore { try $0.chainCount(of: account) > 0 }
        return try await publish(.create, beginsAt: isKnown ? nil : .some(nil))
    }

    /// Asks to be added: leaves the grant, and looks who can do it.
    func leaveGrant() async throws(Problem) -> WaitingDevice {
        let _: Done = try await link.request(LeaveGrant(grant: own.grant().wireBytes))
        let chain = try await read()
        let found: Devices = try await link.request(ListDevices())
        let waiting = WaitingDevice(own, approvers: UsableDevices(chain, found.devices).approvers.count)
        try await store.withStore { store in
            try store.writeSynced { try store.noteWaiting(waiting) }
        }
        return waiting
    }

    /// What was published is known without asking.
    private func keep(_ next: ChainLink, behind chain: AccountChain?) async throws(Problem) {
        let extended: AccountChain
        do throws(RuleViolation) {
            if var chain {
                try chain.append(next)
                extended = chain
            } else {
                extended = try AccountChain(next, at: own.place)
            }
        } catch { throw Problem(.internalFault, "the server took a link that does not fit: \(error)") }
        let (own, generation) = (own, generation)
        try await store.withStore { store in
            try store.write {
                let now = WallClock.now
                // Others of this profile may have published behind it and kept that first.
                let head = ChainHead(count: extended.count, hash: extended.head.bytes)
                if try !store.chainReaches(head, of: own.place.account) {
                    _ = try store.meet(extended, named: own.name, generation: generation, now: now)
                }
                guard next.content.body.isBeginning else { return }
                try store.trust(extended.root, of: own.place.account, named: own.name)
            }
        }
    }
}

extension ChainLink {
    fileprivate var isReset: Bool { content.body.kind == .reset }
}
