import CLISupport
import ChatProtocol
import GroupRules
import System

/// From being let in to speaking for the account.
extension Client {
    /// Does what the server's welcome asks of this device.
    ///
    /// - Parameter password: with which it was let in.
    func admit(_ welcome: Welcome, on link: Link, password: [UInt8], _ wish: LoginWish) async throws(Problem) {
        let chain = try await ownChain(on: link)
        switch LoginMeaning(welcome, resets: wish.confirmReset != nil) {
        case .ready: break
        case .begin:
            guard try await !chain.begin() else { break }
            return try await waitToBeAdded(on: try await connections.linkOfPending(), wish)
        case .wait: return try await waitToBeAdded(on: link, wish)
        case .reset: try await reset(chain, welcome, password: password, wish)
        }
        try store { store in try store.writeSynced { try store.noteAdmitted(welcome.device, .active) } }
        await settleIn(on: link)
    }

    /// A device that may speak for its account from now on can be added by others, and reads what is written to everyone.
    func settleIn(on link: Link) async {
        // Of a device that still waited when it was let in nothing is asked.
        let isAsked = link.welcomeSoFar?.state == .active
        let link = isAsked ? link : (try? await loggedInLink().0) ?? link
        await attendant.refillKeyPackages(on: link, atEnd: true)
        await attendant.enterEveryone(on: link)
    }

    /// A refusal of a device that waits, with what it is approved by; and of one whose login by an identity file is not finished.
    package func completing(_ problem: Problem) -> Problem {
        var problem = completed(problem)
        problem.advice = problem.advice?.naming(settings.namedProfile)
        return problem
    }

    private func completed(_ problem: Problem) -> Problem {
        if problem.code == ErrorCode.badProof.name, problem.advice == nil, (try? identity())?.standing == .enrolling {
            return Problem(
                .notLoggedIn, "this profile has begun to log in by an identity, and the server does not know of it",
                advice: .finishIdentityLogin(), sent: problem.sent)
        }
        guard problem.code == ErrorCode.devicePending.name, problem.deviceFingerprint == nil, problem.advice == nil,
            let waiting = try? store({ store in try store.identity().flatMap { try store.waitingDevice($0) } })
        else { return problem }
        return waiting.problem
    }

    // MARK: Waiting

    private func waitToBeAdded(on first: Link, _ wish: LoginWish) async throws(Problem) {
        var link = first
        defer { link.close() }
        let waiting = try await ownChain(on: link).leaveGrant()
        // Nobody comes who could.
        guard let patience = wish.patience, waiting.approvers > 0 else { throw waiting.problem }
        await wish.noteWaiting(waiting)
        let end = Monotonic.now + patience
        var backoff = Backoff()
        while true {
            if await link.hearsOfKeys(until: end) { backoff.reset() }
            link.close()
            guard Monotonic.now < end else { throw waiting.lapse }
            do throws(Problem) {
                link = try await connections.linkOfPending(within: end - Monotonic.now)
                let welcome = try await link.welcome()
                guard welcome.state == .pending else {
                    return try store { store in
                        try store.writeSynced { try store.noteAdmitted(welcome.device, .active) }
                    }
                }
            } catch { guard error.mayPassByItself else { throw error } }
            try? await Task.sleep(
                for: min(backoff.next(random: .random(in: 0...(.max))), max(.zero, end - Monotonic.now)))
        }
    }

    // MARK: Beginning anew

    /// Begins the account anew with another device than the profile has. That one's keys stay until it is done: they may be the only ones
    /// that speak for the account, and whoever is stopped before has lost nothing.
    func beginAnew(
        _ identity: Identity, _ welcome: Welcome, on link: Link, password: [UInt8], _ wish: LoginWish
    ) async throws(Problem) {
        let own = try store { store in
            let keys = try ChainKeys.make()
            return try store.writeSynced {
                try store.addChainKeys(keys, of: identity.device)
                return try OwnDevice(identity, try store.chainKeys(of: identity.device) ?? keys)
            }
        }
        let chain = OwnChain(own: own, link: link, generation: welcome.generation, store: profile, log: log)
        do throws(Problem) { try await reset(chain, welcome, password: password, wish) } catch {
            if error.refusesReset {
                try store { store in try store.writeSynced { try store.forgetChainKeys(of: identity.device) } }
                let _: Done? = try? await link.request(
                    RevokeDevice(device: identity.device), timeout: Attendant.patienceAtEnd)
            }
            throw error
        }
    }

    private func reset(
        _ chain: OwnChain, _ welcome: Welcome, password: [UInt8], _ wish: LoginWish
    ) async throws(Problem) {
        let found: Devices = try await chain.link.request(ListDevices())
        let known = try await chain.read()
        let others = AccountDevice.all(found.devices, own: welcome.device, chain: known)
            .filter { !$0.isThis && $0.record.state != .revoked }
        guard let confirm = wish.confirmReset, try await confirm(others) else {
            throw Problem(.refused, "nothing was revoked, and nothing has changed here", sent: .no)
        }
        _ = try await chain.publish(.reset, password: password, beginsAt: .some(known))
    }
}

extension Link {
    /// Waits until the account's chain has another head, the connection ends, or it is `moment`.
    fileprivate func hearsOfKeys(until moment: Duration) async -> Bool {
        let timer = ClientLoop.at(moment) { self.close() }
        defer { timer.cancel() }
        while let frames = await inbox.take() {
            if frames.contains(where: { $0.frameKind == .keysChanged }) { return true }
        }
        return false
    }
}
