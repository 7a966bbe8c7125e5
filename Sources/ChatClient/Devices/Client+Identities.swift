import CLISupport
import ChatProtocol
import Glibc
import GroupRules
import System
import Transport

/// Logging in by an identity file.
extension Client {
    /// Takes over an identity that `addDevice` made. `user`, where given, must be whose it is.
    ///
    /// - Returns: also whether this was a login. It is none where the profile has the identity already, and the server knows of it or is
    ///   away: a container can begin with it then.
    package func login(
        identityFile path: String, user: UserName? = nil, wish: LoginWish = LoginWish()
    ) async throws(Problem) -> (record: WhoAmI, isNew: Bool) {
        let given = try GivenIdentity(try await readIdentity(path), path: path, at: settings.requestedServer)
        if let user, user != given.file.user {
            throw Problem(.wrongProfile, "the identity is \(given.file.user)'s, not \(user)'s")
        }
        try onProfile { try $0.create() }
        let isNew = try await whileBusy { () async throws(Problem) in try await self.logIn(given, wish) }
        return (try whoAmI(), isNew)
    }

    private func logIn(_ given: GivenIdentity, _ wish: LoginWish) async throws(Problem) -> Bool {
        let lock = try LockFile.identity(in: settings.profileDirectory)
        defer { withExtendedLifetime(lock) {} }
        let (known, isComplete) = try store { (try $0.identity(), try $0.knowsEveryone()) }
        if let known, known.account != given.file.account || known.address != given.address {
            throw Problem(
                .wrongProfile, "profile \(settings.profile) belongs to \(known.name) on \(known.address)",
                advice: .useAnotherProfile(profile: settings.namedProfile))
        }
        if let known { try given.requireName(known.name) }
        if let known, given.isHeld(by: known, isComplete: isComplete) {
            // What was revoked stays so: only another identity helps.
            guard known.standing != .loggedOut, known.standing != .revoked else {
                throw Problem(.deviceRevoked, advice: .makeAnotherIdentity, sent: .no)
            }
            try profile.requireStanding(known)
            guard await isLost() else { return false }
            do throws(Problem) { try await logInAgain(given, known, wish) } catch {
                guard error.isOfLostDevice else { throw error }
                throw Problem(
                    error.errorCode ?? .badProof,
                    "the server, restored from a backup, does not know this identity: it was made since",
                    advice: .makeAnotherIdentity, sent: .no)
            }
            return true
        }
        if given.file.use.enrols {
            try await enrol(given, wish)
        } else {
            try await takeOver(given, isComplete: isComplete, wish)
        }
        return true
    }

    /// Whether the server knows nothing of this profile's device any more. Of one that is away nobody knows.
    private func isLost() async -> Bool {
        do throws(Problem) { _ = try await loggedInLink(flushesOutbox: false) } catch { return error.isOfLostDevice }
        return false
    }

    /// A restored server has lost the device. Where it knows the file's keys still, these let it in.
    private func logInAgain(_ given: GivenIdentity, _ known: Identity, _ wish: LoginWish) async throws(Problem) {
        switch given.file.use {
        case .once: try await enrolAgain(given, known, wish)
        case .reusable:
            // Whoever knows of this use already finds the same one; where others have used it since the restore, it is the next.
            do throws(Problem) { try await enrolAgain(given, known, wish) } catch {
                guard error.refusesEnrolment else { throw error }
                try await enrol(given, wish)
            }
        case .login, .certify, .first: throw Problem(.badProof, sent: .no)
        }
    }

    /// Logs in for the first time as a device whose keys lie in the file.
    ///
    /// From here on the numbers of its logins are counted in this store. So it stays who this profile is, whatever comes
    /// of the login, unless it is known that the server took none of these numbers, or the file is refused.
    ///
    /// - Parameter isComplete: the server has welcomed who the profile is.
    private func takeOver(_ given: GivenIdentity, isComplete: Bool, _ wish: LoginWish) async throws(Problem) {
        let device = given.file.devices[0]
        let (former, isNew) = try store { store in
            try store.writeSynced {
                let former = try store.formerIdentity()
                let isNew = former.identity?.device != device.id || former.identity?.loginKey == nil
                if isNew { try store.setIdentity(given.identity(of: device, loginKey: device.loginKey, .active)) }
                if let key = device.grantKey { try store.addChainKeys(ChainKeys(granting: key), of: device.id) }
                return (former, isNew)
            }
        }
        let link: Link
        do throws(Problem) {
            guard let ticket = try store({ try $0.loginTicket() }) else { throw profile.notLoggedIn }
            link = try await connect(login: .device(ticket, mayBePending: true), given)
        } catch {
            if isNew { try putBack(former, insteadOf: device.id) }
            throw error
        }
        defer { link.close() }
        let welcome: Welcome
        do throws(Problem) { welcome = try await link.welcome() } catch {
            if isNew && link.tookNothing { try putBack(former, insteadOf: device.id) }
            throw error
        }
        do throws(Problem) { try await check(given, welcome, on: link) } catch {
            if error.exit != .unreachable { try refuse(given, welcome, former, isComplete: isComplete) }
            throw error
        }
        try keep(welcome, of: given)
        try await admit(welcome, on: link, password: [], wish)
        await meetOwnChain(on: link)
    }

    /// Whether the account is the one that the file says, and has granted what is in it.
    private func check(_ given: GivenIdentity, _ welcome: Welcome, on link: Link) async throws(Problem) {
        try given.requireName(welcome.account.name)
        guard given.file.use.isGranted, welcome.chain.count > 0 else { return }
        let place = AccountPlace(server: given.file.server, account: given.file.account)
        guard let chain = try await ChainReader.fetch(ChainFetch(place: place, held: nil), on: link) else { return }
        try given.requireRoot(chain)
        for device in given.file.devices {
            if let known = chain.devices[device.id] { try given.requireGrant(of: device, known) }
        }
    }

    /// The profile is who it was. One that was nobody's is logged out: the server has taken a number of the file's device, which is lost
    /// where nobody goes on from there.
    private func refuse(
        _ given: GivenIdentity, _ welcome: Welcome, _ former: FormerIdentity, isComplete: Bool
    ) throws(Problem) {
        let isOther = former.identity.map { given.device($0.device) == nil } ?? false
        guard former.identity != nil, isOther || isComplete else {
            return try store { store in try store.writeSynced { try store.setLoggedOut(named: welcome.account.name) } }
        }
        var former = former
        if !isOther { former.numbers = nil }
        try putBack(former, insteadOf: welcome.device)
    }

    private func putBack(_ former: FormerIdentity, insteadOf device: DeviceID) throws(Problem) {
        try store { store in try store.writeSynced { try store.putBack(former, insteadOf: device) } }
    }

    /// A connection to the file's server, which its pin vouches for.
    func connect(login: LinkLogin, _ given: GivenIdentity) async throws(Problem) -> Link {
        var trust = settings.trust
        if let pin = given.pin, try KnownServersFile(paths: settings.paths).read()[given.address] == nil {
            trust = .pin(pin)
        }
        return try await connections.connect(to: given.address, login: login, trust: trust)
    }

    func keep(_ welcome: Welcome, of given: GivenIdentity) throws(Problem) {
        try store { store in
            try store.writeSynced {
                try store.updateIdentity(
                    displayName: welcome.account.displayName, deviceName: welcome.deviceName,
                    everyone: welcome.everyone)
                try store.meetGroupKey(welcome.groupKey)
                if try store.identity()?.generation != welcome.generation {
                    try store.storeNewGeneration(welcome.generation, now: WallClock.now)
                }
                if welcome.state == .active { try store.noteAdmitted(welcome.device, .active) }
                try store.forgetChainKeys(except: welcome.device)
                try store.take(given.file, now: WallClock.now)
                try store.setBrief(given.file.use.isForMachines)
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

    private func readIdentity(_ path: String) async throws(Problem) -> IdentityFile {
        try Self.checkPrivacy(of: path)
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try await SmallFile.awaited(path, limit: IdentityFile.maximumBytes) } catch {
            throw Problem(.missingFile, "cannot read \(path): \(error.text)", advice: .nameIdentity)
        }
        return try IdentityFile(parsing: bytes, file: path)
    }
}

extension Problem {
    /// What a server says of a device that it does not know.
    fileprivate var isOfLostDevice: Bool { code == ErrorCode.badProof.name || code == ErrorCode.noSuchDevice.name }
}
