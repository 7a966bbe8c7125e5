import ChatProtocol
import ChatServer

extension MemoryStore {
    func packageStanding(of device: DeviceID) -> KeyPackageStanding {
        let good = (packages[device] ?? []).filter { $0.new.expires > clock() }
        return KeyPackageStanding(
            left: UInt8(clamping: good.count { $0.state == .left }),
            hasLastResort: good.contains { $0.state == .lastResort })
    }

    /// A device is no more what its packages say, and nothing waits for it.
    func dropPackages(_ device: DeviceID) {
        packages[device] = nil
        handouts[device] = nil
        devices[device]?.voided += 1
    }

    func expirePackages(at time: Timestamp) {
        for device in packages.keys { packages[device]?.removeAll { $0.new.expires <= time } }
    }

    func publishPackages(_ publication: PackagePublication) async throws(StoreFailure) -> KeptPackages {
        let (account, device) = (publication.account, publication.device)
        guard let known = devices[device], known.account == account, known.state == .active else {
            throw .refused(Failure(.noSuchDevice))
        }
        let chain = chains[account] ?? Chain()
        guard chain.head == publication.head, chain.newest(of: device)?.entry.instance ?? 0 == publication.instance
        else { throw .refused(Failure(.chainMoved)) }
        var kept = KeptPackages(standing: .none)
        for package in publication.packages { keep(package, .left, of: device, &kept) }
        if let package = publication.lastResort { keep(package, .lastResort, of: device, &kept) }
        var taken = (packages[device] ?? []).count { $0.state == .taken }
        packages[device]?.removeAll { package in
            guard package.state == .taken, taken > PackagePublication.remembered else { return false }
            taken -= 1
            return true
        }
        kept.standing = packageStanding(of: device)
        return kept
    }

    private func keep(_ new: NewPackage, _ state: Package.State, of device: DeviceID, _ kept: inout KeptPackages) {
        if let same = packages[device]?.first(where: { $0.new.initKey == new.initKey }) {
            if same.new.reference != new.reference { kept.refused[new.reference] = .keyUsed }
            return
        }
        guard state == .lastResort || packageStanding(of: device).left < Limits.keyPackages else {
            return kept.refused[new.reference] = .tooMany
        }
        for index in (packages[device] ?? []).indices
        where state == .lastResort && packages[device]?[index].state == .lastResort {
            packages[device]?[index].state = .taken
        }
        packages[device, default: []].append(Package(new: new, state: state))
    }

    func takePackages(_ claim: PackageClaim) async throws(StoreFailure) -> [TakenPackage] {
        guard let account = people[claim.account], !account.isDisabled, !account.isDeleted else { return [] }
        let active = active(of: claim.account).filter { $0.state == .active && $0.new.id != claim.device }
        return active.map(\.new.id).sorted().compactMap { take(claim, of: $0) }
    }

    func packagesWereUsed(_ use: PackageUse) async throws(StoreFailure) {
        for device in use.devices {
            for index in (handouts[device] ?? []).indices
            where handouts[device]?[index].claimer == use.claimer
                && handouts[device]?[index].conversation == use.conversation
            {
                handouts[device]?[index].expires = 0
            }
        }
    }

    private func take(_ claim: PackageClaim, of device: DeviceID) -> TakenPackage? {
        let now = clock()
        handouts[device]?.removeAll { $0.time <= now - PackageClaim.lifetime }
        let earlier = (handouts[device] ?? []).filter { $0.claimer == claim.claimer }
        let before = earlier.first { $0.conversation == claim.conversation }
        if let before, before.mark == claim.mark, before.expires > now { return before.taken }
        let given = earlier.reduce(0) { $0 + $1.given }
        let isOver = claim.isOverRate || given >= Limits.keyPackageClaims
        let good = (packages[device] ?? []).filter { $0.new.expires > now }
        let once = isOver ? [] : good.filter { $0.state == .left }
        guard
            let package = once.min(by: { $0.new.expires < $1.new.expires })
                ?? good.first(where: { $0.state == .lastResort })
        else { return nil }
        let taken = TakenPackage(
            device: device, package: package.new.package, isLastResort: package.state == .lastResort)
        guard !isOver else { return taken }
        for index in (packages[device] ?? []).indices
        where package.state == .left && packages[device]?[index].new.initKey == package.new.initKey {
            packages[device]?[index].state = .taken
        }
        handouts[device]?.removeAll { $0.claimer == claim.claimer && $0.conversation == claim.conversation }
        handouts[device, default: []].append(
            PackageHandout(
                claimer: claim.claimer, conversation: claim.conversation, mark: claim.mark, taken: taken,
                given: (before?.given ?? 0) + 1, expires: package.new.expires, time: now))
        return taken
    }
}
