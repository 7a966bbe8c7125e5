import ChatProtocol
import WireCodec

/// Key packages: what devices leave here, and what others take. Confined to the hub's event loop.
final class PackageRequests {
    private static let limit = RateLimit(
        burst: UInt64(Limits.keyPackageClaimsInAll),
        interval: Limits.keyPackageClaim / Limits.keyPackageClaimsInAll)

    private let context: HubContext
    private let accounts: any AccountService
    private let quota: StoreQuotaDesk
    private var claims = RateTable<AccountID>(capacity: 10_000)

    init(context: HubContext, accounts: any AccountService, quota: StoreQuotaDesk) {
        self.context = context
        self.accounts = accounts
        self.quota = quota
    }

    func handle(_ frame: RawFrame, _ session: Session) throws(WireError) {
        switch frame.frameKind {
        case .publishKeyPackages: publish(try frame.decode(), session, frame.correlation)
        case .takeKeyPackages: take(try frame.decode(), session, frame.correlation)
        default: session.send(Failure(.unexpectedFrame), correlation: frame.correlation)
        }
    }

    private func publish(_ request: PublishKeyPackages, _ session: Session, _ correlation: UInt32) {
        let bytes = request.packages.reduce(request.lastResort.count) { $0 + $1.count }
        guard quota.hasRoom(for: bytes) else {
            return session.send(Failure(.storeFull), correlation: correlation)
        }
        context.ask(accounts, session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.publishPackages(request, of: me)
        } then: { _, count, reply in
            self.context.counts.packagesRefused &+= UInt64(count.refused.count)
            reply(count, nil)
        }
    }

    private func take(_ request: TakeKeyPackages, _ session: Session, _ correlation: UInt32) {
        guard let reader = session.begin(weight: RequestWeight.lookUp)?.reader else { return }
        let isOverRate = claims.take(reader.account, of: Self.limit, at: context.clock.ticks) > .zero
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            let standing = try await store.standing(of: request.conversation, for: reader)
            guard standing.conversation.isOpenToAdding(request.account) else { throw .refused(Failure(.invalidTarget)) }
            guard try await !store.isBlocked(reader.account, by: request.account) else {
                throw .refused(.blockedByUser)
            }
            let claim = PackageClaim(
                claimer: reader.account, device: reader.device, conversation: request.conversation,
                account: request.account, mark: standing.standing.position.mark, isOverRate: isOverRate)
            return try await StoreFailure.settling { () throws(StoreFailure) in try await store.takePackages(claim) }
        } then: { result in
            session.finish(
                correlation, result.mapError(self.context.failure).flatMap { self.reply($0, to: request) },
                weight: RequestWeight.lookUp)
        }
    }

    private func reply(_ taken: [TakenPackage], to request: TakeKeyPackages) -> Result<KeyPackages, Failure> {
        guard !taken.isEmpty else { return .failure(Failure(.noDevice)) }
        for package in taken { context.counts.tookPackage(isLastResort: package.isLastResort) }
        return .success(
            KeyPackages(
                conversation: request.conversation, account: request.account,
                packages: taken.map { DeviceKeyPackage(device: $0.device, package: $0.package) }))
    }
}

extension ConversationInfo {
    /// Whether somebody adds devices of an account to its group: nobody does to everyone's, which all join by themselves (J5).
    fileprivate func isOpenToAdding(_ account: AccountID) -> Bool {
        switch audience {
        case .everyone: false
        case .direct: includes(account) == true
        case .room: true
        }
    }
}
