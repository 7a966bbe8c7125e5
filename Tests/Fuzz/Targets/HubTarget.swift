#if DEBUG || FUZZER
    import ChatProtocol

    /// A hub, and peers that say whatever they like: alice and bob, who have logged in and subscribed, and two strangers.
    enum HubTarget {
        /// A stream of frames. The correlation of each says who sends it, and what comes with it.
        static func hub(_ input: [UInt8]) throws {
            let frames = FrameTargets.split(input, every: input.count)
            guard !frames.isEmpty else { return }
            let world = HubWorld()
            defer { world.end() }
            for (peer, name) in ["alice", "bob"].enumerated() {
                for frame in try Talk.greeting(name) { world.give(frame, from: peer) }
            }
            try world.settle()
            for frame in frames { try say(frame, in: world) }
            world.letAllTake()
            try world.settle()
            try world.checkPeers()
            try serveHonest(world)
            try endService(world)
        }

        private static func say(_ frame: RawFrame, in world: HubWorld) throws {
            let manner = Manner(rawValue: frame.correlation)
            if manner.contains(.later) { world.pass(.seconds(10)) }
            if manner.contains(.muchLater) { world.leap() }
            let peer = Int(frame.correlation % Manner.peers)
            if manner.contains(.otherPace) { world.changePace(of: peer) }
            world.give(frame, from: peer)
            if !manner.contains(.inOneFlight) { try world.settle() }
        }

        /// What the bits of a correlation mean; the lowest ones are the number of the peer.
        struct Manner: OptionSet {
            static let peers: UInt32 = 4
            let rawValue: UInt32
            /// The next frame comes at once.
            static let inOneFlight = Manner(rawValue: 4)
            /// Ten seconds pass before.
            static let later = Manner(rawValue: 8)
            /// Weeks pass before.
            static let muchLater = Manner(rawValue: 16)
            /// The peer takes nothing of what it is sent any more, or takes it again.
            static let otherPace = Manner(rawValue: 32)
        }

        private static func serveHonest(_ world: HubWorld) throws {
            let last = world.connect()
            for frame in try Talk.greeting("carol") { world.give(frame, from: last) }
            try world.settle()
            let heard = world.heard(by: last)
            try promise(heard.contains(.live), "whoever comes after a hostile peer is told \(heard)")
        }

        private static func endService(_ world: HubWorld) throws {
            var hasEnded = false
            world.hub.drain { hasEnded = true }
            try world.settle()
            try promise(hasEnded, "the service does not end")
            let status = world.hub.status
            try promise(status.isEmpty, "something is left: \(status)")
            try world.checkPeers()
        }
    }
#endif
