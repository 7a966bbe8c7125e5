#if DEBUG || FUZZER
    import CLISupport
    import ChatProtocol
    import NIOCore
    import NIOEmbedded
    import Synchronization
    import Transport

    @testable import ChatClient

    /// A client's end of a connection, and a server that says whatever it likes.
    enum LinkTarget {
        /// A stream of frames. Something is asked before each of them; whatever they say, each request has one end.
        static func link(_ input: [UInt8]) throws {
            let frames = FrameTargets.split(input, every: input.count)
            guard !frames.isEmpty else { return }
            let connection = StubConnection()
            let shared = LinkState()
            let core = LinkCore(
                connection, address: .default, login: try login(), patience: .seconds(10), shared: shared)
            core.start()
            let ends = Ends()
            for frame in frames {
                core.send(ends.request(timeout: frame.kind % 2 == 0 ? .seconds(5) : nil))
                core.receive(frame)
                connection.loop.advanceTime(by: .seconds(1))
                _ = shared.isOver
            }
            core.close()
            connection.loop.advanceTime(by: .seconds(60))
            try promise(ends.counts.allSatisfy { $0 == 1 }, "requests have \(ends.counts) ends")
            try promise(shared.end != nil && shared.isOver, "a connection that was closed has no end")
            try promise(connection.isClosed, "a link that has ended leaves its connection open")
            let sent = FrameTargets.split(connection.sent, every: connection.sent.count)
            for frame in sent { try promise(try FrameBodies.check(frame), "the link sends what cannot be read") }
        }

        private static func login() throws -> LinkLogin {
            guard let name = UserName("alice") else { throw BrokenPromise("a name of our own") }
            return .password(
                name: name, password: [1], existing: nil, deviceName: "d", key: try key.get(), chainKey: nil)
        }

        /// One for all inputs: making a key is slow.
        private static let key = Result { try SigningKey() }

        static func seeds() -> [[UInt8]] {
            guard let name = UserName("alice") else { return [] }
            let hello = ServerHello(
                version: 0, server: .init(high: 4, low: 4), nonce: [UInt8](repeating: 7, count: 32), time: 1,
                software: "chatd")
            let welcome = Welcome(
                account: AccountRecord(id: .init(high: 0, low: 1), name: name, displayName: "Alice"),
                device: .init(high: 3, low: 3), deviceName: "d", server: .init(high: 4, low: 4),
                generation: .init(high: 5, low: 5), everyone: .init(high: 9, low: 0), time: 1)
            let good = [
                hello.frame(), welcome.frame(correlation: 1), Done().frame(correlation: 2), Live(time: 1).frame(),
                Pong(time: 1).frame(correlation: 3), Done().frame(correlation: 3),
            ]
            let refused = [
                hello.frame(), Failure(.loginRefused).frame(correlation: 1),
                Failure(.notLoggedIn).frame(correlation: 2),
            ]
            let closed = [hello.frame(), welcome.frame(correlation: 1), Failure(.shuttingDown).frame(), Done().frame()]
            let early = [Failure(.busy).frame(), hello.frame()]
            return [good, refused, closed, early].map { $0.flatMap(\.wireBytes) }
        }

        /// Counts the ends of requests.
        private final class Ends: Sendable {
            private let state = Mutex<[Int]>([])
            var counts: [Int] { state.withLock { $0 } }

            func request(timeout: Duration?) -> LinkCore.Request {
                let number = state.withLock { counts in
                    counts.append(0)
                    return counts.count - 1
                }
                return LinkCore.Request(
                    kind: .ping, body: [], completion: { _ in self.state.withLock { $0[number] += 1 } },
                    timeout: timeout)
            }
        }
    }

    /// A connection without a socket.
    private final class StubConnection: LinkConnection {
        let loop = EmbeddedEventLoop()
        var eventLoop: any EventLoop { loop }
        let channelBinding = [UInt8](repeating: 9, count: 32)
        private(set) var sent: [UInt8] = []
        private(set) var isClosed = false

        func start(delegate: any FrameConnectionDelegate) {}
        func write(_ bytes: ByteBuffer) { if !isClosed { sent += bytes.readableBytesView } }
        func close(flushing: Bool) { isClosed = true }
    }
#endif
