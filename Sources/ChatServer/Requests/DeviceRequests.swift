import ChatProtocol

extension Hub {
    func listDevices(_ session: Session, _ correlation: UInt32) {
        ask(session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.devices(of: me.account.id)
        } then: { me, devices, reply in
            reply(Devices(devices: devices.map { self.withPresence($0, of: me.account.id) }))
        }
    }

    func addDevice(_ request: AddDevice, _ session: Session, _ correlation: UInt32) {
        guard quota.hasRoom(for: request.wireBytes.count) else {
            return session.send(Failure(.storeFull), correlation: correlation)
        }
        let origin = session.origin
        ask(session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.addDevice(request, to: me.account.id, from: origin)
        } then: { _, device, reply in
            reply(DeviceAdded(device: device))
        }
    }

    func renameDevice(_ request: RenameDevice, _ session: Session, _ correlation: UInt32) {
        ask(session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.renameDevice(request, of: me.account.id)
        } then: { _, _, reply in
            reply(Done())
        }
    }

    func revokeDevice(_ request: RevokeDevice, _ session: Session, _ correlation: UInt32) {
        ask(session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.revokeDevice(request, of: me.account.id)
        } then: { me, _, reply in
            self.closeConnections(devices: [request.device], except: session) {
                reply(Done())
                if request.device == me.device { self.expel(session, Failure(.deviceRevoked)) }
            }
        }
    }

    func changePassword(_ request: ChangePassword, _ session: Session, _ correlation: UInt32) {
        let origin = session.origin
        ask(session, correlation) { (accounts, me) throws(Failure) in
            try await accounts.changePassword(request, of: me.account.id, device: me.device, from: origin)
        } then: { _, revoked, reply in
            self.closeConnections(devices: revoked) { reply(Done()) }
        }
    }

    /// A request that the keeper of accounts carries out.
    ///
    /// - Parameter then: does what follows from it, and replies.
    private func ask<Value: Sendable, Reply: FrameBody>(
        _ session: Session, _ correlation: UInt32,
        _ work: @escaping @Sendable (any AccountService, LoggedIn) async throws(Failure) -> Value,
        then: @escaping (LoggedIn, Value, _ reply: @escaping (Reply) -> Void) -> Void
    ) {
        guard let me = begin(session) else { return }
        bridge.compute { [accounts] () throws(Failure) in
            try await work(accounts, me)
        } then: { result in
            switch result {
            case .success(let value): then(me, value) { self.finish(session, correlation, .success($0)) }
            case .failure(let failure): self.finish(session, correlation, Result<Reply, _>.failure(failure))
            }
        }
    }

    private func withPresence(_ device: DeviceRecord, of account: AccountID) -> DeviceRecord {
        var device = device
        device.online = subscribers(of: account).contains { $0.identity?.device == device.id && $0.isVisible }
        return device
    }
}
