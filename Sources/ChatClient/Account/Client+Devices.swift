import CLISupport
import ChatProtocol
import Glibc
import System
import Transport

/// This account's devices, and identities for other machines.
extension Client {
    /// This account's devices.
    package func devices() async throws(Problem) -> [DeviceRecord] {
        let found: Devices = try await ask(ListDevices())
        return found.devices
    }

    /// This profile's own device.
    package func ownDevice() throws(Problem) -> DeviceID { try identity().device }

    /// Makes a device for another machine or a container and writes its identity to `path`, where no regular file may be;
    /// `-` is standard output.
    ///
    /// - Throws: 73 where the file cannot be created, or exists.
    package func addDevice(identityFile path: String, name: String? = nil) async throws(Problem) -> DeviceID {
        let own = try identity().deviceName
        let name = name ?? "made by \(own.prefix(12))"
        try Self.check(name, limit: Limits.deviceName, what: "a device's name")
        // The file first: a device that nobody can use must not be made.
        let output: OutputFile
        do throws(OutputFile.Failure) { output = try OutputFile(path, replaces: false) } catch {
            throw Problem(.cannotCreate, error.text, hint: "name a file that is not there")
        }
        do throws(Problem) {
            let (file, device) = try await makeDevice(named: name)
            do throws(OutputFile.Failure) { try output.write(file.bytes) } catch {
                throw Problem(.inputOutput, error.text)
            }
            output.close()
            return device
        } catch {
            output.discard()
            throw error
        }
    }

    private func makeDevice(named name: String) async throws(Problem) -> (IdentityFile, DeviceID) {
        let (link, welcome) = try await loggedInLink()
        guard let binding = link.binding else { throw Problem(.internalFault, "the connection has no binding") }
        let key = try Self.newKey()
        let registration: KeyRegistration
        do { registration = try key.registration(on: binding) } catch {
            throw Problem(.internalFault, "cannot sign: \(error)")
        }
        let added: DeviceAdded = try await link.request(
            AddDevice(device: DeviceDescription(name: name, keys: [registration])))
        var pin: PublicKeyPin?
        if case .pin(let known)? = try KnownServersFile(paths: settings.paths).read()[link.address] { pin = known }
        let file = IdentityFile(
            use: .login, user: welcome.account.name, displayName: welcome.account.displayName,
            account: welcome.account.id, address: link.address.text, server: welcome.server,
            generation: welcome.generation, everyone: welcome.everyone, pin: pin?.description,
            devices: [IdentityFile.Device(id: added.device, name: name, loginKey: key.rawRepresentation)])
        return (file, added.device)
    }

    /// Takes over an identity that `addDevice` made. `user`, where given, must be whose it is.
    ///
    /// - Returns: also whether this was a login. It is none where the profile has the identity already; then nothing is
    ///   asked, so that a container can begin with it while the server is away.
    package func login(
        identityFile path: String, user: UserName? = nil
    ) async throws(Problem) -> (record: WhoAmI, isNew: Bool) {
        let file = try GivenIdentity(try readIdentity(path), path: path, at: settings.requestedServer)
        if let user, user != file.identity.name {
            throw Problem(.wrongProfile, "the identity is \(file.identity.name)'s, not \(user)'s")
        }
        try createStore()
        let known = try store { try $0.identity() }
        if let known, known.account != file.identity.account || known.address != file.identity.address {
            throw Problem(
                .wrongProfile, "profile \(settings.profile) belongs to \(known.name) on \(known.address)",
                advice: .useAnotherProfile)
        }
        if let known, known.device == file.identity.device, try store({ try $0.knowsEveryone() }) {
            // What was revoked stays so: only another identity helps.
            guard known.standing != .loggedOut, known.standing != .revoked else {
                throw Problem(.deviceRevoked, advice: .makeAnotherIdentity, sent: .no)
            }
            try requireStanding(known)
            return (try whoAmI(), false)
        }
        try await whileBusy { () async throws(Problem) in try await self.takeOver(file, replacing: known) }
        return (try whoAmI(), true)
    }

    /// Logs in as the identity for the first time.
    ///
    /// From here on the numbers of its logins are counted in this store. So it stays who this profile is, whatever comes
    /// of the login, unless it is known that the server took none of these numbers.
    private func takeOver(_ file: GivenIdentity, replacing before: Identity?) async throws(Problem) {
        let isNew = before?.device != file.identity.device
        let numbers = try store { store in
            try store.writeSynced { () throws -> LoginNumbers? in
                let numbers = try store.loginNumbers()
                if isNew { try store.setIdentity(file.identity) }
                return numbers
            }
        }
        let link: Link
        do throws(Problem) { link = try await connect(with: file) } catch {
            if isNew { try putBack(before, numbers) }
            throw error
        }
        defer { link.close() }
        do throws(Problem) { try keep(try await link.welcome()) } catch {
            if isNew && link.tookNothing { try putBack(before, numbers) }
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

    private func connect(with file: GivenIdentity) async throws(Problem) -> Link {
        guard let ticket = try store({ try $0.loginTicket() }) else { throw notLoggedIn }
        var trust = settings.trust
        if let pin = file.pin, try KnownServersFile(paths: settings.paths).read()[file.identity.address] == nil {
            trust = .pin(pin)
        }
        return try await connect(to: file.identity.address, login: .device(ticket), trust: trust)
    }

    private func keep(_ welcome: Welcome) throws(Problem) {
        try store { store in
            try store.writeSynced {
                try store.updateIdentity(
                    displayName: welcome.account.displayName, deviceName: welcome.deviceName,
                    everyone: welcome.everyone)
                try store.setGeneration(welcome.generation)
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
        switch SmallFile.read(path, limit: IdentityFile.maximumBytes) {
        case .success(let bytes): return try IdentityFile(parsing: bytes, file: path)
        case .failure(let failure):
            throw Problem(
                .missingFile, "cannot read \(path): \(failure.text)",
                advice: .nameIdentity)
        }
    }

    /// Revokes a device: `id` is hexadecimal, or the device's name where only one has it.
    package func revokeDevice(_ id: String) async throws(Problem) {
        let device = try await resolveDevice(id)
        let own = try ownDevice()
        let _: Done = try await ask(RevokeDevice(device: device))
        guard device == own else { return }
        try store { store in try store.writeSynced { try store.setLoggedOut() } }
    }

    package func renameDevice(_ id: String, to name: String) async throws(Problem) {
        try Self.check(name, limit: Limits.deviceName, what: "a device's name")
        let device = try await resolveDevice(id)
        let _: Done = try await ask(RenameDevice(device: device, name: name))
    }

    private func resolveDevice(_ text: String) async throws(Problem) -> DeviceID {
        if let id = DeviceID(hex: text) { return id }
        let named = try await devices().filter { $0.name == text && $0.state != .revoked }
        guard named.count <= 1 else {
            throw Problem(.usage, "\(named.count) devices are called \(text)", hint: "name one by its id")
        }
        guard let device = named.first else {
            throw Problem(.noSuchDevice, "there is no device \(text)", advice: .seeDevices)
        }
        return device.id
    }
}
