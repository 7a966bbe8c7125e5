import ChatProtocol
import Logging
import Synchronization
import TestSupport
import Testing
import Transport

@testable import ChatServer

/// A store in a directory of its own, a keeper of accounts, and what a test needs to speak to it.
final class AccountScene: Sendable {
    private let scratch: Scratch
    let everyone: ConversationID
    private let waited: WaitedTime
    let store: SQLiteStore
    let keeper: AccountKeeper
    let binding = ConnectionBinding(
        clientHelloDigest: SHA256.hash([1]), serverHelloDigest: SHA256.hash([2]), exporter: SHA256.hash([3]))

    /// - Parameter limits: failures are answered after 30 ms unless said otherwise.
    init(registration: RegistrationPolicy = .open, limits change: (inout ServerLimits) -> Void = { _ in }) async throws
    {
        scratch = try Scratch()
        var limits = ServerLimits()
        limits.failureDelay = .milliseconds(30)
        change(&limits)
        let waited = WaitedTime()
        self.waited = waited
        var settings = SQLiteStore.Settings(path: scratch.url.path + "/chatd.db")
        let clock = settings.clock
        settings.clock = { clock() + waited.span.withLock { $0 } }
        store = try await SQLiteStore.open(settings)
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

    /// Has the store's clock stand later.
    func wait(_ span: Duration) { waited.span.withLock { $0 += span } }

    func origin(_ address: String = "192.0.2.7") -> LoginOrigin { LoginOrigin(address: address, binding: binding) }

    func end() async throws {
        await keeper.end()
        await store.close()
    }
}

/// For how long a test has pretended to wait.
private final class WaitedTime: Sendable {
    let span = Mutex(Duration.zero)
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
