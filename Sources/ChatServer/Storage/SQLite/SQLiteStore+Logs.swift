import ChatProtocol
import SQLite
import StoredValues
import System

extension SQLiteStore {
    package func lane(of conversation: ConversationID) -> StoreLane { StoreLane(0) }

    package func commit<Told: Sendable>(
        _ batch: StoreBatch, telling tell: @escaping @Sendable (Committed) -> Told
    ) async throws(StoreFailure) -> Told {
        try await answer { end in
            begin(batch) { result in end(result.map(tell)) }
        }.get()
    }

    package func commit(
        _ batch: StoreBatch, then end: @escaping @Sendable (Result<Committed, StoreFailure>) -> Void
    ) -> Bool {
        begin(batch, then: end)
        return true
    }

    private func begin(_ batch: StoreBatch, then end: @escaping @Sendable (Result<Committed, StoreFailure>) -> Void) {
        change { [leaves, clock = settings.clock] database in
            try BatchWriteStore.commit(batch, time: clock(), leaves: leaves, in: database)
        } then: { result in
            end(result.mapError { StoreFailure($0) })
        }
    }

    package func note(_ marks: SoftMarks) async throws(StoreFailure) {
        let clock = settings.clock
        try await softChange { try SoftMarkStore.note(marks, time: clock(), in: $0) }
    }

    package func inbox(
        of device: DeviceID, account: AccountID, after: ConversationID?, limit: Int
    ) async throws(StoreFailure) -> [InboxRow] {
        try await read { database in
            try database.transaction(.deferred) {
                try InboxStore.inbox(of: device, account: account, after: after, limit: limit, in: database)
            }
        }
    }

    package func page(
        of conversation: ConversationID, after seq: SequenceNumber, entries: Int, bytes: Int
    ) async throws(StoreFailure) -> StoredPage {
        try await read {
            try LogPageStore.page(of: conversation, after: seq, entries: entries, bytes: bytes, in: $0)
        }
    }

    package func receipts(
        of conversation: ConversationID, for account: AccountID
    ) async throws(StoreFailure) -> [ReceiptState] {
        try await read { try InboxStore.receipts(of: conversation, for: account, in: $0) }
    }

    package func standing(
        of conversation: ConversationID, for reader: DeviceReader
    ) async throws(StoreFailure) -> DeviceStanding {
        try await read { database in
            try database.transaction(.deferred) {
                try LeafStore.standing(of: conversation, for: reader, in: database)
            }
        }
    }

    package func replacedLeaves(
        of account: AccountID?, limit: Int
    ) async throws(StoreFailure) -> [StoreOperation] {
        try await read { try LeafStore.replaced(of: account, limit: limit, in: $0) }
    }

    package func formerStanding(
        of conversation: ConversationID, for reader: DeviceReader
    ) async throws(StoreFailure) -> DeviceStanding? {
        try await read { database in
            try database.transaction(.deferred) {
                try LeafStore.formerStanding(of: conversation, for: reader, in: database)
            }
        }
    }

    package func lostLeaves(of conversation: ConversationID) async throws(StoreFailure) -> [LostLeaf] {
        try await read { try LeafStore.lost(of: conversation, in: $0) }
    }

    package func isRestored(_ conversation: ConversationID) async throws(StoreFailure) -> Bool {
        try await read { try LogPageStore.isRestored(conversation, in: $0) }
    }

    package func lostGroups(of account: AccountID?) async throws(StoreFailure) -> [ConversationID] {
        guard let account else { return try await survey { try LeafStore.lostGroups(of: nil, in: $0) } }
        return try await read { try LeafStore.lostGroups(of: account, in: $0) }
    }

    package func surplusWelcomes(
        of devices: [DeviceID]?, limit: Int
    ) async throws(StoreFailure) -> [StoreOperation] {
        guard let devices else { return try await survey { try WelcomeStore.surplus(of: nil, limit: limit, in: $0) } }
        return try await read { try WelcomeStore.surplus(of: devices, limit: limit, in: $0) }
    }

    package func welcomes(for device: DeviceID, limit: Int) async throws(StoreFailure) -> [ConversationID] {
        try await read { try WelcomeStore.waiting(for: device, limit: limit, in: $0) }
    }

    package func sideRows(
        of conversation: ConversationID, kind: UInt8, after index: [UInt8]?, limit: Int
    ) async throws(StoreFailure) -> [SideRow] {
        try await read { try SideRowStore.rows(of: conversation, kind: kind, after: index, limit: limit, in: $0) }
    }
}

extension SQLiteStore {
    package func profiles(_ ids: [AccountID]) async throws(StoreFailure) -> [Profile] {
        try await read { try DirectoryStore.profiles(ids, in: $0) }
    }

    package func profiles(after name: UserName?, limit: Int) async throws(StoreFailure) -> [Profile] {
        try await read { try DirectoryStore.profiles(after: name, limit: limit, in: $0) }
    }

    package func direct(
        _ account: AccountID, with name: UserName
    ) async throws(StoreFailure) -> DirectConversation {
        try await read { try DirectoryStore.direct(account, with: name, in: $0) }
    }

    package func conversations(
        _ ids: [ConversationID], of account: AccountID
    ) async throws(StoreFailure) -> [ConversationRecord] {
        try await read { try DirectoryStore.conversations(ids, of: account, in: $0) }
    }

    package func memberships(
        of account: AccountID, after conversation: ConversationID?, limit: Int
    ) async throws(StoreFailure) -> [Membership] {
        try await read { try DirectoryStore.memberships(of: account, after: conversation, limit: limit, in: $0) }
    }
}

extension SQLiteStore {
    package func identity() async throws(StoreFailure) -> StoreIdentity {
        try await read { database in
            guard let identity = try MetaStore.identity(in: database) else {
                throw StoreFailure(.damaged, "the store has no identity")
            }
            return identity
        }
    }

    package func groupKey(orKeep fresh: [UInt8]) async throws(StoreFailure) -> [UInt8] {
        if let kept = try await read({ try MetaStore.groupKey(in: $0) }) { return kept }
        return try await change { try MetaStore.groupKey(orKeep: fresh, in: $0) }
    }

    package func followUps(limit: Int) async throws(StoreFailure) -> [StoreOperation] {
        let everyone = everyone
        return try await survey { try FollowUpStore.operations(everyone: everyone, limit: limit, in: $0) }
    }

    package func overdue(_ sweep: RetentionSweep) async throws(StoreFailure) -> RetentionStep {
        try await survey { database in
            try database.transaction(.deferred) { try OverdueStore.step(of: sweep, in: database) }
        }
    }

    package func expireAccounts(_ bounds: RetentionBounds) async throws(StoreFailure) {
        try await change { database in
            let devices = DeviceStateStore(database: database)
            try devices.endWaiting(of: nil, at: bounds.now)
            try devices.forgetSurplus(limit: RetentionSweep.stepRows)
            try PackageStore(database: database).expire(at: bounds.now, limit: RetentionSweep.stepRows)
        }
    }

    package func believedTime() async throws(StoreFailure) -> Timestamp? {
        try await read { try MetaStore.believedTime(in: $0) }
    }

    package func setBelievedTime(_ time: Timestamp) async throws(StoreFailure) {
        try await change { try MetaStore.setBelievedTime(time, in: $0) }
    }

    package func usage() async throws(StoreFailure) -> [AccountID: UInt64] {
        try await survey { try UsageStore.payloads(in: $0) }
    }

    package func room() async throws(StoreFailure) -> StoreRoom {
        try await survey { try UsageStore.room(in: $0) }
    }
}
