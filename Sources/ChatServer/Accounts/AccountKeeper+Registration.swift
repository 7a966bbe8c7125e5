import ChatProtocol

extension AccountKeeper {
    package func register(_ request: Register, from origin: LoginOrigin, completion: @escaping Completion<LoggedIn>) {
        let start = sources.ticks()
        let answer = { (result: Result<LoggedIn, Failure>) in self.answer(result, since: start, completion) }
        guard PasswordRules.mayBeSet(request.password) else { return answer(.failure(Failure(.unacceptablePassword))) }
        let invite: [UInt8]?
        switch policy.registration {
        case .closed: return answer(.failure(Failure(.registrationClosed)))
        case .invite where request.invite.isEmpty: return answer(.failure(Failure(.inviteRequired)))
        case .invite: invite = request.invite
        case .open: invite = nil
        }
        if let rate = policy.limits.registrationRate {
            let wait = registrations.take(AddressPrefix(origin.address), of: rate, at: sources.ticks())
            guard wait == 0 else { return answer(.failure(.slowedDown(wait))) }
        }
        prepare(request, invite: invite) { result in
            switch result {
            case .failure(let failure): answer(.failure(failure))
            case .success(let hash): self.insert(request, hash: hash, invite: invite, origin: origin, then: answer)
            }
        }
    }

    /// What is cheap first: the name and the invite; then the hash.
    private func prepare(
        _ request: Register, invite: [UInt8]?, then: @escaping (Result<PasswordHash, Failure>) -> Void
    ) {
        let time = sources.time()
        work({ try $0.checkRegistration(name: request.name, invite: invite, time: time) }) { result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success: self.hash(request.password, then: then)
            }
        }
    }

    private func insert(
        _ request: Register, hash: PasswordHash, invite: [UInt8]?, origin: LoginOrigin,
        then: @escaping Completion<LoggedIn>
    ) {
        let account = StoredAccount(
            record: AccountRecord(id: sources.identifier(), name: request.name, displayName: request.displayName),
            passwordHash: hash.text, created: sources.time())
        let id: DeviceID = sources.identifier()
        work(
            { database in
                let keys = try DeviceProof.keys(of: request.device, binding: origin.binding)
                let device = NewDevice(
                    id: id, name: request.device.name, certificate: request.device.certificate, keys: keys)
                try database.register(account, device: device, invite: invite)
                return LoggedIn(account: account.record, device: id, deviceName: device.name)
            }
        ) { result in
            if case .success = result {
                self.log.info("account made", metadata: ["user": "\(request.name)"])
            }
            then(result)
        }
    }
}
