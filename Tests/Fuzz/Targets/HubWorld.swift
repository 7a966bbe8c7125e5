#if DEBUG || FUZZER
    import ChatProtocol
    import Logging
    import NIOCore
    import NIOEmbedded
    import Synchronization

    @testable import ChatServer
    @testable import ServerSupport

    /// A hub on a store in memory, its peers, and a clock that is moved by hand. All of it happens on the caller's thread,
    /// and the same input does the same again.
    final class HubWorld {
        static let identity = StoreIdentity(
            server: .init(high: 4, low: 4), generation: .init(high: 5, low: 5), everyone: .init(high: 9, low: 0))
        // Identifiers are counted: alice, her device, bob, his.
        static let alice = AccountID(high: 1, low: 2)
        static let device = DeviceID(high: 3, low: 4)
        static let bob = AccountID(high: 5, low: 6)
        /// How often the hub may be called until it rests.
        private static let patience = 10_000

        private static var authority: GroupAuthority {
            guard let authority = GroupAuthority(server: identity.server, key: [UInt8](repeating: 7, count: 32)) else {
                preconditionFailure("32 bytes are a key")
            }
            return authority
        }

        let hub: Hub
        private let loop: EmbeddedEventLoop
        private let time = HandTime()
        private var peers: [HostilePeer] = []
        /// Those whose place others have taken.
        private var gone: [HostilePeer] = []

        /// What can be asked from anywhere: the time of day, and numbers that were not given yet.
        private final class HandTime: Sendable {
            let wall = Atomic<UInt64>(1_800_000_000_000)
            private let last = Atomic<UInt64>(0)
            func number() -> UInt64 { last.add(1, ordering: .relaxed).newValue }
        }

        init() {
            let loop = EmbeddedEventLoop()
            self.loop = loop
            let time = time
            let store = MemoryStore(Self.identity) { Timestamp(milliseconds: time.wall.load(ordering: .relaxed)) }
            var settings = HubSettings()
            settings.computing = LoopExecutor(loop)
            hub = Hub(
                loop: loop, identity: Self.identity, authority: Self.authority, store: store,
                accounts: TestAccounts(store, stalls: false, entersGroups: true, number: { time.number() }),
                settings: settings,
                clock: HubClock(
                    now: { loop.now + .hours(1) },
                    wall: { Timestamp(milliseconds: time.wall.load(ordering: .relaxed)) }),
                log: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
            hub.start()
            for _ in 0..<HubTarget.Manner.peers { connect() }
        }

        /// What waits for its time is not done any more.
        func end() { try? loop.syncShutdownGracefully() }

        /// A further peer; its number.
        @discardableResult
        func connect() -> Int {
            peers.append(HostilePeer(hub))
            return peers.count - 1
        }

        // MARK: What happens

        /// Whoever has lost the connection comes again, as a stranger.
        func give(_ frame: RawFrame, from peer: Int) {
            if peers[peer].isClosed {
                gone.append(peers[peer])
                peers[peer] = HostilePeer(hub)
            }
            peers[peer].give(frame)
        }

        func changePace(of peer: Int) { peers[peer].takesNothing.toggle() }

        func letAllTake() { for peer in peers { peer.takesNothing = false } }

        func pass(_ amount: TimeAmount) {
            time.wall.add(UInt64(amount.nanoseconds / 1_000_000), ordering: .relaxed)
            loop.advanceTime(by: amount)
        }

        /// Longer than entries are kept, by the time of day; the other clock goes on so far that it is looked at.
        func leap() {
            time.wall.add(40 * 24 * 3_600_000, ordering: .relaxed)
            pass(.seconds(90))
        }

        /// Has every peer take what it was sent, until the hub has nothing to do; who is there has been told then, too.
        func settle() throws {
            try rest()
            pass(PresenceBoard.tick)
            try rest()
            try promise(hub.writer.isIdle && peers.allSatisfy(\.isQuiet), "something is left undone: \(description)")
        }

        private func rest() throws {
            var rounds = 0
            repeat {
                rounds += 1
                try promise(rounds < Self.patience, "the hub does not come to rest: \(description)")
                loop.run()
            } while peers.map({ $0.take() }).contains(true)
        }

        // MARK: What is seen

        private var description: String {
            "writer idle: \(hub.writer.isIdle); " + peers.map(\.description).joined(separator: "; ")
        }

        func heard(by peer: Int) -> [FrameKind] { peers[peer].heard.compactMap(\.frameKind) }

        func checkPeers() throws { for peer in gone + peers { try peer.check() } }
    }

    extension HubStatus {
        var isEmpty: Bool { self == HubStatus(connections: 0, loggedIn: 0, subscribed: 0, online: 0, groups: groups) }
    }
#endif
