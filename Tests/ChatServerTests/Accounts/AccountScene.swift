import ChatProtocol
import Logging
import TestSupport
import Testing
import Transport

@testable import ChatServer

/// A store in a directory of its own, a keeper of accounts, and what a test needs to speak to it.
final class AccountScene: Sendable {
    private let scratch: Scratch
    let everyone: ConversationID
    let store: SQLiteStore
    let keeper: AccountKeeper
    let binding = ConnectionBinding(
        clientHelloDigest: SHA256.hash([1]), serverHelloDigest: SHA256.hash([2]), exporter: SHA256.hash([3]))

    /// - Parameter limits: failures are answered after 30 ms unless said otherwise.
    init(registration: RegistrationPolicy = .open, limits change: (inout ServerLimits) -> Void = { _ in }) async throws
    {
        scratch = try Scratch()
        var limits = ServerLimits()
        limits.failureDelay = 30
        change(&limits)
        store = try await SQLiteStore.open(SQLiteStore.Settings(path: scratch.url.path + "/chatd.db"))
        everyone = store.everyone
        keeper = AccountKeeper(
            store: store, everyone: everyone, policy: AccountPolicy(registration: registration, limits: limits),
            log: Logger(label: "test"))
        keeper.start()
    }

    /// The failure that `body` ends with; nil where it does not.
    func refusal(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? Failure)?.errorCode ?? .internalError
        }
    }

    func origin(_ address: String = "192.0.2.7") -> LoginOrigin { LoginOrigin(address: address, binding: binding) }

    func end() async throws {
        await keeper.end()
        await store.close()
    }
}

/// A device as a client has it: a key, and the numbers that were allocated.
struct TestDevice {
    let key: SigningKey
    init() throws { key = try SigningKey() }

    func description(
        _ name: String = "laptop", binding: ConnectionBinding, purpose: KeyPurpose = .login
    ) throws -> DeviceDescription {
        let proof = KeyProof(purpose: purpose, algorithm: .ed25519, publicKey: key.publicKey, binding: binding)
        let registration = KeyRegistration(
            purpose: purpose, algorithm: .ed25519, publicKey: key.publicKey, proof: try key.sign(proof.wireBytes))
        return DeviceDescription(name: name, keys: [registration])
    }

    func login(_ who: LoggedIn, number: LoginNumber, binding: ConnectionBinding) throws -> LoginByDevice {
        let proof = LoginProof(account: who.account.id, device: who.device, number: number, binding: binding)
        return LoginByDevice(
            account: who.account.id, device: who.device, number: number, signature: try key.sign(proof.wireBytes))
    }
}
