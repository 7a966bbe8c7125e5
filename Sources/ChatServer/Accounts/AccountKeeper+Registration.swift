import ChatProtocol

extension AccountKeeper {
    package func register(_ request: Register, from origin: LoginOrigin) async throws(Failure) -> LoggedIn {
        let start = sources.ticks()
        do throws(Failure) {
            return try await makeAccount(request, from: origin)
        } catch {
            await hold(error, since: start)
            throw error
        }
    }

    private func makeAccount(_ request: Register, from origin: LoginOrigin) async throws(Failure) -> LoggedIn {
        guard PasswordRules.mayBeSet(request.password) else { throw Failure(.unacceptablePassword) }
        let invite = try invite(of: request)
        if let rate = policy.limits.registrationRate {
            let wait = registrations.take(AddressPrefix(origin.address), of: rate, at: sources.ticks())
            guard wait == .zero else { throw Failure(.rateLimited, retryAfter: wait) }
        }
        // What is cheap first: the name and the invite; then the hash.
        try await check(request.name, invite)
        let hash = try await passwords.hash(request.password, for: place(of: request.name, origin))
        let keys = try DeviceProof.keys(of: request.device, binding: origin.binding)
        let account = StoredAccount(
            record: AccountRecord(id: sources.identifier(), name: request.name, displayName: request.displayName),
            passwordHash: hash.text, created: sources.time())
        let device = NewDevice(
            id: sources.identifier(), name: request.device.name, certificate: request.device.certificate, keys: keys)
        try await change { () throws(StoreFailure) in
            try await store.register(account, device: device, invite: invite)
        }
        await joinEveryone(account.record.id)
        log.info("account made", metadata: ["user": "\(request.name)"])
        return LoggedIn(
            account: account.record, device: device.id, deviceName: device.name, in: try await generation(),
            key: device.loginKey ?? [])
    }

    /// The invite that is to be used; nil where none is needed.
    private func invite(of request: Register) throws(Failure) -> [UInt8]? {
        switch policy.registration {
        case .closed: throw Failure(.registrationClosed)
        case .invite where request.invite.isEmpty: throw Failure(.inviteRequired)
        case .invite: request.invite
        case .open: nil
        }
    }

    private func check(_ name: UserName, _ invite: [UInt8]?) async throws(Failure) {
        if let invite {
            let isValid = try await ask { () throws(StoreFailure) in try await store.isValid(invite: invite) }
            guard isValid else { throw Failure(.inviteInvalid) }
        }
        let taken = try await ask { () throws(StoreFailure) in try await store.account(named: name) }
        guard taken == nil else { throw Failure(.nameTaken) }
    }
}
