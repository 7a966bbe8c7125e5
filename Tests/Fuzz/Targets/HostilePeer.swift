#if DEBUG || FUZZER
    import ChatProtocol
    import DequeModule
    import NIOCore
    import Transport

    @testable import ChatServer

    /// The hub's end of a connection in memory, and who is at the other one. Confined to the hub's event loop.
    final class HostilePeer: ClientLink {
        /// What the hub may let wait for a peer that takes nothing: what it tells, and an answer more.
        private static let mostPending = HubSettings().pendingBytes + (2 << 20)

        let remoteAddress = NetworkAddress(host: "192.0.2.7", port: 7)
        let channelBinding = [UInt8](repeating: 9, count: 32)
        private let hub: Hub
        private var session: Session?
        private var unread = Deque<RawFrame>()
        private var givenCount = 0
        private var sent: [UInt8] = []
        private(set) var pendingBytes = 0
        private var mostPendingBytes = 0
        private var limit = Limits.frameBeforeLogin
        private var isPaused = false
        private var isReading = false
        private var owesWritable = false
        private(set) var isClosed = false
        /// Takes nothing of what it is sent.
        var takesNothing = false

        init(_ hub: Hub) {
            self.hub = hub
            session = hub.accept(self)
            if let session { hub.opened(session) }
            isClosed = session == nil
        }

        // MARK: The peer

        func give(_ frame: RawFrame) {
            unread.append(frame)
            givenCount += 1
            read()
        }

        /// Takes what it was sent; whether there was something.
        func take() -> Bool {
            guard pendingBytes > 0 || owesWritable, !takesNothing, !isClosed else { return false }
            pendingBytes = 0
            if owesWritable, let session {
                owesWritable = false
                hub.becameWritable(session)
            }
            return true
        }

        /// Nothing that it has said is still being worked on.
        var isQuiet: Bool {
            guard !isClosed, let session else { return true }
            return session.requestsInFlight == 0 && session.stage != .loggingIn && (unread.isEmpty || isPaused)
        }

        var description: String {
            guard let session, !isClosed else { return "closed" }
            return "\(session.stage), \(session.requestsInFlight) requests, pauses \(session.pauses.rawValue), "
                + "\(unread.count) frames unread, \(pendingBytes) bytes not taken"
        }

        private func read() {
            guard !isReading, let session else { return }
            isReading = true
            while !isPaused, !isClosed, let frame = unread.popFirst() {
                if frame.body.count + RawFrame.headBytes > limit {
                    session.expel(Failure(.frameTooLarge))
                } else {
                    hub.receive(frame, on: session)
                }
            }
            isReading = false
            if !isClosed { hub.readComplete(session) }
        }

        // MARK: What it was sent

        var heard: [RawFrame] { FrameTargets.split(sent, every: sent.count) }

        /// It was sent frames that decode, no more replies than it has asked for, each entry once and in its order; and
        /// no more waited for it than may.
        func check() throws {
            let frames = heard
            let bytes = frames.reduce(0) { $0 + RawFrame.lengthBytes + RawFrame.headBytes + $1.body.count }
            try promise(bytes == sent.count, "the hub sends what is no frame")
            for frame in frames {
                try promise(try FrameBodies.check(frame), "the hub sends a body that cannot be read: \(frame)")
            }
            let replies = frames.count { (FrameKind.done.rawValue..<FrameKind.serverHello.rawValue).contains($0.kind) }
            try promise(replies <= givenCount, "\(replies) replies to \(givenCount) frames")
            try promise(mostPendingBytes <= Self.mostPending, "\(mostPendingBytes) bytes waited for a peer")
            try checkOrder(frames)
        }

        private func checkOrder(_ frames: [RawFrame]) throws {
            var last: [ConversationID: SequenceNumber] = [:]
            for frame in frames where frame.frameKind == .entry {
                let entry = try frame.decode(Entry.self)
                let before = last.updateValue(entry.seq, forKey: entry.conversation) ?? 0
                try promise(before < entry.seq, "entry \(entry.seq) comes after \(before)")
            }
        }

        // MARK: The hub's end

        var isWritable: Bool {
            let isWritable = pendingBytes < FrameConnection.highWater
            if !isWritable { owesWritable = true }
            return isWritable
        }
        /// Frames come whole.
        var announcedBytes: Int { 0 }

        func write(_ bytes: ByteBuffer) {
            guard !isClosed else { return }
            sent += bytes.readableBytesView
            pendingBytes += bytes.readableBytes
            mostPendingBytes = max(mostPendingBytes, pendingBytes)
        }

        func pauseReading() { isPaused = true }

        func resumeReading() {
            isPaused = false
            hub.context.later { self.read() }
        }

        func setFrameLimit(_ limit: Int) { self.limit = limit }

        func close(flushing: Bool) {
            guard !isClosed else { return }
            isClosed = true
            hub.context.later {
                if let session = self.session { self.hub.closed(session, reason: "closed") }
                self.session = nil
            }
        }
    }
#endif
