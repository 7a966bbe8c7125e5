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
        try createStore()
        if let identity = try store({ try $0.identity() }) {
            throw Problem(
                .wrongProfile, "profile \(settings.profile) belongs to \(identity.name) already",
                advice: .useAnotherProfile)
        }
        let key = try Self.newKey()
        let address = settings.serverOfNewProfiles
        let link = try await connect(
            to: address,
            login: .register(
                name: user, displayName: displayName, password: password, invite: invite ?? [],
                deviceName: deviceName, key: key))
        return try await finishLogin(link, key: key, address: address)
    }

    /// Logs this device in by password; from then on its own key does.
    package func login(user: UserName, password: [UInt8], deviceName: String? = nil) async throws(Problem) -> WhoAmI {
        let name = deviceName ?? Self.hostName()
        try Self.check(name, limit: Limits.deviceName, what: "a device's name")
        try createStore()
        let known = try store { try $0.identity() }
        if let known, known.name != user {
            throw Problem(
                .wrongProfile, "profile \(settings.profile) belongs to \(known.name), not to \(user)",
                advice: .useAnotherProfile)
        }
        let address = known?.address ?? settings.serverOfNewProfiles
        // A device that was revoked, or whose store was copied, does not come back: this becomes a new one.
        let existing = known?.standing == .active ? known : nil
        do throws(Problem) {
            return try await login(user, password, existing: existing, deviceName: name, address: address)
        } catch {
            guard existing != nil, [ErrorCode.noSuchDevice.name, ErrorCode.deviceRevoked.name].contains(error.code)
            else { throw error }
            return try await login(user, password, existing: nil, deviceName: name, address: address)
        }
    }

    private func login(
        _ user: UserName, _ password: [UInt8], existing: Identity?, deviceName: String, address: ServerAddress
    ) async throws(Problem) -> WhoAmI {
        let key = try Self.loginKey(of: existing)
        let link = try await connect(
            to: address,
            login: .password(
                name: user, password: password, existing: existing?.device, deviceName: deviceName, key: key))
        return try await finishLogin(link, key: key, address: address)
    }

    /// Keeps who this profile is from now on.
    private func finishLogin(_ link: Link, key: SigningKey, address: ServerAddress) async throws(Problem) -> WhoAmI {
        defer { link.close() }
        let welcome = try await link.welcome()
        try store { store in
            try store.writeSynced {
                let before = try store.identity()
                try store.setIdentity(
                    Identity(
                        account: welcome.account.id, name: welcome.account.name,
                        displayName: welcome.account.displayName, device: welcome.device,
                        deviceName: welcome.deviceName, loginKey: key.rawRepresentation, standing: .active,
                        address: address, server: welcome.server, generation: welcome.generation,
                        everyone: welcome.everyone))
                try store.remember([welcome.account], now: WallClock.now)
                try store.remember(welcome.everyone, type: .everyone, peer: nil)
                if let before, before.generation != welcome.generation {
                    try store.storeNewGeneration(welcome.generation, now: WallClock.now)
                }
            }
        }
        return try whoAmI()
    }

    /// Revokes this device on the server; with `forget` the local data go too. False where there was nothing to revoke:
    /// this profile is a copy, which the server does not listen to, or was logged out before.
    ///
    /// - Throws: 78 for a copy whose data are to stay: then nothing was done.
    package func logout(forget: Bool) async throws(Problem) -> Bool {
        let identity = try identity()
        var isRevoked = false
        do throws(Problem) { isRevoked = try await revokeThisDevice(identity) } catch {
            guard forget, error.code == ErrorCode.storeCopied.name else { throw error }
        }
        if forget { try erase() }
        return isRevoked
    }

    private func revokeThisDevice(_ identity: Identity) async throws(Problem) -> Bool {
        guard identity.standing != .loggedOut else { return false }
        do throws(Problem) {
            try requireStanding(identity)
            let _: Done = try await ask(RevokeDevice(device: identity.device))
            requestLinkInUse?.close()
        } catch {
            // It is what was asked for.
            guard error.code == ErrorCode.deviceRevoked.name else { throw error }
        }
        try store { store in try store.writeSynced { try store.setLoggedOut() } }
        return true
    }

    /// Removes the profile's files.
    private func erase() throws(Problem) {
        forgetStore()
        let directory = settings.profileDirectory
        for path in [directory.path, directory.statePath] {
            guard let problem = FileTree.remove(path) else { continue }
            throw Problem(.inputOutput, "cannot remove \(problem.path): \(SystemError.text(problem.number))")
        }
    }

    /// From the local store; never connects.
    package func whoAmI() throws(Problem) -> WhoAmI {
        let identity = try identity()
        guard identity.standing != .loggedOut else { throw notLoggedIn }
        var fingerprint = "none"
        if let seed = identity.loginKey, let key = try? SigningKey(rawRepresentation: seed),
            let pin = PublicKeyPin(digest: SHA256.hash(key.publicKey))
        {
            fingerprint = pin.description
        }
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
            deviceFingerprint: fingerprint, serverTrust: trust)
    }

    package func changePassword(old: [UInt8], new: [UInt8], revokeOthers: Bool) async throws(Problem) {
        try Self.checkNewPassword(new)
        let _: Done = try await ask(ChangePassword(old: old, new: new, revokeOthers: revokeOthers))
    }

    // MARK: Checks

    /// A device that is taken up keeps its key: the server's yes may get lost, and other processes of the profile log in
    /// with it meanwhile.
    private static func loginKey(of existing: Identity?) throws(Problem) -> SigningKey {
        guard let seed = existing?.loginKey, let key = try? SigningKey(rawRepresentation: seed) else {
            return try newKey()
        }
        return key
    }

    static func newKey() throws(Problem) -> SigningKey {
        do throws(CryptoFailure) { return try SigningKey() } catch {
            throw Problem(.internalFault, "cannot make a key: \(error)")
        }
    }

    private static func checkNewPassword(_ password: [UInt8]) throws(Problem) {
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
