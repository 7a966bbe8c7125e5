import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// What a profile keeps of its key packages.
@Suite struct KeyPackageStoreTests {
    private static let now: Timestamp = 2_000_000_000_000
    private let scene: StoreScene
    private var store: ClientStore { scene.store }
    private let owner = PackageOwner(
        device: DeviceID(high: 3, low: 3), instance: 0, generation: StoreGeneration(high: 5, low: 5))

    init() throws { scene = try StoreScene() }

    private func made(_ count: Int, lastResort: Bool = false, seed: UInt64 = 1) throws -> [MadePackage] {
        var generator = SeededGenerator(seed: seed)
        let ann = try TestAccount(seed: seed)
        return try (0..<count).map { index in
            let secrets = try KeyPackage.create(
                suite: .x25519Aes128GcmSha256Ed25519, identity: ann.identity(),
                lifetime: Lifetime(notBefore: 1, notAfter: 2), using: &generator)
            return try MadePackage(secrets, isLastResort: lastResort && index == count - 1)
        }
    }

    private func keep(_ made: [MadePackage], _ owner: PackageOwner? = nil, now: Timestamp = now) throws {
        try store.writeSynced { try store.keep(made, of: owner ?? self.owner, now: now) }
    }

    private func published(_ made: [MadePackage], refused: [[UInt8]] = [], now: Timestamp = now) throws {
        try store.write {
            try store.notePublished(
                made.map(\.reference), refused: refused, lastResort: made.first(where: \.isLastResort)?.reference,
                of: owner, now: now)
        }
    }

    @Test func `what was kept goes out the same again until it is answered`() throws {
        let made = try made(3, lastResort: true)
        try keep(made)
        let other = try scene.other()
        let waiting = try other.waitingKeyPackages(of: owner)
        #expect(Set(waiting.once.map(\.package)) == Set(made.dropLast().map(\.package)))
        #expect(waiting.lastResort?.package == made.last?.package)
        #expect(try waiting == other.waitingKeyPackages(of: owner))
        #expect(try store.keyPackageStock(of: owner) == KeyPackageStock(made: Self.now, hasWaiting: true))
        try published(made, refused: [made[0].reference])
        #expect(try other.waitingKeyPackages(of: owner).all.isEmpty)
        #expect(try store.keyPackageStock(of: owner) == KeyPackageStock(lastResort: Self.now, made: Self.now))
        // One that the server does not take is no use.
        #expect(try store.keyPackageSecrets(made[0].reference) == nil)
        #expect(try store.keyPackageSecrets(made[1].reference)?.keyPackage.encoded == made[1].package)
    }

    @Test func `another life of the server's store, and another key, have packages of their own`() throws {
        let made = try made(2, lastResort: true)
        try keep(made)
        let later = PackageOwner(device: owner.device, instance: 0, generation: StoreGeneration(high: 6, low: 6))
        #expect(try store.keyPackageStock(of: later) == KeyPackageStock())
        #expect(try store.waitingKeyPackages(of: later).all.isEmpty)
        // Somebody may have used them before the restore.
        try store.write { try store.dropKeyPackages(except: later, now: Self.now) }
        #expect(try store.keyPackageSecrets(made[0].reference) != nil)
        let renewed = PackageOwner(device: owner.device, instance: 1, generation: later.generation)
        try store.write { try store.dropKeyPackages(except: renewed, now: Self.now) }
        #expect(try store.keyPackageSecrets(made[0].reference) == nil)
    }

    @Test func `a former last resort is kept thirty days longer, and others until nobody may use them`() throws {
        let first = try made(1, lastResort: true)
        let second = try made(2, lastResort: true, seed: 2)
        try keep(first)
        try published(first)
        let replaced = Self.now + KeyPackageStock.lastResortLives
        try keep(second, now: replaced)
        try published(second, now: replaced)
        func left(at time: Timestamp) throws -> [Bool] {
            try store.write { try store.dropKeyPackages(except: owner, now: time) }
            return try (first + second).map { try store.keyPackageSecrets($0.reference) != nil }
        }
        let end = replaced + KeyPackageStock.keptLonger
        #expect(try left(at: end - .milliseconds(1)) == [true, true, true])
        #expect(try left(at: end) == [false, true, true])
        let days = Int64(Limits.keyPackageDays) * 86_400
        #expect(try left(at: end + .seconds(days) - .seconds(3_601)) == [false, true, true])
        #expect(try left(at: end + .seconds(days)) == [false, false, true])
    }

    @Test func `a device that is logged out or refused for good has no private halves`() throws {
        let made = try made(1)
        try keep(made)
        try store.write { try store.noteRefused(owner.device, .copied) }
        #expect(try store.keyPackageSecrets(made[0].reference) != nil)
        try store.write { try store.setIdentity(try scene.identity()) }
        try store.write { try store.noteRefused(owner.device, .revoked) }
        #expect(try store.keyPackageSecrets(made[0].reference) == nil)
        try keep(made)
        try store.write { try store.setLoggedOut() }
        #expect(try store.keyPackageSecrets(made[0].reference) == nil)
    }
}
