import ChatProtocol

extension AccountKeeper {
    package func logIn(
        _ request: LoginByDevice, from origin: LoginOrigin, completion: @escaping Completion<LoggedIn>
    ) {
        let start = sources.ticks()
        work({ try $0.logIn(request, binding: origin.binding) }) { result in
            if case .failure(let failure) = result {
                self.log.info(
                    "login refused",
                    metadata: ["reason": "\(failure.errorCode?.name ?? "?")", "device": "\(request.device)"])
            }
            self.answer(result, since: start, completion)
        }
    }

    package func devices(of account: AccountID, completion: @escaping Completion<[DeviceRecord]>) {
        work({ try $0.devices.devices(of: account) }, then: completion)
    }

    package func addDevice(
        _ request: AddDevice, to account: AccountID, from origin: LoginOrigin,
        completion: @escaping Completion<DeviceID>
    ) {
        let id: DeviceID = sources.identifier()
        let time = sources.time()
        work(
            { database in
                let keys = try DeviceProof.keys(of: request.device, binding: origin.binding)
                guard keys.contains(where: { $0.purpose == .login }) else {
                    throw Failure(.malformed, sentence: "a further device needs a key to log in by")
                }
                let device = NewDevice(
                    id: id, name: request.device.name, certificate: request.device.certificate, keys: keys)
                try database.addDevice(device, to: account, time: time)
                return id
            }, then: completion)
    }

    package func renameDevice(_ request: RenameDevice, of account: AccountID, completion: @escaping Completion<Void>) {
        work({ try $0.renameDevice(request.device, of: account, to: request.name) }, then: completion)
    }

    package func revokeDevice(_ request: RevokeDevice, of account: AccountID, completion: @escaping Completion<Void>) {
        work({ try $0.revokeDevice(request.device, of: account) }, then: completion)
    }
}
