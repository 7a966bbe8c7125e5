import ChatProtocol

extension Hub {
    func listDevices(_ session: Session, _ correlation: UInt32) {
        ask(session, correlation) { accounts, me, done in
            accounts.devices(of: me.account.id) { result in
                done(result.map { Devices(devices: $0.map { self.withPresence($0, of: me.account.id) }) })
            }
        }
    }

    func addDevice(_ request: AddDevice, _ session: Session, _ correlation: UInt32) {
        guard quota.hasRoom(for: request.wireBytes.count) else {
            return session.send(Failure(.storeFull), correlation: correlation)
        }
        ask(session, correlation) { accounts, me, done in
            accounts.addDevice(request, to: me.account.id, from: session.origin) { result in
                done(result.map { DeviceAdded(device: $0) })
            }
        }
    }

    func renameDevice(_ request: RenameDevice, _ session: Session, _ correlation: UInt32) {
        ask(session, correlation) { accounts, me, done in
            accounts.renameDevice(request, of: me.account.id) { done($0.map { Done() }) }
        }
    }

    func revokeDevice(_ request: RevokeDevice, _ session: Session, _ correlation: UInt32) {
        ask(session, correlation) { accounts, me, done in
            accounts.revokeDevice(request, of: me.account.id) { result in
                guard case .success = result else { return done(result.map { Done() }) }
                self.closeConnections(devices: [request.device], except: session) {
                    done(.success(Done()))
                    if request.device == me.device { self.expel(session, Failure(.deviceRevoked)) }
                }
            }
        }
    }

    func changePassword(_ request: ChangePassword, _ session: Session, _ correlation: UInt32) {
        ask(session, correlation) { accounts, me, done in
            accounts.changePassword(request, of: me.account.id, device: me.device, from: session.origin) { result in
                guard case .success(let revoked) = result else { return done(result.map { _ in Done() }) }
                self.closeConnections(devices: revoked) { done(.success(Done())) }
            }
        }
    }

    /// A request that the keeper of accounts carries out.
    private func ask<Reply: FrameBody>(
        _ session: Session, _ correlation: UInt32,
        _ body: (any AccountService, LoggedIn, @escaping (Result<Reply, Failure>) -> Void) -> Void
    ) {
        guard let accounts else { return session.send(Failure(.internalError), correlation: correlation) }
        guard let me = begin(session) else { return }
        body(accounts, me) { self.finish(session, correlation, $0) }
    }

    private func withPresence(_ device: DeviceRecord, of account: AccountID) -> DeviceRecord {
        var device = device
        device.online = subscribers(of: account).contains { $0.identity?.device == device.id && $0.isVisible }
        return device
    }
}
