import ChatProtocol

/// Whether there is room for what somebody wants to append: the account's share, and the store's.
///
/// It counts what each account's entries take as they come and go; whoever owns it tells it. Cursors, revocations and
/// deletions are never asked about: for them the reserve is kept.
package struct StoreQuota: Sendable {
    package enum Verdict: Sendable, Equatable {
        case room
        /// The account has used its share of what is kept.
        case accountFull
        /// The store may not grow any more.
        case storeFull
    }

    /// What an entry takes beside its payload: its row, and the identifier that makes it idempotent. So that messages
    /// of a byte do not fill a disk within the account's share.
    package static let bytesBesidePayload = 256

    /// What an entry counts.
    package static func bytes(ofPayload payload: Int) -> Int { payload + bytesBesidePayload }

    /// What a bundle counts: its entry, and its Welcome.
    package static func bytes(of bundle: Bundle) -> Int {
        bytes(ofPayload: bundle.payloadBytes) + (bundle.welcome.map { bytes(ofPayload: $0.payload.count) } ?? 0)
    }

    package var accountLimit: UInt64
    package var storeLimit: UInt64
    package var reserve: UInt64
    private var used: [AccountID: UInt64] = [:]
    /// Bytes of the store's file that hold something, as last measured.
    package var storeSize: UInt64 = 0
    /// Bytes that the disk has free, as last measured.
    package var diskFree: UInt64 = .max

    package init(_ limits: ServerLimits) {
        accountLimit = limits.accountStore
        storeLimit = limits.maxStore
        reserve = limits.storeReserve
    }

    /// Takes new limits, as after SIGHUP.
    package mutating func apply(_ limits: ServerLimits) {
        accountLimit = limits.accountStore
        storeLimit = limits.maxStore
        reserve = limits.storeReserve
    }

    /// Whether `bytes` more of this account may be stored, and `rows` beside them that are nobody's.
    package func verdict(adding bytes: Int, rows: Int = 0, for account: AccountID) -> Verdict {
        guard hasRoom(for: bytes + rows) else { return .storeFull }
        let bytes = UInt64(max(0, bytes))
        if accountLimit > 0 && used[account, default: 0] &+ bytes > accountLimit { return .accountFull }
        return .room
    }

    /// What a new account or conversation takes: a few rows in a few trees.
    package static let rowsBytes = 4_096

    /// Whether the store may grow by so much without touching the reserve.
    package func hasRoom(for bytes: Int) -> Bool {
        let bytes = UInt64(max(0, bytes))
        if storeLimit > 0 {
            // A limit that is smaller than twice its reserve keeps half of itself.
            let kept = min(reserve, storeLimit / 2)
            if storeSize &+ bytes > storeLimit - kept { return false }
        }
        return diskFree >= reserve.addingReportingOverflow(bytes).partialValue
    }

    /// Whether what is free is less than twice the reserve: time to give back what can be given back.
    package var isRoomShort: Bool { !hasRoom(for: Int(clamping: reserve)) }

    package func used(by account: AccountID) -> UInt64 { used[account, default: 0] }

    /// Entries of the account were stored, with their Welcomes, and `rows` beside them.
    package mutating func added(_ bytes: Int, rows: Int = 0, for account: AccountID) {
        let bytes = UInt64(max(0, bytes))
        used[account, default: 0] &+= bytes
        // Until both are measured again: much can be written meanwhile.
        let written = bytes &+ UInt64(max(0, rows))
        storeSize &+= written
        diskFree -= min(diskFree, written)
    }

    /// Entries and Welcomes of the account ended. The store's size is measured anew, not reckoned.
    package mutating func removed(_ bytes: UInt64, for account: AccountID) {
        let left = used[account, default: 0]
        used[account] = left > bytes ? left - bytes : nil
    }
}

extension StoreQuota.Verdict {
    /// What a peer is told; nil where there is room.
    package var failure: Failure? {
        switch self {
        case .room: nil
        case .accountFull:
            Failure(
                .storeFull, sentence: "this account has used its share of the server's store; older messages make room")
        case .storeFull: Failure(.storeFull)
        }
    }
}
