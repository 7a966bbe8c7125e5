import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing
import WireCodec

@testable import ChatServer

/// What the keeper of accounts takes as a key package, and from whom.
@Suite struct KeyPackageTests {
    /// An account with a chain of one link, and a second device that was added.
    private struct Owner {
        let me: LoggedIn
        let phone: LoggedIn
        var chain: TestChain

        init(_ scene: AccountScene) async throws {
            let password = Array("correct horse".utf8)
            let name = try #require(UserName("alice"))
            me = try await scene.keeper.register(
                Register(
                    name: name, displayName: "", password: password,
                    device: try TestDevice().description(binding: scene.binding)), from: scene.origin())
            chain = TestChain(me.account, on: try await scene.store.identity().server)
            try await Self.publish(try chain.create(me.device), me, scene)
            phone = try await scene.keeper.logIn(
                LoginByPassword(
                    name: name, password: password, device: try TestDevice().description(binding: scene.binding)),
                from: scene.origin())
            try await Self.publish(try chain.add(phone.device, by: me.device), me, scene)
        }

        static func publish(_ link: [UInt8], _ me: LoggedIn, _ scene: AccountScene) async throws {
            _ = try await scene.keeper.publishLink(PublishLink(link: link), by: me, from: scene.origin())
        }

        func package(
            of device: DeviceID? = nil, days: UInt64 = 90, since: UInt64 = now, key: SignatureKeyPair? = nil,
            extensions: Extensions = .none, suite: CipherSuite = .x25519Aes128GcmSha256Ed25519,
            _ generator: inout SeededGenerator, change: (inout MemberIdentity) -> Void = { _ in }
        ) throws -> [UInt8] {
            let device = device ?? me.device
            let chain = try #require(chain.chain)
            let credential = DeviceCredential(
                party: Party(account: me.account.id, root: chain.root), device: device)
            var identity = try MemberIdentity(
                credential, try #require(chain.certificate(of: device)),
                key: try key ?? #require(self.chain.present[device]))
            change(&identity)
            return try KeyPackage.create(
                suite: suite, identity: identity,
                lifetime: Lifetime(notBefore: since, notAfter: since + days * 86_400), extensions: extensions,
                using: &generator
            ).keyPackage.encoded
        }
    }

    private static let now = ServerSources.system.time().milliseconds / 1_000

    private func publish(
        _ packages: [[UInt8]], lastResort: [UInt8] = [], _ owner: LoggedIn, _ scene: AccountScene
    ) async throws -> KeyPackageCount {
        try await scene.keeper.publishPackages(
            PublishKeyPackages(packages: packages, lastResort: lastResort), of: owner)
    }

    @Test func `K3: a bad package is named, and the others stay`() async throws {
        let scene = try await AccountScene()
        let owner = try await Owner(scene)
        var generator = SeededGenerator(seed: 5)
        let good = try owner.package(&generator)
        var forged = try owner.package(&generator)
        forged[forged.count - 1] ^= 1
        let packages = [
            try owner.package(of: owner.phone.device, &generator),
            good,
            forged,
            try owner.package(key: generator.pair(), &generator),
            try owner.package(days: 91, &generator),
            try owner.package(days: 1, since: Self.now - 86_400, &generator),
            try owner.package(extensions: Extensions([MLS.Extension(type: .deviceCertificate, data: [])]), &generator),
            try owner.package(suite: .x25519ChaCha20Poly1305Sha256Ed25519, &generator) {
                $0.capabilities.cipherSuites = CipherSuite.supported
            },
            good,
            [],
            try owner.package(&generator),
        ]
        let count = try await publish(
            packages, lastResort: owner.package(days: 400, &generator), owner.me, scene)
        #expect(count.refused.map(\.index) == [0, 2, 3, 4, 5, 6, 7, 8, 9])
        #expect(count.refused.allSatisfy { $0.reason.hasPrefix("K3 ") })
        #expect(count.standing == KeyPackageStanding(left: 2, hasLastResort: true))
        let again = try await publish([good], owner.me, scene)
        #expect(again.standing == count.standing && again.refused.isEmpty)
        // The last one is good for longer than others.
        let long = try await publish([try owner.package(days: 400, &generator)], owner.me, scene)
        #expect(long.refused.map(\.index) == [0])
        try await scene.end()
    }

    @Test func `K3: the certificate and the key are those of the chain now`() async throws {
        let scene = try await AccountScene()
        var owner = try await Owner(scene)
        var generator = SeededGenerator(seed: 6)
        let package = try owner.package(of: owner.phone.device, &generator)
        #expect(try await publish([package], owner.phone, scene).standing.left == 1)
        let former = try owner.package(of: owner.phone.device, &generator)
        try await Owner.publish(try owner.chain.revoke(owner.phone.device, by: owner.me.device), owner.me, scene)
        #expect(await scene.refusal { _ = try await publish([former], owner.phone, scene) } == .noSuchDevice)
        // Of a chain that the server does not know.
        var other = owner
        other.chain = TestChain(owner.me.account, on: owner.chain.place.server, seed: 9)
        _ = try other.chain.create(owner.me.device)
        let foreign = try other.package(&generator)
        #expect(try await publish([foreign], owner.me, scene).refused.map(\.index) == [0])
        try await scene.end()
    }
}
