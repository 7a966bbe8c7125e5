import CLISupport
import ChatProtocol
import GroupRules
import Transport

/// Logging in by an identity file whose uses make keys of their own.
extension Client {
    /// Takes one of the file's devices, with keys that are made here.
    func enrol(_ given: GivenIdentity, _ wish: LoginWish) async throws(Problem) {
        var choice = EnrolmentChoice(given.file)
        while true {
            let (enrolment, former) = try await enrolment(of: given, &choice)
            do throws(UseFailure) { return try await use(enrolment, of: given, wish) } catch {
                // Where the server may have taken it, now or before, the same is sent again next time.
                guard error.problem.refusesEnrolment || error.wasNotSent && former != nil else { throw error.problem }
                try store { store in try store.writeSynced { try store.end(enrolment, for: former) } }
                try choice.note(error.problem, of: enrolment.identity.device)
            }
        }
    }

    /// The one use of the file is this profile's, and a restored server has lost it: the same is sent again.
    func enrolAgain(_ given: GivenIdentity, _ known: Identity, _ wish: LoginWish) async throws(Problem) {
        let keys = try store { try $0.chainKeys(of: known.device) }
        do throws(UseFailure) { try await use(Enrolment(identity: known, keys: keys), of: given, wish) } catch {
            throw error.problem
        }
    }

    /// What is sent: as it was begun before, else the next use of a device. It is kept.
    private func enrolment(
        of given: GivenIdentity, _ choice: inout EnrolmentChoice
    ) async throws(Problem) -> (Enrolment, FormerIdentity?) {
        if let begun = try store({ try $0.begunEnrolment(of: given) }) { return (begun, nil) }
        let next: Enrolment
        if given.file.use == .first {
            next = try Enrolment(beginning: given)
        } else {
            let (chain, devices, generation) = try await look(given, &choice)
            next = try Enrolment(
                try choice.device(in: chain, devices), of: given, in: chain.place,
                mayLackUses: generation != given.file.generation)
        }
        return (next, try store { store in try store.writeSynced { try store.begin(next) } })
    }

    /// Looks until nothing comes between.
    private func look(
        _ given: GivenIdentity, _ choice: inout EnrolmentChoice
    ) async throws(Problem) -> (AccountChain, [DeviceRecord], StoreGeneration) {
        while true {
            do throws(Problem) { return try await look(given) } catch { try choice.noteLook(error) }
        }
    }

    /// Looks which of the file's devices is free, by one that the server knows; the connection ends, since the next use ends it anyway.
    private func look(_ given: GivenIdentity) async throws(Problem) -> (AccountChain, [DeviceRecord], StoreGeneration) {
        var refusal = Problem(.deviceRevoked, sent: .no)
        for device in given.file.devices {
            guard let enrol = try? SigningKey(rawRepresentation: device.loginKey) else { continue }
            let login = IdentityLogin(
                server: given.file.server, account: given.file.account, device: device.id, deviceName: device.name,
                enrol: enrol)
            let link = try await connect(login: .identity(login), given)
            defer { link.close() }
            let generation: StoreGeneration
            do throws(Problem) { generation = try await link.welcome().generation } catch {
                guard [ErrorCode.deviceRevoked, .devicePending].map(\.name).contains(error.code) else {
                    throw EnrolmentChoice.advised(error)
                }
                refusal = error
                continue
            }
            let place = AccountPlace(server: given.file.server, account: given.file.account)
            guard let chain = try await ChainReader.fetch(ChainFetch(place: place, held: nil), on: link) else {
                throw Problem(.protocolFault, "the server has no chain of this account any more")
            }
            try given.requireRoot(chain)
            try given.requireName(chain.name)
            let found: Devices = try await link.request(ListDevices())
            return (chain, found.devices, generation)
        }
        throw EnrolmentChoice.advised(refusal)
    }

    private func use(_ enrolment: Enrolment, of given: GivenIdentity, _ wish: LoginWish) async throws(UseFailure) {
        let link: Link
        do throws(Problem) {
            link = try await connect(login: .identity(try enrolment.login(by: given)), given)
        } catch { throw UseFailure(problem: error, wasNotSent: true) }
        defer { link.close() }
        do throws(Problem) {
            let welcome = try await link.welcome()
            guard welcome.state == .active, welcome.device == enrolment.identity.device else {
                throw Problem(.protocolFault, "the server does not let the device in that it was asked for")
            }
            try given.requireName(welcome.account.name)
            try keep(welcome, of: given)
            try await admit(welcome, on: link, password: [], wish)
        } catch { throw UseFailure(problem: error, wasNotSent: link.tookNothing) }
        await meetOwnChain(on: link)
    }

    private struct UseFailure: Error {
        var problem: Problem
        /// The server cannot have taken it.
        var wasNotSent: Bool
    }

    /// Keeps what this device's account looks like. It is read again before it is needed.
    func meetOwnChain(on link: Link) async {
        do throws(Problem) { _ = try await ownChain(on: link).read() } catch {
            log.info("the account's chain is not read: \(error.text)")
        }
    }
}

extension Problem {
    /// Whether it is known that the server has taken nothing of a use of an identity file. One that is busy may have: it says so too where
    /// others were cut off meanwhile.
    var refusesEnrolment: Bool {
        if code == ErrorCode.invalidLink.name { return true }
        return exit != .unreachable && exit != .protocolFault && code != ErrorCode.busy.name
    }
}
