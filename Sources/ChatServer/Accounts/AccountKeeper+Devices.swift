import ChatProtocol

extension AccountKeeper {
    /// Logs a device in by its key. What computes is the store's thread: the caller's may be the hub's loop.
    ///
    /// Its state is told only to who holds its key: an unknown device and a wrong signature are one answer.
    package nonisolated func logIn(
        _ request: LoginByDevice, from origin: LoginOrigin
    ) async throws(Failure) -> LoggedIn {
        try await letIn(request.device, from: origin) { () throws(Failure) in
            try await ask { () throws(StoreFailure) in
                try await store.logIn(request.device, of: request.account, number: request.number) { key in
                    DeviceProof.isSigned(request, by: key, binding: origin.binding)
                }
            }
        }
    }

    /// Logs a device in by its keys: where it does its owner is no stranger; a refusal is held back, and logged.
    nonisolated func letIn(
        _ device: DeviceID, from origin: LoginOrigin, _ logIn: () async throws(Failure) -> LoggedIn
    ) async throws(Failure) -> LoggedIn {
        let start = sources.ticks()
        do throws(Failure) {
            let loggedIn = try await logIn()
            known.withLock { $0.note(loggedIn.account.name, from: AddressPrefix(origin.address)) }
            return loggedIn
        } catch {
            log.info(
                "login refused", metadata: ["reason": "\(error.errorCode?.name ?? "?")", "device": "\(device)"])
            await hold(error, since: start)
            throw error
        }
    }

    package nonisolated func devices(of account: AccountID) async throws(Failure) -> [DeviceRecord] {
        try await ask { () throws(StoreFailure) in try await store.devices(of: account) }
    }

    package nonisolated func addDevice(
        _ request: AddDevice, to account: AccountID, from origin: LoginOrigin
    ) async throws(Failure) -> DeviceID {
        let keys = try DeviceProof.keys(of: request.device, binding: origin.binding)
        guard keys.contains(where: { $0.purpose == .login || $0.purpose == .enrol }) else {
            throw Failure(.malformed, sentence: "a further device needs a key to log in by, or to begin that with")
        }
        let device = NewDevice(
            id: sources.identifier(), name: request.device.name, certificate: request.device.certificate, keys: keys)
        try await change { () throws(StoreFailure) in try await store.addDevice(device, to: account) }
        return device.id
    }

    package nonisolated func renameDevice(_ request: RenameDevice, of account: AccountID) async throws(Failure) {
        try await change { () throws(StoreFailure) in
            try await store.renameDevice(request.device, of: account, to: request.name)
        }
    }

    package nonisolated func revokeDevice(_ request: RevokeDevice, of account: AccountID) async throws(Failure) {
        try await change { () throws(StoreFailure) in try await store.revokeDevice(request.device, of: account) }
    }
}
