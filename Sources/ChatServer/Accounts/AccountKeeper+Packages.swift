import ChatProtocol
import GroupRules

extension AccountKeeper {
    /// How often packages are checked anew when something else has moved the chain.
    private static let packageRounds = 3

    package nonisolated func publishPackages(
        _ request: PublishKeyPackages, of me: LoggedIn
    ) async throws(Failure) -> KeyPackageCount {
        var round = 1
        while true {
            let kept = try await chain(of: me.account.id)
            let check = PackageCheck(request, of: me.device, in: kept.chain, at: sources.time())
            let publication = PackagePublication(
                account: me.account.id, device: me.device, head: kept.head,
                instance: kept.chain?.devices[me.device]?.instance ?? 0, packages: check.packages,
                lastResort: check.lastResort)
            do throws(Failure) {
                let stored = try await change { () throws(StoreFailure) in
                    try await store.publishPackages(publication)
                }
                return check.reply(stored)
            } catch {
                guard error.errorCode == .chainMoved, round < Self.packageRounds else { throw error }
                round += 1
            }
        }
    }
}
