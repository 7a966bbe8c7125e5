import CLISupport
import ChatProtocol
import Glibc
import System
import Transport

/// Becoming somebody, and ceasing to be.
extension Client {
    /// Makes an account and logs this device in.
    package func register(
        user: UserName, displayName: String?, password: [UInt8], invite: [UInt8]? = nil, deviceName: String? = nil
    ) async throws(Problem) -> WhoAmI {
        try Self.checkNewPassword(password)
        let displayName = displayName ?? user.text
        try Self.check(displayName, limit: Limits.displayName, what: "a display name")
        let deviceName = deviceName ?? Self.hostName()
        try Self.check(deviceName, limit: Limits.deviceName, what: "a device's name")
        try onProfile { try $0.create() }
        if let identity = try store({ try $0.identity() }) {
            throw Problem(
                .wrongProfile, "profile \(settings.profile) belongs to \(identity.name) already",
                advice: .useAnotherProfile(profile: settings.namedProfile))
        }
        let key = try Self.newKey()
        let address = settings.serverOfNewProfiles
        let link = try await connections.connect(
            to: address,
            login: .register(
                name: user, displayName: displayName, password: password, invite: invite ?? [],
                deviceName: deviceName, key: key))
        return try await finishLogin(link, key: key, address: address, password: password)
    }

    /// Whose the profile is, or was before a logout; nil: nobody's. Never fails, never connects.
    package func owner() -> UserName? { (try? storeForReading { try $0.identity()?.name }) ?? nil }

    /// Logs this device in by password; from then on its own key does.
    ///
    /// - Throws: `device_pending` (77) where the account's other devices have to approve this one.
    package func login(
        user: UserName, password: [UInt8], deviceName: String? = nil, wish: LoginWish = LoginWish()
    ) async throws(Problem) -> WhoAmI {
        let name = deviceName ?? Self.hostName()
        try Self.check(name, limit: Limits.deviceName, what: "a device's name")
        try onProfile { try $0.create() }
        let known = try store { try $0.identity() }
        if let known, known.name != user {
            throw Problem(
                .wrongProfile, "profile \(settings.profile) belongs to \(known.name), not to \(user)",
                advice: .useAnotherProfile(profile: settings.namedProfile))
        }
        let address = known?.address ?? settings.serverOfNewProfiles
        let existing = known.flatMap { $0.standing.isTakenUp(resets: wish.confirmReset != nil) ? $0 : nil }
        let begun = try store { try $0.begunReset() }
        // A device that has begun the account anew, and whose process was ended before it knew, goes on.
        for device in [existing.map { ($0.device, $0.loginKey) }, begun.map { ($0, nil) }].compactMap(\.self) {
            do throws(Problem) {
                return try await login(user, password, existing: device, deviceName: name, address: address, wish)
            } catch {
                guard try isFurther(device.0, error) else { throw error }
                guard error.code == ErrorCode.noSuchDevice.name,
                    try await givesBack(device.0, to: address, user, password, deviceName: name)
                else { continue }
                do throws(Problem) {
                    return try await login(user, password, existing: device, deviceName: name, address: address, wish)
                } catch { guard try isFurther(device.0, error) else { throw error } }
            }
        }
        return try await login(user, password, existing: nil, deviceName: name, address: address, wish)
    }

    /// Whether this profile is a further device to a server that refuses it as the one that it was: also where a restore has lost by which
    /// renewal one that came by an identity file has its key.
    private func isFurther(_ device: DeviceID, _ refusal: Problem) throws(Problem) -> Bool {
        switch refusal.code {
        case ErrorCode.noSuchDevice.name, ErrorCode.deviceRevoked.name: true
        case ErrorCode.badProof.name: try store { try $0.chainKeys(of: device) }?.renewal != nil
        default: false
        }
    }

    private func login(
        _ user: UserName, _ password: [UInt8], existing: (device: DeviceID, loginKey: [UInt8]?)?, deviceName: String,
        address: ServerAddress, _ wish: LoginWish
    ) async throws(Problem) -> WhoAmI {
        let key = try loginKey(of: existing?.loginKey)
        let chainKeys = try store { store in try existing.flatMap { try store.chainKeys(of: $0.device) } }
        let chainKey = chainKeys.flatMap { try? SigningKey(rawRepresentation: $0.secret) }
        let link = try await connections.connect(
            to: address,
            login: .password(
                name: user, password: password, existing: existing?.device, deviceName: deviceName, key: key,
                chainKey: chainKey))
        return try await finishLogin(link, key: key, address: address, password: password, wish)
    }

    /// Keeps who this profile is from now on, and does what the account's chain wants of it.
    private func finishLogin(
        _ link: Link, key: SigningKey, address: ServerAddress, password: [UInt8], _ wish: LoginWish = LoginWish()
    ) async throws(Problem) -> WhoAmI {
        defer { link.close() }
        let welcome = try await link.welcome()
        let identity = Identity(
            account: welcome.account.id, name: welcome.account.name, displayName: welcome.account.displayName,
            device: welcome.device, deviceName: welcome.deviceName, loginKey: key.rawRepresentation, standing: .active,
            address: address, server: welcome.server, generation: welcome.generation, everyone: welcome.everyone)
        let present = try store { try $0.identity()?.device }
        if LoginMeaning(welcome, resets: wish.confirmReset != nil) == .reset, let present, present != welcome.device {
            try await beginAnew(identity, welcome, on: link, password: password, wish)
            _ = try become(identity, welcome, isAdmitted: true)
            await settleIn(on: link)
            return try whoAmI()
        }
        let former = try become(identity, welcome)
        do throws(Problem) { try await admit(welcome, on: link, password: password, wish) } catch {
            if wish.confirmReset != nil, error.refusesReset, former.identity?.device != welcome.device {
                await giveUp(welcome.device, on: link, for: former)
            }
            throw error
        }
        return try whoAmI()
    }

    /// Makes the profile who it is from now on.
    ///
    /// - Parameter isAdmitted: the device speaks for the account already.
    /// - Returns: who it was.
    private func become(
        _ identity: Identity, _ welcome: Welcome, isAdmitted: Bool = false
    ) throws(Problem) -> FormerIdentity {
        try store { store in
            try store.writeSynced {
                let former = try store.formerIdentity()
                try store.setIdentity(identity)
                if isAdmitted { try store.noteAdmitted(welcome.device, .active) }
                try store.setBrief(false)
                try store.meetGroupKey(welcome.groupKey)
                try store.forgetChainKeys(except: welcome.device)
                try store.remember([welcome.account], now: WallClock.now)
                try store.remember(welcome.everyone, type: .everyone, peer: nil)
                if let before = former.identity, before.generation != welcome.generation {
                    try store.storeNewGeneration(welcome.generation, now: WallClock.now)
                }
                return former
            }
        }
    }

    /// A reset is refused: the profile is who it was, whose key may be the only one that speaks for the account, and the device that was
    /// let in for it does not go on waiting.
    private func giveUp(_ device: DeviceID, on link: Link, for former: FormerIdentity) async {
        do throws(Problem) {
            try store { store in
                try store.writeSynced {
                    guard try store.identity()?.device == device else { return }
                    try store.putBack(former, insteadOf: device)
                }
            }
            let _: Done = try await link.request(RevokeDevice(device: device), timeout: Attendant.patienceAtEnd)
        } catch { log.info("the device of a reset that was refused is left: \(error.text)") }
    }

    /// Removes the profile's files.
    func erase() throws(Problem) {
        profile.assumeIsolated { $0.forget() }
        let directory = settings.profileDirectory
        for path in [directory.path, directory.statePath] {
            guard let problem = FileTree.remove(path) else { continue }
            throw Problem(.inputOutput, "cannot remove \(problem.path): \(SystemError.text(problem.number))")
        }
    }

    /// From the local store; never connects.
    package func whoAmI() throws(Problem) -> WhoAmI {
        let identity = try identity()
        guard identity.standing != .loggedOut else { throw profile.notLoggedIn }
        var fingerprint: String?
        if let seed = identity.loginKey, let key = try? SigningKey(rawRepresentation: seed),
            let pin = PublicKeyPin(digest: SHA256.hash(key.publicKey))
        {
            fingerprint = pin.description
        }
        let keys = try storeForReading { try $0.ownKeys(identity) }
        let standing = try KnownServersFile(paths: settings.paths).read()[identity.address]
        let trust: String? =
            switch standing {
            case nil: nil
            case .authority: "ca"
            case .pin(let pin): pin.description
            }
        return WhoAmI(
            profile: settings.profile, user: identity.name, displayName: identity.displayName,
            server: identity.address, device: identity.device, deviceName: identity.deviceName,
            deviceFingerprint: fingerprint, accountKey: keys.account?.description,
            deviceKey: keys.device?.description, isPending: identity.standing == .pending, serverTrust: trust)
    }

    // MARK: Checks

    /// A device that is taken up keeps its key: the server's yes may get lost, and other processes of the profile log in
    /// with it meanwhile. So does one that has begun and got no answer.
    private func loginKey(of existing: [UInt8]?) throws(Problem) -> SigningKey {
        if let seed = existing, let key = try? SigningKey(rawRepresentation: seed) { return key }
        let new = try Self.newKey()
        let seed = try store { store in
            try store.writeSynced { try store.begunLoginKey(or: new.rawRepresentation) }
        }
        return (try? SigningKey(rawRepresentation: seed)) ?? new
    }

    static func newKey() throws(Problem) -> SigningKey {
        do throws(CryptoFailure) { return try SigningKey() } catch {
            throw Problem(.internalFault, "cannot make a key: \(error)")
        }
    }

    static func checkNewPassword(_ password: [UInt8]) throws(Problem) {
        guard Limits.newPassword.contains(password.count), !password.contains(0) else {
            throw Problem(
                .unacceptablePassword,
                "a password has \(Limits.newPassword.lowerBound) to \(Limits.newPassword.upperBound) bytes and no NUL; "
                    + "this one has \(password.count) bytes")
        }
    }

    static func check(_ text: String, limit: Int, what: String) throws(Problem) {
        guard (1...limit).contains(text.utf8.count), !text.utf8.contains(0) else {
            throw Problem(.invalidData, "\(what) has 1 to \(limit) bytes, not \(text.utf8.count)")
        }
    }

    /// What this machine is called, as far as it fits.
    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "device" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.prefix(Limits.deviceName)
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else { return "device" }
        return name
    }
}

extension Problem {
    /// Whether it is certain that nothing was begun anew: nobody wanted it, or the server has said no. All else may come behind it.
    var refusesReset: Bool {
        sent == .no || [ErrorCode.rateLimited.name, ErrorCode.invalidLink.name].contains(code)
    }
}
