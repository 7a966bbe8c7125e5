import ChatProtocol
import ChatServer
import GroupRules

extension MemoryStore {
    func standing(of account: AccountID) -> ChainStanding {
        let waiting = active(of: account).count { $0.state == .pending && !$0.grant.isEmpty }
        return ChainStanding(head: chains[account]?.head ?? .none, waiting: UInt8(clamping: waiting))
    }

    func end(_ device: DeviceID, _ state: DeviceState = .revoked) {
        devices[device]?.state = state
        devices[device]?.grant = []
        dropPackages(device)
    }

    func endWaiting(at now: Timestamp) {
        let (cutoff, withoutGrant) = (now - WaitingDevice.patience, now - WaitingDevice.patienceWithoutGrant)
        for device in devices.values
        where device.state == .pending && device.activated == 0
            && (device.pendingSince < cutoff || device.grant.isEmpty && device.pendingSince < withoutGrant)
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
        let links = kept.links.dropFirst(Int(number)).prefix(limit)
        chain.links = links.map(\.bytes)
        let isLast = Int(number) + links.count >= kept.links.count
        chain.renewals = kept.renewals.filter { renewal in
            links.contains { $0.signer == renewal.device && $0.instance == renewal.entry.instance }
                || isLast && kept.newest(of: renewal.device)?.entry.instance == renewal.entry.instance
        }.sorted { ($0.device, $0.entry.instance) < ($1.device, $1.entry.instance) }.map(\.entry.bytes)
        return chain
    }

    func publish(_ step: ChainStep) async throws(StoreFailure) -> ChainOutcome {
        var chain = chains[step.account] ?? Chain()
        let place = Int(step.before.count)
        if place < chain.links.count, chain.links[place].bytes == step.link { return outcome(of: step) }
        guard chain.head == step.before, chain.newest(of: step.signer)?.entry.instance ?? 0 == step.instance else {
            throw .refused(Failure(.chainMoved))
        }
        if case .reset = step.effect {
            guard let hash = step.passwordHash, people[step.account]?.passwordHash == hash else {
                throw .refused(Failure(.loginRefused))
            }
            if let refusal = ChainStep.refusalOfReset(since: chain.lastReset, at: clock()) { throw .refused(refusal) }
            chain.lastReset = clock()
        }
        try apply(step)
        for index in chain.renewals.indices
        where chain.renewals[index].device == step.signer && chain.renewals[index].entry.instance == step.instance {
            chain.renewals[index].hasSigned = true
        }
        switch step.effect {
        case .revoke(let device): chain.renewals.removeAll { $0.device == device && !$0.hasSigned }
        case .reset: chain.renewals.removeAll { !$0.hasSigned }
        case .create, .add: break
        }
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
        case .revoke(let device): if devices[device]?.account == step.account { end(device) }
        case .reset(let device):
            if devices[device] != nil { try activate(device, of: step.account) }
            for other in active(of: step.account) where other.new.id != device { end(other.new.id) }
            dropPackages(device)
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
        var outcome = ChainOutcome(account: step.account, head: step.after)
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

    func enrolment(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) -> EnrolledDevice? {
        guard let known = devices[device], known.account == account else { return nil }
        return EnrolledDevice(
            state: known.state, key: known.new.keys.first { $0.purpose == .enrol }?.publicKey)
    }

    func enrol(_ entry: IdentityEntry) async throws(StoreFailure) -> LoggedIn {
        guard let account = people[entry.account], !account.isDeleted else { throw .refused(Failure(.badProof)) }
        guard !account.isDisabled else { throw .refused(Failure(.accountDisabled)) }
        let old = devices[entry.device.id].flatMap { $0.account == entry.account ? $0 : nil }
        guard old?.state ?? .active == .active else { throw .refused(Failure(.deviceRevoked)) }
        let former = old?.new.keys.first { $0.purpose == .login }?.publicKey
        if try isNew(entry, former) {
            if old == nil { try make(entry.device, .active, of: entry.account) }
            if let renewal = entry.renewal {
                chains[entry.account]?.renewals.removeAll { $0.device == entry.device.id && !$0.hasSigned }
                chains[entry.account, default: Chain()].renewals.append(
                    Renewal(device: entry.device.id, entry: renewal, time: clock()))
            }
            begin(entry, former)
        }
        guard let made = devices[entry.device.id] else { throw .refused(Failure(.noSuchDevice)) }
        return LoggedIn(
            account: account.record, device: made.new.id, deviceName: made.new.name, in: stored.generation,
            state: made.state, key: entry.loginKey ?? [], chain: standing(of: entry.account),
            packages: packageStanding(of: entry.device.id))
    }

    private func isNew(_ entry: IdentityEntry, _ former: [UInt8]?) throws(StoreFailure) -> Bool {
        let head = standing(of: entry.account).head
        guard let renewal = entry.renewal else {
            guard head == entry.head else { throw .refused(Failure(.chainMoved)) }
            guard former == nil || former == entry.loginKey else { throw .refused(entry.taken) }
            return former == nil
        }
        let newest = chains[entry.account]?.newest(of: entry.device.id)
        if newest?.entry.bytes == renewal.bytes {
            guard former == entry.loginKey else { throw .refused(entry.taken) }
            return false
        }
        guard head == entry.head, GroupRules.Renewal.isNext(renewal.instance, behind: newest?.entry.instance ?? 0)
        else {
            throw .refused(Failure(.chainMoved))
        }
        if let refusal = IdentityEntry.refusal(since: newest?.time, at: clock()) { throw .refused(refusal) }
        return true
    }

    private func begin(_ entry: IdentityEntry, _ former: [UInt8]?) {
        var new = entry.device
        let brought = Set(new.keys.map(\.purpose))
        let old = devices[new.id]
        dropPackages(new.id)
        new.keys += (old?.new.keys ?? []).filter { !brought.contains($0.purpose) }
        devices[new.id]?.new = new
        if former != entry.loginKey {
            devices[new.id]?.window = LoginWindow()
            if let former {
                devices[new.id]?.replaced.append(former)
            }
        }
    }

    func suspendDevice(
        _ device: DeviceID, of account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) {
        guard let owner = people[account], owner.passwordHash == hash, !owner.isDeleted else {
            throw .refused(Failure(.loginRefused))
        }
        guard let known = devices[device], known.account == account else { throw .refused(Failure(.noSuchDevice)) }
        guard known.state == .active || known.state == .pending else { return }
        end(device, known.state == .active && standing(of: account).head != .none ? .suspended : .revoked)
    }
}

extension MemoryStore.Chain {
    func newest(of device: DeviceID) -> MemoryStore.Renewal? {
        renewals.filter { $0.device == device }.max { $0.entry.instance < $1.entry.instance }
    }
}
