import ChatProtocol

/// The one `StoreQuota` of the hub's parts: who stores, who ends and who measures tell it. Confined to the hub's event
/// loop.
final class StoreQuotaDesk {
    private var quota: StoreQuota

    init(_ limits: ServerLimits) {
        quota = StoreQuota(limits)
    }

    func apply(_ limits: ServerLimits) { quota.apply(limits) }

    func verdict(adding bytes: Int, rows: Int = 0, for account: AccountID) -> StoreQuota.Verdict {
        quota.verdict(adding: bytes, rows: rows, for: account)
    }

    func hasRoom(for bytes: Int) -> Bool { quota.hasRoom(for: bytes) }
    func used(by account: AccountID) -> UInt64 { quota.used(by: account) }
    var storeSize: UInt64 { quota.storeSize }
    var isRoomShort: Bool { quota.isRoomShort }

    func added(_ bytes: Int, rows: Int = 0, for account: AccountID) { quota.added(bytes, rows: rows, for: account) }
    func removed(_ bytes: UInt64, for account: AccountID) { quota.removed(bytes, for: account) }

    func measured(storeSize: UInt64, diskFree: UInt64) {
        quota.storeSize = storeSize
        quota.diskFree = diskFree
    }
}
