import CLISupport
import ChatProtocol
import Glibc
import System
import Transport

/// Logging in by an identity file.
extension Client {
    /// Takes over an identity that `addDevice` made. `user`, where given, must be whose it is.
    ///
    /// - Returns: also whether this was a login. It is none where the profile has the identity already; then nothing is
    ///   asked, so that a container can begin with it while the server is away.
    package func login(
        identityFile path: String, user: UserName? = nil, wish: LoginWish = LoginWish()
    ) async throws(Problem) -> (record: WhoAmI, isNew: Bool) {
        let given = try GivenIdentity(try readIdentity(path), path: path, at: settings.requestedServer)
        if let user, user != given.file.user {
            throw Problem(.wrongProfile, "the identity is \(given.file.user)'s, not \(user)'s")
        }
        try createStore()
        let isNew = try await whileBusy { () async throws(Problem) in try await self.logIn(given, wish) }
        return (try whoAmI(), isNew)
    }

    private func logIn(_ given: GivenIdentity, _ wish: LoginWish) async throws(Problem) -> Bool {
        let lock = try IdentityLock(settings.profileDirectory)
        defer { withExtendedLifetime(lock) {} }
        let (known, isComplete) = try store { (try $0.identity(), try $0.knowsEveryone()) }
        if let known, known.account != given.file.account || known.address != given.address {
            throw Problem(
                .wrongProfile, "profile \(settings.profile) belongs to \(known.name) on \(known.address)",
                advice: .useAnotherProfile)
        }
        if let known { try given.requireName(known.name) }
        if let known, given.isHeld(by: known, isComplete: isComplete) {
            // What was revoked stays so: only another identity helps.
            guard known.standing != .loggedOut, known.standing != .revoked else {
                throw Problem(.deviceRevoked, advice: .makeAnotherIdentity, sent: .no)
            }
            try requireStanding(known)
            return false
        }
        if given.file.use.enrols {
            try await enrol(given, wish)
        } else {
            try await takeOver(given, replacing: known, wish)
        }
        return true
    }

    /// Logs in for the first time as a device whose keys lie in the file.
    ///
    /// From here on the numbers of its logins are counted in this store. So it stays who this profile is, whatever comes
    /// of the login, unless it is known that the server took none of these numbers.
    private func takeOver(
        _ given: GivenIdentity, replacing before: Identity?, _ wish: LoginWish
    ) async throws(Problem) {
        let device = given.file.devices[0]
        let isNew = before?.device != device.id || before?.loginKey == nil
        let numbers = try store { store in
            try store.writeSynced { () throws -> LoginNumbers? in
                let numbers = try store.loginNumbers()
                if isNew { try store.setIdentity(given.identity(of: device, loginKey: device.loginKey, .active)) }
                if let key = device.grantKey { try store.addChainKeys(ChainKeys(granting: key), of: device.id) }
                return numbers
            }
        }
        let link: Link
        do throws(Problem) {
            guard let ticket = try store({ try $0.loginTicket() }) else { throw notLoggedIn }
            link = try await connect(login: .device(ticket, mayBePending: true), given)
        } catch {
            if isNew { try putBack(before, numbers) }
            throw error
        }
        defer { link.close() }
        let welcome: Welcome
        do throws(Problem) {
            welcome = try await link.welcome()
            try requireName(welcome.account.name, of: given, before, numbers)
            try keep(welcome)
        } catch {
            if isNew && link.tookNothing { try putBack(before, numbers) }
            throw error
        }
        try await admit(welcome, on: link, password: [], wish)
        await meetOwnChain(on: link)
    }

    /// Where the name is another the profile is who it was. One that was nobody's is logged out: the server has taken a number of the
    /// file's device, which is lost where nobody goes on from there.
    private func requireName(
        _ name: UserName, of given: GivenIdentity, _ before: Identity?, _ numbers: LoginNumbers?
    ) throws(Problem) {
        do throws(Problem) { try given.requireName(name) } catch {
            guard let before else {
                try store { store in try store.writeSynced { try store.setLoggedOut(named: name) } }
                throw error
            }
            let isOther = given.device(before.device) == nil
            try putBack(before, isOther ? numbers : nil)
            throw error
        }
    }

    /// Who the profile was, with the numbers that it had come to.
    private func putBack(_ before: Identity?, _ numbers: LoginNumbers?) throws(Problem) {
        try store { store in
            try store.writeSynced {
                guard let before else { return try store.removeIdentity() }
                try store.setIdentity(before)
                if let numbers { try store.setLoginNumbers(numbers) }
            }
        }
    }

    /// A connection to the file's server, which its pin vouches for.
    func connect(login: LinkLogin, _ given: GivenIdentity) async throws(Problem) -> Link {
        var trust = settings.trust
        if let pin = given.pin, try KnownServersFile(paths: settings.paths).read()[given.address] == nil {
            trust = .pin(pin)
        }
        return try await connect(to: given.address, login: login, trust: trust)
    }

    func keep(_ welcome: Welcome) throws(Problem) {
        try store { store in
            try store.writeSynced {
                try store.updateIdentity(
                    displayName: welcome.account.displayName, deviceName: welcome.deviceName,
                    everyone: welcome.everyone)
                if try store.identity()?.generation != welcome.generation {
                    try store.storeNewGeneration(welcome.generation, now: WallClock.now)
                }
                if welcome.state == .active { try store.noteAdmitted(welcome.device, .active) }
                try store.forgetChainKeys(except: welcome.device)
                try store.remember([welcome.account], now: WallClock.now)
                try store.remember(welcome.everyone, type: .everyone, peer: nil)
            }
        }
    }

    /// As ssh does with a private key: whose file it is keeps it to himself. Where it is somebody else's, as a mounted
    /// secret is, others may read it, but not change it. A pipe has no mode that counts.
    private static func checkPrivacy(of path: String) throws(Problem) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        guard status.st_mode & (status.st_uid == geteuid() ? 0o077 : 0o022) == 0 else {
            throw Problem(
                .unsafeStore, "\(path) is open to others (mode \(String(status.st_mode & 0o7777, radix: 8)))",
                hint: "chmod 600 it; where others may have read it, revoke the device and make another")
        }
    }

    private func readIdentity(_ path: String) throws(Problem) -> IdentityFile {
        try Self.checkPrivacy(of: path)
        switch SmallFile.read(path, limit: IdentityFile.maximumBytes, patience: .endless) {
        case .success(let bytes): return try IdentityFile(parsing: bytes, file: path)
        case .failure(let failure):
            throw Problem(
                .missingFile, "cannot read \(path): \(failure.text)",
                advice: .nameIdentity)
        }
    }
}
