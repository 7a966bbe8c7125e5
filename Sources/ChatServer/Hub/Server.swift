import ChatProtocol
import Glibc
import Logging
import NIOCore
import NIOPosix
import Transport

/// A running server: the store, the hub and the listener, on one event loop.
package final class Server: Sendable {
    package struct Settings: Sendable {
        /// Where to listen; port 0: any free one.
        package var addresses: [NetworkAddress]
        /// The database's file.
        package var database: String
        package var hub = HubSettings()
        package var connections = ConnectionLimits.server
        /// The clock of all time-outs.
        package var now: @Sendable () -> NIODeadline = { .now() }

        package init(addresses: [NetworkAddress], database: String) {
            self.addresses = addresses
            self.database = database
        }
    }

    /// Makes the keeper of accounts, on the event loop.
    package typealias MakeAccounts = @Sendable (Hub) throws -> any AccountService

    /// The addresses with the ports that were bound.
    package var addresses: [NetworkAddress] { listener.addresses }
    package let hub: HubHandle
    package let store: HubStore

    private let listener: Listener
    private let group: MultiThreadedEventLoopGroup

    private init(hub: HubHandle, store: HubStore, listener: Listener, group: MultiThreadedEventLoopGroup) {
        self.hub = hub
        self.store = store
        self.listener = listener
        self.group = group
    }

    /// Opens the store and listens on all addresses; on return connections are accepted.
    package static func start(
        _ settings: Settings, certificate: ServerIdentityBox, log: Logger, accounts: @escaping MakeAccounts
    ) async throws -> Server {
        let (store, identity) = try await HubStore.open(
            path: settings.database, fresh: try StoreIdentity.fresh(), time: WallClock.milliseconds())
        return try await start(
            settings, store: store, identity: identity, certificate: certificate, log: log, accounts: accounts)
    }

    /// As above, on a store that is open. The server closes it when it ends, or when it cannot start.
    package static func start(
        _ settings: Settings, store: HubStore, identity: StoreIdentity, certificate: ServerIdentityBox, log: Logger,
        accounts: @escaping MakeAccounts
    ) async throws -> Server {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        do {
            let hub = try await loop.submit {
                let clock = HubClock(now: settings.now, wall: { WallClock.milliseconds() })
                let hub = Hub(
                    loop: loop, identity: identity, store: store, settings: settings.hub, clock: clock, log: log)
                hub.accounts = try accounts(hub)
                hub.startSweeping()
                hub.startHousekeeping()
                return HubHandle(hub)
            }.get()
            let listener = try await loop.flatSubmit {
                Listener.bind(
                    settings.addresses, on: TransportLoop(loop), identity: certificate, limits: settings.connections,
                    delegate: hub.bound.value)
            }.get()
            return Server(hub: hub, store: store, listener: listener, group: group)
        } catch {
            await store.close()
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Stops accepting, finishes what was taken, tells every connection and closes it, closes the store.
    package func drain() async {
        try? await listener.close().get()
        await withCheckedContinuation { continuation in
            hub.execute { hub in hub.drain { continuation.resume() } }
        }
        await store.close()
        try? await group.shutdownGracefully()
    }
}

/// The hub as other threads see it.
package struct HubHandle: Sendable {
    let bound: NIOLoopBound<Hub>
    private let loop: any EventLoop

    /// Called on the hub's event loop.
    init(_ hub: Hub) {
        loop = hub.loop
        bound = NIOLoopBound(hub, eventLoop: hub.loop)
    }

    package func execute(_ body: @escaping @Sendable (Hub) -> Void) {
        loop.execute { body(bound.value) }
    }

    /// What `body` makes of the hub, on its event loop.
    package func value<Value: Sendable>(_ body: @escaping @Sendable (Hub) throws -> Value) async throws -> Value {
        try await loop.submit { try body(bound.value) }.get()
    }

    package func status() async throws -> HubStatus { try await value { $0.status } }

    /// On return nothing more is delivered to the account, and nothing more of it is stored.
    package func closeConnections(account: AccountID) async throws {
        try await loop.flatSubmit {
            let promise = loop.makePromise(of: Void.self)
            bound.value.closeConnections(account: account) { promise.succeed() }
            return promise.futureResult
        }.get()
    }

    /// An account's record has changed.
    package func accountChanged(_ account: AccountRecord) async throws {
        try await value { $0.accountChanged(account) }
    }
}

extension Hub: ListenerDelegate {
    package func listenerDidAccept(_ connection: FrameConnection) -> (any FrameConnectionDelegate)? {
        accept(connection)
    }

    package func listenerCannotAccept(_ reason: String) { cannotAccept(reason) }
}

extension StoreIdentity {
    /// For a new store.
    package static func fresh() throws -> StoreIdentity {
        guard let server = ServerID(SecureRandom.bytes(ServerID.byteCount)),
            let generation = StoreGeneration(SecureRandom.bytes(StoreGeneration.byteCount)),
            let everyone = ConversationID(SecureRandom.bytes(ConversationID.byteCount))
        else { throw StoreFailure(.failed, "no random bytes") }
        return StoreIdentity(server: server, generation: generation, everyone: everyone)
    }
}

/// The time of day.
package enum WallClock {
    /// Unix milliseconds.
    package static func milliseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}
