import ChatProtocol
import NIOCore

extension AccountKeeper {
    /// A password that was right, and whose it is.
    struct Checked {
        var account: StoredAccount
        /// The hash should be made anew from the password.
        var wantsNewHash: Bool
    }

    /// Logs in by password: throttle, look-up, bcrypt, and then the device.
    package func logIn(
        _ request: LoginByPassword, from origin: LoginOrigin, completion: @escaping Completion<LoggedIn>
    ) {
        let name = request.name
        check(request.password, of: { try $0.accounts.account(named: name) }, name: name, origin: origin) {
            (result, start) in
            switch result {
            case .failure(let failure): self.answer(.failure(failure), since: start, completion)
            case .success(let checked):
                self.settle(request, checked: checked, origin: origin) { result in
                    if case .success = result, checked.wantsNewHash {
                        self.renewHash(of: checked.account, password: request.password)
                    }
                    self.answer(result, since: start, completion)
                }
            }
        }
    }

    /// Looks a password up and computes it. Takes from the throttle, and gives back where the password is right.
    ///
    /// - Parameters:
    ///   - name: for the throttle; whom `find` looks up.
    ///   - then: gets the time from which the deadline of a failure counts: when the computation began. How long it
    ///     waited for others tells nothing of this name, and with it a failure would be answered the later the dearer
    ///     their hashes are.
    func check(
        _ password: [UInt8], of find: @escaping @Sendable (AccountDatabase) throws -> StoredAccount?, name: UserName,
        origin: LoginOrigin, then: @escaping (Result<Checked, Failure>, _ start: UInt64) -> Void
    ) {
        let start = sources.ticks()
        let prefix = AddressPrefix(origin.address)
        let wait = throttle.begin(name, from: prefix, at: sources.ticks())
        guard wait == 0 else { return then(.failure(.slowedDown(wait)), start) }
        let forgive = { self.throttle.forgive(name, from: prefix, at: self.sources.ticks()) }
        work({ (account: try find($0), dearest: try $0.dearestCost()) }) { found in
            switch found {
            case .failure(let failure):
                forgive()
                then(.failure(failure), start)
            case .success(let found):
                let login = PasswordLogin(
                    account: found.account, password: password, dummy: Bcrypt.dummy, dearest: found.dearest)
                self.compute(login, password) { result, start in
                    // Only what says nothing of the password is given back, and success.
                    if (try? result.get()) != nil || result.isBusy { forgive() }
                    then(result, start)
                }
            }
        }
    }

    private func compute(
        _ login: PasswordLogin, _ password: [UInt8],
        then: @escaping (Result<Checked, Failure>, _ start: UInt64) -> Void
    ) {
        let ticks = sources.ticks
        guard let hash = login.hash else { return then(.failure(Failure(.internalError)), ticks()) }
        let isTaken = passwords.compute({
            let start = ticks()
            let outcome = login.outcome(fits: Bcrypt.verify(password, against: hash))
            if outcome.isRefusal {
                for other in login.padding { _ = Bcrypt.verify(password, against: other) }
            }
            return (outcome: outcome, start: start)
        }) { computed in
            guard let (outcome, start) = computed else { return then(.failure(Failure(.shuttingDown)), ticks()) }
            self.note(outcome)
            switch outcome {
            case .accepted(let account):
                then(.success(Checked(account: account, wantsNewHash: login.wantsNewHash)), start)
            default: then(.failure(outcome.failure ?? Failure(.loginRefused)), start)
            }
        }
        if !isTaken { then(.failure(Failure(.busy, retryAfter: Self.busyRetry)), ticks()) }
    }

    /// When a full queue has room again, milliseconds: about ten computations.
    static let busyRetry: UInt32 = 2_000

    /// A name that nobody has may be a password typed into the wrong field: it is never written down.
    private func note(_ outcome: PasswordLogin.Outcome) {
        switch outcome {
        case .accepted: break
        case .unknownName: log.info("login refused", metadata: ["reason": "unknown_name"])
        case .wrongPassword: log.info("login refused", metadata: ["reason": "wrong_password"])
        case .disabled: log.info("login refused", metadata: ["reason": "disabled"])
        }
    }

    /// Makes the device, or takes it up.
    private func settle(
        _ request: LoginByPassword, checked: Checked, origin: LoginOrigin, then: @escaping Completion<LoggedIn>
    ) {
        let fresh: DeviceID = sources.identifier()
        let time = sources.time()
        let account = checked.account
        work(
            { database in
                let keys = try DeviceProof.keys(of: request.device, binding: origin.binding)
                let device = NewDevice(
                    id: request.existing ?? fresh, name: request.device.name, certificate: request.device.certificate,
                    keys: keys)
                let record = try database.logIn(
                    account: account.record.id, hash: account.passwordHash, device: device,
                    takesUp: request.existing != nil, time: time)
                return LoggedIn(account: record, device: device.id, deviceName: device.name)
            }, then: then)
    }

    /// Makes the hash of an imported account anew, behind the login's back; a full queue leaves it for the next time.
    private func renewHash(of account: StoredAccount, password: [UInt8]) {
        let old = account.passwordHash
        _ = passwords.compute({ try? Bcrypt.hash(password) }) { hash in
            guard let hash, let hash else { return }
            self.work({ database in
                try database.accounts.setPassword(hash, of: account.record.id, replacing: old)
                database.importedHashesChanged()
            }) { _ in }
        }
    }

    package func changePassword(
        _ request: ChangePassword, of account: AccountID, device: DeviceID, from origin: LoginOrigin,
        completion: @escaping Completion<[DeviceID]>
    ) {
        let start = sources.ticks()
        guard PasswordRules.mayBeSet(request.new) else { return completion(.failure(Failure(.unacceptablePassword))) }
        work({ try $0.accounts.account(account)?.record.name }) { found in
            switch found {
            case .failure(let failure): self.answer(.failure(failure), since: start, completion)
            case .success(nil): self.answer(.failure(Failure(.loginRefused)), since: start, completion)
            case .success(let name?):
                self.check(
                    request.old, of: { try $0.accounts.account(account) }, name: name, origin: origin
                ) { result, start in
                    switch result {
                    case .failure(let failure): self.answer(.failure(failure), since: start, completion)
                    case .success(let checked):
                        self.setPassword(request, checked.account, device: device) {
                            self.answer($0, since: start, completion)
                        }
                    }
                }
            }
        }
    }

    private func setPassword(
        _ request: ChangePassword, _ account: StoredAccount, device: DeviceID, then: @escaping Completion<[DeviceID]>
    ) {
        hash(request.new) { result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let hash):
                self.work(
                    {
                        try $0.changePassword(
                            of: account.record.id, from: account.passwordHash, to: hash,
                            revokingAllBut: request.revokeOthers ? device : nil)
                    }, then: then)
            }
        }
    }

    /// Hashes a password that may be set.
    func hash(_ password: [UInt8], then: @escaping (Result<PasswordHash, Failure>) -> Void) {
        let isTaken = passwords.compute({ try? Bcrypt.hash(password) }) { hash in
            guard let hash else { return then(.failure(Failure(.shuttingDown))) }
            then(hash.map { .success($0) } ?? .failure(Failure(.internalError)))
        }
        if !isTaken { then(.failure(Failure(.busy, retryAfter: Self.busyRetry))) }
    }
}

extension Result where Failure == ChatProtocol.Failure {
    fileprivate var isBusy: Bool {
        if case .failure(let failure) = self {
            failure.errorCode == .busy || failure.errorCode == .shuttingDown
        } else {
            false
        }
    }
}
