import ChatProtocol

extension AccountKeeper {
    /// A password that was right, and whose it is.
    private struct Checked {
        var account: StoredAccount
        /// The hash should be made anew from the password.
        var wantsNewHash: Bool
    }

    // MARK: Login

    /// Logs in by password: throttle, look-up, bcrypt, and then the device.
    package func logIn(_ request: LoginByPassword, from origin: LoginOrigin) async throws(Failure) -> LoggedIn {
        var start = sources.ticks()
        do throws(Failure) {
            let name = request.name
            let checked = try await check(request.password, of: name, origin, turn: &start) {
                [store] () throws(StoreFailure) in try await store.account(named: name)
            }
            let keys = try DeviceProof.keys(of: request.device, binding: origin.binding)
            let device = NewDevice(
                id: request.existing ?? sources.identifier(), name: request.device.name,
                certificate: request.device.certificate, keys: keys)
            let account = checked.account
            let admission = try await admission(of: request, to: account.record.id, keys)
            let loggedIn = try await change { () throws(StoreFailure) in
                try await store.admit(device, admission, to: account.record.id, ifHashIs: account.passwordHash)
            }
            let place = place(of: name, origin, isLoggedIn: true)
            if checked.wantsNewHash { renewHash(of: account, password: request.password, place) }
            known.withLock { $0.note(name, from: place.prefix) }
            return loggedIn
        } catch {
            await hold(error, since: start)
            throw error
        }
    }

    /// Whether a device that logs in again has proved the key that it has in its account's chain.
    private nonisolated func admission(
        of request: LoginByPassword, to account: AccountID, _ keys: [DeviceKey]
    ) async throws(Failure) -> Admission {
        guard let device = request.existing else { return .new }
        guard let key = keys.first(where: { $0.purpose == .signature })?.publicKey else { return .again(proven: nil) }
        let kept = try await chain(of: account)
        guard let known = kept.chain?.devices[device], known.isActive, known.key(of: known.instance)?.bytes == key
        else { return .again(proven: nil) }
        return .again(proven: kept.head)
    }

    /// Makes the hash of an imported account anew, behind the login's back; a full queue leaves it for the next time.
    private func renewHash(of account: StoredAccount, password: [UInt8], _ place: PasswordPlace) {
        Task {
            guard let hash = try? await passwords.hash(password, for: place) else { return }
            _ = try? await change { () throws(StoreFailure) in
                try await store.setPassword(
                    hash, of: account.record.id, replacing: account.passwordHash, revokingAllBut: nil)
            }
        }
    }

    // MARK: Checking

    /// Where a computation for somebody waits.
    func place(of name: UserName, _ origin: LoginOrigin, isLoggedIn: Bool = false) -> PasswordPlace {
        let prefix = AddressPrefix(origin.address)
        return PasswordPlace(
            prefix: prefix, name: name, isKnown: isLoggedIn || known.withLock { $0.contains(name, from: prefix) })
    }

    /// Looks a password up and computes it. Takes from the throttle, and gives back where a login's password is right.
    ///
    /// - Parameters:
    ///   - isLoggedIn: it is not asked to log in. That costs as much, and a right password is no reason to have it for
    ///     nothing: nothing is given back.
    ///   - name: for the throttle; whom `find` looks up.
    ///   - turn: the time from which the deadline of a failure counts: set to when the computation began. How long it
    ///     waited for others tells nothing of this name, and with it a failure would be answered the later the dearer
    ///     their hashes are.
    private func check(
        _ password: [UInt8], of name: UserName, _ origin: LoginOrigin, isLoggedIn: Bool = false, turn: inout Ticks,
        find: @Sendable () async throws(StoreFailure) -> StoredAccount?
    ) async throws(Failure) -> Checked {
        let prefix = AddressPrefix(origin.address)
        let wait = throttle.begin(name, from: prefix, at: sources.ticks())
        guard wait == .zero else { throw Failure(.rateLimited, retryAfter: wait) }
        do throws(Failure) {
            let login = PasswordLogin(
                account: try await ask(find), password: password, dummy: Bcrypt.dummy(cost: passwords.cost),
                own: passwords.cost, dearest: try await dearestCost())
            let place = place(of: name, origin, isLoggedIn: isLoggedIn)
            let checked = try await compute(login, password, place, turn: &turn)
            if !isLoggedIn { throttle.forgive(name, from: prefix, at: sources.ticks()) }
            return checked
        } catch {
            // Only what says nothing of the password is given back, and success.
            if !error.judgesPassword { throttle.forgive(name, from: prefix, at: sources.ticks()) }
            throw error
        }
    }

    private func compute(
        _ login: PasswordLogin, _ password: [UInt8], _ place: PasswordPlace, turn: inout Ticks
    ) async throws(Failure) -> Checked {
        guard let hash = login.hash else { throw Failure(.internalError) }
        let ticks = sources.ticks
        let (outcome, begun) = try await passwords.compute(for: place) {
            let begun = ticks()
            let outcome = login.outcome(fits: Bcrypt.verify(password, against: hash))
            if outcome.isRefusal {
                for other in login.padding { _ = Bcrypt.verify(password, against: other) }
            }
            return (outcome, begun)
        }
        turn = begun
        note(outcome)
        guard case .accepted(let account) = outcome else { throw outcome.failure ?? Failure(.loginRefused) }
        return Checked(account: account, wantsNewHash: login.wantsNewHash)
    }

    /// A name that nobody has may be a password typed into the wrong field: it is never written down.
    private func note(_ outcome: PasswordLogin.Outcome) {
        switch outcome {
        case .accepted: break
        case .unknownName: log.info("login refused", metadata: ["reason": "unknown_name"])
        case .wrongPassword: log.info("login refused", metadata: ["reason": "wrong_password"])
        case .disabled: log.info("login refused", metadata: ["reason": "disabled"])
        }
    }

    /// What the hash is of an account's password, where this is the password: for what a device may do with it alone.
    func checkedHash(
        _ password: [UInt8], of account: AccountID, from origin: LoginOrigin
    ) async throws(Failure) -> String {
        var start = sources.ticks()
        do throws(Failure) {
            let kept = try await ask { () throws(StoreFailure) in try await store.account(account) }
            guard let name = kept?.record.name else { throw Failure(.loginRefused) }
            let checked = try await check(password, of: name, origin, isLoggedIn: true, turn: &start) {
                [store] () throws(StoreFailure) in try await store.account(account)
            }
            return checked.account.passwordHash
        } catch {
            await hold(error, since: start)
            throw error
        }
    }

    // MARK: A new password

    package func changePassword(
        _ request: ChangePassword, of account: AccountID, device: DeviceID, from origin: LoginOrigin
    ) async throws(Failure) -> [DeviceID] {
        guard PasswordRules.mayBeSet(request.new) else { throw Failure(.unacceptablePassword) }
        var start = sources.ticks()
        do throws(Failure) {
            let kept = try await ask { () throws(StoreFailure) in try await store.account(account) }
            guard let name = kept?.record.name else { throw Failure(.loginRefused) }
            let checked = try await check(request.old, of: name, origin, isLoggedIn: true, turn: &start) {
                [store] () throws(StoreFailure) in try await store.account(account)
            }
            let hash = try await passwords.hash(request.new, for: place(of: name, origin, isLoggedIn: true))
            return try await change { () throws(StoreFailure) in
                try await store.setPassword(
                    hash, of: account, replacing: checked.account.passwordHash,
                    revokingAllBut: request.revokeOthers ? device : nil)
            }
        } catch {
            await hold(error, since: start)
            throw error
        }
    }
}

extension Failure {
    /// Whether a password was computed to come to it, or its account looked at.
    fileprivate var judgesPassword: Bool {
        switch errorCode {
        case .busy, .shuttingDown, .storeFailed, .storeFull: false
        default: true
        }
    }
}
