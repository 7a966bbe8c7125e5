import ChatProtocol
import SQLite

extension SQLiteStore {
    package func chain(
        of account: AccountID, from number: UInt32, limit: Int
    ) async throws(StoreFailure) -> StoredChain? {
        try await read { try ChainStore(database: $0).chain(of: account, from: number, limit: limit) }
    }

    package func publish(_ step: ChainStep) async throws(StoreFailure) -> ChainOutcome {
        let clock = settings.clock
        return try await change { try ChainStore(database: $0).publish(step, time: clock()) }
    }

    package func leaveGrant(
        _ grant: [UInt8], of device: DeviceID, account: AccountID
    ) async throws(StoreFailure) -> WaitingDevice {
        try await change { try DeviceStateStore(database: $0).leave(grant, of: device, account: account) }
    }
}
