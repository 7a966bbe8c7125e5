import ChatProtocol

extension SQLiteStore {
    package func publishPackages(_ publication: PackagePublication) async throws(StoreFailure) -> KeptPackages {
        let clock = settings.clock
        return try await change { try PackageStore(database: $0).publish(publication, time: clock()) }
    }

    package func takePackages(_ claim: PackageClaim) async throws(StoreFailure) -> [TakenPackage] {
        let clock = settings.clock
        return try await change { try PackageStore(database: $0).take(claim, time: clock()) }
    }

    package func packagesWereUsed(_ use: PackageUse) async throws(StoreFailure) {
        try await softChange { try PackageStore(database: $0).noteUsed(use) }
    }
}
