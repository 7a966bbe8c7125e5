import Testing
import WireCodec

@testable import MLS

/// A group and somebody who was just added: the Welcome, and what it was made from.
struct Invitation {
    var team: TestGroup
    let own: KeyPackageSecrets
    let welcome: Welcome
    let info: GroupInfo
    let secrets: GroupSecrets

    /// With parents everywhere when the group has more than four members.
    init(size: Int = 4, forcePath: Bool = true) throws {
        team = try TestGroup(size)
        if size > 4 { for committer in (0..<size).reversed() { try team.commit(by: committer) } }
        let client = try Client("new", using: &team.generator)
        own = try client.keyPackage(using: &team.generator)
        var options = CommitOptions([.add(own.keyPackage)])
        options.forcePath = forcePath
        guard case .welcome(let welcome)? = try team.commit(options)?.body else { throw TestFailure("none") }
        self.welcome = welcome
        let opened = try OpenedWelcome(welcome, own, psks: NoPreSharedKeys(), predecessor: .none)
        info = opened.info
        secrets = opened.secrets
    }

    /// A Welcome with changed content, encrypted as the committer would.
    func forged(
        resign: Bool = true, info editInfo: (inout GroupInfo) throws -> Void = { _ in },
        secrets editSecrets: (inout GroupSecrets) throws -> Void = { _ in },
        welcome editWelcome: (inout Welcome) throws -> Void = { _ in }
    ) throws -> Welcome {
        var info = info
        var secrets = secrets
        try editInfo(&info)
        if resign { try info.sign(team.groups[0].signatureKey.privateKey) }
        try editSecrets(&secrets)
        let algorithms = team.groups[0].algorithms
        let psk = try? team.groups[0].pskSecret(secrets.psks, PreSharedKeys([.external(id: [1]): Secret([1])]))
        let key = WelcomeKey(
            algorithms,
            welcomeSecret: KeySchedule.welcomeSecret(
                algorithms, joinerSecret: Secret(secrets.joinerSecret), pskSecret: psk ?? .zero(32)))
        let sealed = try algorithms.seal(info.wireBytes, key: key.key, nonce: key.nonce, aad: [])
        let entry = EncryptedGroupSecrets(
            newMember: try own.keyPackage.reference(),
            encryptedGroupSecrets: try algorithms.encrypt(
                secrets.wireBytes, to: own.keyPackage.initKey, label: "Welcome", context: sealed))
        var welcome = Welcome(cipherSuite: welcome.cipherSuite, secrets: [entry], encryptedGroupInfo: sealed)
        try editWelcome(&welcome)
        return welcome
    }

    func join(_ welcome: Welcome, tree: ExportedRatchetTree? = nil) throws -> Group {
        try Group.join(welcome, with: own, tree: tree, now: testTime, judge: AcceptAll())
    }
}
