import ChatProtocol

extension AccountKeeper {
    /// Logs a device in by its key.
    ///
    /// Its state is told only to who holds its key: an unknown device and a wrong signature are one answer.
    package nonisolated func logIn(
        _ request: LoginByDevice, from origin: LoginOrigin
    ) async throws(Failure) -> LoggedIn {
        let start = sources.ticks()
        do throws(Failure) {
            let row = try await ask { () throws(StoreFailure) in
                try await store.loginRow(request.device, of: request.account)
            }
            guard let row, DeviceProof.isSigned(request, by: row.key, binding: origin.binding) else {
                throw try await wasReplaced(request, origin)
                    ? Failure(.replaced)
                    : Failure(
                        .badProof,
                        sentence: "this device is not known here, or its signature does not verify; log in again")
            }
            let loggedIn = try await ask { () throws(StoreFailure) in
                try await store.useLoginNumber(request.number, of: request.device, checkedAgainst: row)
            }
            await noteOrigin(of: loggedIn, origin)
            return loggedIn
        } catch {
            log.info(
                "login refused",
                metadata: ["reason": "\(error.errorCode?.name ?? "?")", "device": "\(request.device)"])
            await hold(error, since: start)
            throw error
        }
    }

    /// Whether the key of a login was the device's before a newer use of its identity file.
    private nonisolated func wasReplaced(_ request: LoginByDevice, _ origin: LoginOrigin) async throws(Failure) -> Bool
    {
        let keys = try await ask { () throws(StoreFailure) in
            try await store.replacedKeys(of: request.device, account: request.account)
        }
        return keys.contains { DeviceProof.isSigned(request, by: $0, binding: origin.binding) }
    }

    /// Where a device logs in its owner is no stranger.
    func noteOrigin(of loggedIn: LoggedIn, _ origin: LoginOrigin) {
        known.note(loggedIn.account.name, from: AddressPrefix(origin.address))
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
