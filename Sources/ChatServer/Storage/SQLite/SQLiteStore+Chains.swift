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

    package func enrolment(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) -> EnrolledDevice? {
        try await read { try EnrolmentStore(database: $0).enrolment(device, of: account) }
    }

    package func enrol(_ entry: IdentityEntry) async throws(StoreFailure) -> LoggedIn {
        let clock = settings.clock
        return try await change { try EnrolmentStore(database: $0).enrol(entry, time: clock()) }
    }

    package func suspendDevice(
        _ device: DeviceID, of account: AccountID, ifHashIs hash: String
    ) async throws(StoreFailure) {
        try await change { database in
            guard let kept = try AccountStore(database: database).account(account), kept.passwordHash == hash,
                !kept.isDeleted
            else { throw Failure(.loginRefused) }
            try DeviceStore(database: database).end(device, of: account)
        }
    }
}
