import ChatProtocol
import ChatServer

extension MemoryStore {
    func standing(of account: AccountID) -> ChainStanding {
        let waiting = active(of: account).count { $0.state == .pending && !$0.grant.isEmpty }
        return ChainStanding(head: chains[account]?.head ?? .none, waiting: UInt8(clamping: waiting))
    }

    func end(_ device: DeviceID, _ state: DeviceState = .revoked) {
        devices[device]?.state = state
        devices[device]?.grant = []
    }

    func endWaiting() {
        for device in devices.values
        where device.state == .pending && device.activated == 0
            && device.pendingSince < clock() - WaitingDevice.patience
        {
            end(device.new.id)
        }
    }

    func chain(
        of account: AccountID, from number: UInt32, limit: Int
    ) async throws(StoreFailure) -> StoredChain? {
        guard people[account] != nil else { return nil }
        let kept = chains[account] ?? Chain()
        var chain = StoredChain(head: kept.head, from: number)
        chain.links = kept.links.dropFirst(Int(number)).prefix(limit).map(\.bytes)
        return chain
    }

    func publish(_ step: ChainStep) async throws(StoreFailure) -> ChainOutcome {
        var chain = chains[step.account] ?? Chain()
        let place = Int(step.before.count)
        if place < chain.links.count, chain.links[place].bytes == step.link { return outcome(of: step) }
        guard chain.head == step.before else { throw .refused(Failure(.chainMoved)) }
        if case .reset = step.effect {
            guard let hash = step.passwordHash, people[step.account]?.passwordHash == hash else {
                throw .refused(Failure(.loginRefused))
            }
            if let refusal = ChainStep.refusalOfReset(since: chain.lastReset, at: clock()) { throw .refused(refusal) }
            chain.lastReset = clock()
        }
        try apply(step)
        chain.links.append((step.link, step.signer, step.instance))
        chain.head = step.after
        chains[step.account] = chain
        return outcome(of: step)
    }

    private func apply(_ step: ChainStep) throws(StoreFailure) {
        switch step.effect {
        case .create(let device):
            try activate(device, of: step.account)
            for other in active(of: step.account) where other.state == .active && other.new.id != device {
                devices[other.new.id]?.state = .pending
                devices[other.new.id]?.pendingSince = clock()
            }
        case .add(let device): if devices[device] != nil { try activate(device, of: step.account) }
        case .revoke(let device): end(device)
        case .reset(let device):
            try activate(device, of: step.account)
            for other in active(of: step.account) where other.new.id != device { end(other.new.id) }
        }
    }

    private func activate(_ id: DeviceID, of account: AccountID) throws(StoreFailure) {
        guard var device = devices[id], device.account == account, device.state == .pending || device.state == .active
        else { throw .refused(Failure(.noSuchDevice)) }
        device.state = .active
        device.grant = []
        if device.activated == 0 { device.activated = clock() }
        devices[id] = device
    }

    private func outcome(of step: ChainStep) -> ChainOutcome {
        var outcome = ChainOutcome(head: step.after)
        func all(_ state: DeviceState) -> [DeviceID] {
            devices.values.filter { $0.account == step.account && $0.state == state }.map(\.new.id).sorted()
        }
        switch step.effect {
        case .create(let device): (outcome.activated, outcome.pending) = ([device], all(.pending))
        case .add(let device): outcome.activated = [device]
        case .revoke(let device): outcome.revoked = [device]
        case .reset(let device): (outcome.activated, outcome.revoked) = ([device], all(.revoked))
        }
        return outcome
    }

    func leaveGrant(
        _ grant: [UInt8], of device: DeviceID, account: AccountID
    ) async throws(StoreFailure) -> WaitingDevice {
        guard let known = devices[device], known.account == account, known.state == .pending else {
            throw .refused(Failure(.noSuchDevice))
        }
        devices[device]?.grant = grant
        return WaitingDevice(name: known.new.name, since: known.pendingSince)
    }
}
