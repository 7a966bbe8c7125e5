import ChatProtocol
import WireCodec

/// What an account does with its devices and its password. Confined to the hub's event loop.
final class DeviceRequests {
    private let context: HubContext
    private let accounts: any AccountService
    private let connections: ConnectionRegistry
    private let quota: StoreQuotaDesk
    private let expulsion: Expulsion

    init(
        context: HubContext, accounts: any AccountService, connections: ConnectionRegistry, quota: StoreQuotaDesk,
        expulsion: Expulsion
    ) {
        self.context = context
        self.accounts = accounts
        self.connections = connections
        self.quota = quota
        self.expulsion = expulsion
    }

    func handle(_ frame: RawFrame, _ session: Session) throws(WireError) {
        let correlation = frame.correlation
        switch frame.frameKind {
        case .listDevices:
            let _: ListDevices = try frame.decode()
            list(session, correlation)
        case .addDevice: add(try frame.decode(), session, correlation)
        case .renameDevice: rename(try frame.decode(), session, correlation)
        case .revokeDevice: revoke(try frame.decode(), session, correlation)
        case .suspendDevice: suspend(try frame.decode(), session, correlation)
        case .changePassword: changePassword(try frame.decode(), session, correlation)
        default: session.send(Failure(.unexpectedFrame), correlation: correlation)
        }
    }

    private func list(_ session: Session, _ correlation: UInt32) {
        context.ask(accounts, session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.devices(of: me.account.id)
        } then: { me, devices, reply in
            reply(Devices(devices: devices.map { self.withPresence($0, of: me.account.id) }), nil)
        }
    }

    private func add(_ request: AddDevice, _ session: Session, _ correlation: UInt32) {
        guard quota.hasRoom(for: request.wireBytes.count) else {
            return session.send(Failure(.storeFull), correlation: correlation)
        }
        let origin = session.origin
        context.ask(accounts, session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.addDevice(request, to: me.account.id, from: origin)
        } then: { _, device, reply in
            reply(DeviceAdded(device: device), nil)
        }
    }

    private func rename(_ request: RenameDevice, _ session: Session, _ correlation: UInt32) {
        context.ask(accounts, session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.renameDevice(request, of: me.account.id)
        } then: { _, _, reply in
            reply(Done(), nil)
        }
    }

    private func revoke(_ request: RevokeDevice, _ session: Session, _ correlation: UInt32) {
        guard let identity = session.identity, identity.state == .active || request.device == identity.device else {
            return session.send(Failure(.devicePending), correlation: correlation)
        }
        context.ask(accounts, session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.revokeDevice(request, of: me.account.id)
        } then: { me, _, reply in
            self.end(request.device, of: me, session) { reply(Done(), $0) }
        }
    }

    private func suspend(_ request: SuspendDevice, _ session: Session, _ correlation: UInt32) {
        let origin = session.origin
        context.ask(accounts, session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.suspendDevice(request, of: me.account.id, from: origin)
        } then: { me, _, reply in
            self.end(request.device, of: me, session) { reply(Done(), $0) }
        }
    }

    /// Ends the connections of a device, before the reply; the one that asked after it.
    private func end(_ device: DeviceID, of me: LoggedIn, _ session: Session, reply: @escaping (Failure?) -> Void) {
        expulsion.close([device], of: me.account.id, except: session) { failure in
            reply(failure)
            if device == me.device { session.expel(Failure(.deviceRevoked)) }
        }
    }

    private func changePassword(_ request: ChangePassword, _ session: Session, _ correlation: UInt32) {
        let origin = session.origin
        context.ask(accounts, session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.changePassword(request, of: me.account.id, device: me.device, from: origin)
        } then: { me, revoked, reply in
            self.expulsion.close(revoked, of: me.account.id) { reply(Done(), $0) }
        }
    }

    private func withPresence(_ device: DeviceRecord, of account: AccountID) -> DeviceRecord {
        var device = device
        device.online = connections.subscribers(of: account).contains {
            $0.identity?.device == device.id && $0.isVisible
        }
        return device
    }
}
