import ChatProtocol
import NIOCore
import SQLite
import Transport

@testable import ChatServer

/// A keeper of accounts that takes every password: delivery is tested here, not the login.
///
/// `existing` in a login by password takes a device up again; a name that is not known is made an account.
final class TestAccounts: AccountService {
    private let loop: any EventLoop
    private let store: HubStore
    private let everyone: ConversationID

    init(_ hub: Hub) {
        loop = hub.loop
        store = hub.store
        everyone = hub.identity.everyone
    }

    func logIn(_ request: LoginByPassword, from origin: LoginOrigin, completion: @escaping Completion<LoggedIn>) {
        let everyone = everyone
        // One that is never answered, as by a pool that is far behind.
        guard request.password != Array("never".utf8) else { return }
        guard request.password != Array("wrong".utf8) else { return completion(.failure(Failure(.loginRefused))) }
        store.writer.perform(on: loop) { side in
            try side.database.transaction {
                try TestAccounts.logIn(request, everyone: everyone, in: side.database)
            }
        } completion: { result in
            completion(result.mapError { Failure(.internalError, sentence: "\($0)") })
        }
    }

    private static func logIn(
        _ request: LoginByPassword, everyone: ConversationID, in database: Database
    ) throws -> LoggedIn {
        let kept: (AccountID, Int64)? = try database.first(
            "SELECT id, flags FROM accounts WHERE name = ?", request.name.text
        ) { (try $0.identifier(0), $0.integer(1)) }
        let account = kept?.0 ?? random()
        if kept == nil {
            try database.run(
                "INSERT INTO accounts(id, name, display_name, password_hash, created) VALUES(?, ?, ?, '', 0)", account,
                request.name.text, request.name.text.uppercased())
            try MembershipStore.joinEveryone(account, everyone: everyone, in: database)
        }
        let device = request.existing ?? random()
        if request.existing == nil {
            try database.run(
                "INSERT INTO devices(id, account, name, state, created) VALUES(?, ?, ?, 2, 0)", device, account,
                request.device.name)
            try MembershipStore.beginCursors(of: device, account: account, in: database)
        }
        let flags = AccountRecord.Flags(rawValue: UInt8(truncatingIfNeeded: kept?.1 ?? 0))
        return LoggedIn(
            account: AccountRecord(
                id: account, name: request.name, displayName: request.name.text.uppercased(), flags: flags),
            device: device, deviceName: request.device.name)
    }

    private static func random<Kind>() -> Identifier<Kind> {
        Identifier(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
    }

    func register(_ request: Register, from origin: LoginOrigin, completion: @escaping Completion<LoggedIn>) {
        completion(.failure(Failure(.registrationClosed)))
    }
    func logIn(_ request: LoginByDevice, from origin: LoginOrigin, completion: @escaping Completion<LoggedIn>) {
        completion(.failure(Failure(.badProof)))
    }
    func devices(of account: AccountID, completion: @escaping Completion<[DeviceRecord]>) { completion(.success([])) }
    func addDevice(
        _ request: AddDevice, to account: AccountID, from origin: LoginOrigin,
        completion: @escaping Completion<DeviceID>
    ) { completion(.failure(Failure(.tooManyDevices))) }
    func renameDevice(_ request: RenameDevice, of account: AccountID, completion: @escaping Completion<Void>) {
        completion(.failure(Failure(.noSuchDevice)))
    }
    func revokeDevice(_ request: RevokeDevice, of account: AccountID, completion: @escaping Completion<Void>) {
        completion(.success(()))
    }
    func changePassword(
        _ request: ChangePassword, of account: AccountID, device: DeviceID, from origin: LoginOrigin,
        completion: @escaping Completion<[DeviceID]>
    ) { completion(.success([])) }
}
