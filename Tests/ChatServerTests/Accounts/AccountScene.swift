import ChatProtocol
import Glibc
import Logging
import NIOCore
import NIOPosix
import SQLite
import Testing
import Transport

@testable import ChatServer

/// A store in a directory of its own, a keeper of accounts on an event loop, and what a test needs to speak to it.
final class AccountScene: Sendable {
    let directory: String
    let everyone: ConversationID
    let store: StoreThread<AccountDatabase>
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let keeper: NIOLoopBoundBox<AccountKeeper?>
    let binding = ConnectionBinding(
        clientHelloDigest: SHA256.hash([1]), serverHelloDigest: SHA256.hash([2]), exporter: SHA256.hash([3]))

    /// - Parameter limits: failures are answered after 30 ms unless said otherwise.
    init(registration: RegistrationPolicy = .open, limits change: (inout ServerLimits) -> Void = { _ in }) async throws
    {
        var template = Array("/tmp/chat-accounts-XXXXXX".utf8CString)
        directory = String(cString: try #require(mkdtemp(&template)))
        let path = directory + "/chatd.db"
        everyone = try Self.makeStore(path)
        var limits = ServerLimits()
        limits.failureDelay = 30
        change(&limits)
        let everyone = everyone
        let store = try await StoreThread.start {
            try AccountDatabase(path: path, everyone: everyone, checkpoints: nil)
        }
        self.store = store
        let loop = group.next()
        keeper = NIOLoopBoundBox.makeEmptyBox(valueType: AccountKeeper.self, eventLoop: loop)
        let policy = AccountPolicy(registration: registration, limits: limits)
        let box = keeper
        try await loop.submit {
            box.value = AccountKeeper(loop: loop, store: store, policy: policy, log: Logger(label: "test"))
        }.get()
    }

    private static func makeStore(_ path: String) throws -> ConversationID {
        let database = try Database(path: path)
        try database.migrate(to: ServerSchema.schema)
        let fresh = StoreIdentity(
            server: ServerSources.system.identifier(), generation: ServerSources.system.identifier(),
            everyone: ServerSources.system.identifier())
        return try MetaStore.identity(in: database, fresh: fresh, time: 1).everyone
    }

    /// Asks the keeper on its loop.
    func ask<Value: Sendable>(
        _ body: @escaping @Sendable (AccountKeeper, @escaping AccountKeeper.Completion<Value>) -> Void
    ) async throws -> Value {
        let loop = group.next()
        return try await loop.flatSubmit { [keeper] in
            let promise = loop.makePromise(of: Value.self)
            guard let keeper = keeper.value else {
                promise.fail(Failure(.internalError))
                return promise.futureResult
            }
            body(keeper) { result in promise.completeWith(result.mapError { $0 as any Error }) }
            return promise.futureResult
        }.get()
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
        let loop = group.next()
        let threads = try await loop.submit { [keeper] in
            defer { keeper.value = nil }
            return keeper.value?.passwords.threads
        }.get()
        try await threads?.shutdownGracefully()
        await store.close()
        try await group.shutdownGracefully()
        for name in ["chatd.db", "chatd.db-wal", "chatd.db-shm"] { unlink(directory + "/" + name) }
        rmdir(directory)
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

    func login(_ who: LoggedIn, number: UInt64, binding: ConnectionBinding) throws -> LoginByDevice {
        let proof = LoginProof(account: who.account.id, device: who.device, number: number, binding: binding)
        return LoginByDevice(
            account: who.account.id, device: who.device, number: number, signature: try key.sign(proof.wireBytes))
    }
}
