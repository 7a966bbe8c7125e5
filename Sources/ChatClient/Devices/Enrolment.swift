import CLISupport
import ChatProtocol
import GroupRules
import MLS
import Transport

/// A use of an identity file: who the profile is to be, and what it sends. It is kept before it is sent, so that whoever gets no answer
/// sends the same again. A secret.
struct Enrolment: Sendable {
    let identity: Identity
    /// Nil where the account has no chain: then the device makes its key when it begins one.
    let keys: ChainKeys?

    /// As it was begun before.
    init(identity: Identity, keys: ChainKeys?) {
        self.identity = identity
        self.keys = keys
    }

    /// The first device of an account that has none.
    init(beginning given: GivenIdentity) throws(Problem) {
        guard let device = given.file.devices.first else { throw Problem(.invalidData, "the identity has no device") }
        let key = try Client.newKey()
        identity = given.identity(of: device, loginKey: key.rawRepresentation, .enrolling)
        keys = nil
    }

    /// The next use of a device that the account's chain grants.
    ///
    /// - Parameter mayLackUses: the server was restored since the file was made: it may have lost uses, whose keys others know.
    init(
        _ chosen: EnrolmentChoice.Chosen, of given: GivenIdentity, in place: AccountPlace, mayLackUses: Bool
    ) throws(Problem) {
        let (device, known) = (chosen.device, chosen.known)
        let key = try Client.newKey()
        let pair = try ChainKeys.newPair()
        let instance = known.instance &+ (mayLackUses && given.file.use == .reusable ? RuleLimits.lostRenewals : 0) &+ 1
        try given.requireGrant(of: device, known)
        let renewal = try OwnDevice.signing { () throws(MLSError) in
            let granted = try SignatureKeyPair(
                suite: .x25519Aes128GcmSha256Ed25519, privateKey: Secret(device.grantKey ?? []))
            return try Renewal(
                place: place, granting: known.granting, device: device.id, instance: instance,
                granted: granted, pair: pair)
        }
        identity = given.identity(of: device, named: chosen.name, loginKey: key.rawRepresentation, .enrolling)
        keys = ChainKeys(secret: pair.privateKey.bytes, renewal: renewal, granted: known.grant.key)
    }

    /// - Throws: `damaged_store` (78) where what was kept is no key.
    func login(by given: GivenIdentity) throws(Problem) -> IdentityLogin {
        guard let device = given.device(identity.device),
            let enrol = try? SigningKey(rawRepresentation: device.loginKey),
            let key = identity.loginKey.flatMap({ try? SigningKey(rawRepresentation: $0) })
        else { throw Problem(.damagedStore, "the key of this device is none") }
        return IdentityLogin(
            server: identity.server, account: identity.account, device: device.id, deviceName: identity.deviceName,
            enrol: enrol, key: key, renewal: keys?.renewal ?? [])
    }
}

/// Who the profile was before a login that may be refused when it has begun.
struct FormerIdentity: Sendable {
    var identity: Identity?
    var numbers: LoginNumbers?
    var keys: ChainKeys?
}

extension ClientStore {
    /// A use of the file that has begun in this profile, and whose answer is not known.
    func begunEnrolment(of given: GivenIdentity) throws -> Enrolment? {
        guard let identity = try identity(), identity.standing == .enrolling, identity.loginKey != nil,
            given.device(identity.device) != nil
        else { return nil }
        return Enrolment(identity: identity, keys: try chainKeys(of: identity.device))
    }

    /// Makes the profile who it is to be. Within a synced transaction.
    ///
    /// - Returns: who it was.
    func begin(_ enrolment: Enrolment) throws -> FormerIdentity {
        let device = enrolment.identity.device
        let former = try formerIdentity()
        var identity = enrolment.identity
        // What is here was numbered by the server as it was known here.
        if let known = former.identity { identity.generation = known.generation }
        try setIdentity(identity)
        try forgetChainKeys(of: device)
        if let keys = enrolment.keys { try addChainKeys(keys, of: device) }
        return former
    }

    /// The server has refused it: the profile is who it was; nobody's, where that is not known any more. Within a synced transaction.
    func end(_ enrolment: Enrolment, for former: FormerIdentity?) throws {
        guard let now = try identity(), now.standing == .enrolling, now.loginKey == enrolment.identity.loginKey else {
            return
        }
        guard let former else { return try setLoggedOut() }
        try putBack(former, insteadOf: now.device)
    }

    /// Who the profile is now, with what its device speaks by. Within a transaction.
    func formerIdentity() throws -> FormerIdentity {
        let identity = try identity()
        return FormerIdentity(
            identity: identity, numbers: try loginNumbers(), keys: try identity.flatMap { try chainKeys(of: $0.device) }
        )
    }

    /// Makes the profile again who it was before `device`. Within a synced transaction.
    func putBack(_ former: FormerIdentity, insteadOf device: DeviceID) throws {
        try forgetChainKeys(of: device)
        guard var before = former.identity else { return try removeIdentity() }
        // What is here was numbered anew where the server has begun a new life meanwhile.
        if let generation = try identity()?.generation { before.generation = generation }
        try setIdentity(before)
        if let numbers = former.numbers { try setLoginNumbers(numbers) }
        if let keys = former.keys { try addChainKeys(keys, of: before.device) }
    }
}
