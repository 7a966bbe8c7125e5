import ChatProtocol
import Logging
import NIOCore
import NIOPosix
import System
import Transport

/// A running server: the hub and the listener, on one event loop.
package struct Server: Sendable {
    package struct Settings: Sendable {
        /// Where to listen; port 0: any free one.
        package var addresses: [NetworkAddress]
        package var hub = HubSettings()
        package var connections = ConnectionLimits.server
        /// The clock of all time-outs.
        package var now: @Sendable () -> NIODeadline = { .now() }

        package init(addresses: [NetworkAddress]) { self.addresses = addresses }
    }

    /// The addresses with the ports that were bound.
    package let addresses: [NetworkAddress]
    package let hub: HubHandle

    /// Listens on all addresses; on return connections are accepted.
    ///
    /// - Parameter parts: what it starts. At their end no connection is accepted any more, accounts answer who waits,
    ///   what was taken is finished, and every connection is told and closed; the loop and the store are the caller's.
    package static func start(
        _ settings: Settings, on loop: any EventLoop, store: any Store, accounts: any AccountService,
        certificate: ServerIdentityBox, log: Logger, _ parts: inout StartedParts
    ) async throws -> Server {
        try await store.finishFollowUps()
        let identity = try await store.identity()
        let fresh = ServerSources.system.random(GroupAuthority.keyBytes)
        let key = try await StoreFailure.settling { () throws(StoreFailure) in try await store.groupKey(orKeep: fresh) }
        guard let authority = GroupAuthority(server: identity.server, key: key) else {
            throw StoreFailure(.damaged, "the store's key for groups is none")
        }
        let hub = try await loop.submit {
            let clock = HubClock(now: settings.now, wall: ServerSources.system.time)
            let hub = Hub(
                loop: loop, identity: identity, authority: authority, store: store, accounts: accounts,
                settings: settings.hub,
                clock: clock, log: log)
            hub.start()
            return HubHandle(hub)
        }.get()
        parts.add { await hub.drain() }
        accounts.start()
        parts.add { await accounts.end() }
        let listener = try await loop.flatSubmit {
            Listener.bind(
                settings.addresses, on: TransportLoop(loop), identity: certificate, limits: settings.connections,
                delegate: hub.bound.value)
        }.get()
        parts.add { try? await listener.close().get() }
        return Server(addresses: listener.addresses, hub: hub)
    }
}

/// The hub as other threads see it.
package struct HubHandle: Sendable {
    let bound: NIOLoopBound<Hub>
    private let loop: any EventLoop

    /// Called on the hub's event loop.
    init(_ hub: Hub) {
        loop = hub.context.loop
        bound = NIOLoopBound(hub, eventLoop: hub.context.loop)
    }

    package func execute(_ body: @escaping @Sendable (Hub) -> Void) {
        loop.execute { body(bound.value) }
    }

    /// What `body` makes of the hub, on its event loop.
    package func value<Value: Sendable>(_ body: @escaping @Sendable (Hub) throws -> Value) async throws -> Value {
        try await loop.submit { try body(bound.value) }.get()
    }

    /// Finishes what was taken, tells every connection and closes it.
    func drain() async {
        let isDrained = Later<Void>()
        execute { hub in hub.drain { isDrained.set() } }
        await isDrained.value
    }

    package func status() async throws -> HubStatus { try await value { $0.status } }

    /// On return nothing more is delivered to the account, and nothing more of it is stored.
    ///
    /// - Throws: where that is so, and a group may still take messages to it.
    package func closeConnections(account: AccountID) async throws {
        try await loop.flatSubmit {
            let promise = loop.makePromise(of: Void.self)
            bound.value.closeConnections(account: account) { failure in
                if let failure { promise.fail(failure) } else { promise.succeed() }
            }
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

    package func listenerCannotAccept(_ reason: String) { connections.cannotAccept(reason) }
}
