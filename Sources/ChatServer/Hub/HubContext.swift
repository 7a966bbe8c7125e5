import ChatProtocol
import Logging
import NIOCore

/// What every part of the hub works with: the event loop that all of them are confined to, the clock, the store, the
/// log, and the settings that count now.
package final class HubContext {
    let loop: any EventLoop
    let server: ServerID
    let everyone: ConversationID
    let store: any Store
    let bridge: LoopBridge
    let clock: HubClock
    let log: Logger
    package private(set) var settings: HubSettings
    /// What the parts count as they go; read when somebody asks.
    package var counts = HubCounts()

    init(
        loop: any EventLoop, identity: StoreIdentity, store: any Store, settings: HubSettings, clock: HubClock,
        log: Logger
    ) {
        self.loop = loop
        server = identity.server
        everyone = identity.everyone
        self.store = store
        bridge = LoopBridge(loop, computing: settings.computing)
        self.settings = settings
        self.clock = clock
        self.log = log
    }

    func apply(_ settings: HubSettings) { self.settings = settings }

    /// Runs `body` on the loop, after what runs now.
    func later(_ body: @escaping () -> Void) {
        loop.assumeIsolated().execute(body)
    }

    @discardableResult
    func schedule(in delay: TimeAmount, _ body: @escaping () -> Void) -> Scheduled<Void> {
        loop.assumeIsolated().scheduleTask(in: delay, body)
    }

    /// What a peer is told when the store could not be read.
    func failure(_ failure: StoreFailure) -> Failure {
        if let refusal = failure.refusal { return refusal }
        log.error("the store could not be read", metadata: ["error": "\(failure)"])
        return Failure(.storeFailed, sentence: "the server could not read its store")
    }
}
