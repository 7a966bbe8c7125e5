import Glibc
import NIOCore
import System

/// A socket that is watched by a `PollLoop`, without a channel of NIO's: starting one of these costs a short command more than all
/// that it sends.
///
/// Confined to its event loop.
final class PlainSocket: ByteChannel {
    /// What is read at once.
    private static let readBytes = 16 << 10
    /// How often it reads before others have their turn.
    private static let readsInTurn = 4

    private let eventLoop: PollEventLoop
    /// -1 once it is closed.
    private var descriptor: Int32
    private var connection: FrameConnection?
    private var waiting: [(bytes: ByteBuffer, done: () -> Void)] = []
    private var readsOn = true

    private init(_ descriptor: Int32, on eventLoop: PollEventLoop) {
        self.descriptor = descriptor
        self.eventLoop = eventLoop
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    // MARK: Connecting

    /// Connects to an address. `completion` is called once, on the loop, unless the attempt is closed before.
    static func connect(
        to address: SocketAddress, on eventLoop: PollEventLoop, _ completion: @escaping (IOError?) -> Void
    ) -> PlainSocket {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let socket = PlainSocket(Glibc.socket(address.protocol.rawValue, kind, 0), on: eventLoop)
        guard socket.descriptor >= 0 else { return socket.refused(by: "socket", completion) }
        var yes: Int32 = 1
        setsockopt(socket.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        let result = address.withSockAddr { Glibc.connect(socket.descriptor, $0, socklen_t($1)) }
        guard result == 0 || errno == EINPROGRESS else { return socket.refused(by: "connect", completion) }
        socket.watch(POLLOUT) {
            eventLoop.loop.unwatch(socket.descriptor)
            var number: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(socket.descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
            completion(number == 0 ? nil : IOError(errnoCode: number, reason: "connect"))
        }
        return socket
    }

    private func refused(by call: String, _ completion: @escaping (IOError?) -> Void) -> PlainSocket {
        let error = IOError(errnoCode: errno, reason: call)
        later { completion(error) }
        return self
    }

    /// Carries a connection from now on.
    func carry(_ connection: FrameConnection) {
        self.connection = connection
        connection.attach(to: self)
        rewatch()
    }

    // MARK: ByteChannel

    func send(_ bytes: UnsafeRawBufferPointer) -> Int { DirectSocket(descriptor: descriptor).send(bytes) }

    func sendLater(_ bytes: UnsafeRawBufferPointer, done: @escaping () -> Void) {
        guard descriptor >= 0 else { return later(done) }
        waiting.append((ByteBuffer(bytes: bytes), done))
        rewatch()
    }

    func read() {
        readsOn = true
        rewatch()
    }

    func closeOutput() { if descriptor >= 0 { shutdown(descriptor, Int32(SHUT_WR)) } }

    func close() {
        guard descriptor >= 0 else { return }
        eventLoop.loop.unwatch(descriptor)
        Glibc.close(descriptor)
        descriptor = -1
        let rest = waiting
        waiting = []
        for item in rest { later(item.done) }
        connection?.finish()
        connection?.detach()
        connection = nil
    }

    // MARK: What the loop says

    private func rewatch() {
        guard descriptor >= 0 else { return }
        let events = (readsOn ? POLLIN : 0) | (waiting.isEmpty ? 0 : POLLOUT)
        guard events != 0 else { return eventLoop.loop.unwatch(descriptor) }
        watch(events) { self.ready() }
    }

    private func ready() {
        sendWaiting()
        guard readsOn, descriptor >= 0 else { return }
        for _ in 0..<Self.readsInTurn where descriptor >= 0 {
            guard connection?.mayRead() == true else {
                readsOn = false
                break
            }
            guard readOnce() else { break }
        }
        connection?.readComplete()
        rewatch()
    }

    /// False where there is nothing more for now.
    private func readOnce() -> Bool {
        var buffer = ByteBufferAllocator().buffer(capacity: Self.readBytes)
        var result = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.readBytes) { room in
            result = recv(descriptor, room.baseAddress, Self.readBytes, 0)
            return max(0, result)
        }
        switch result {
        case 1...: connection?.receive(buffer)
        case 0: close()
        default: failed(errno)
        }
        return result == Self.readBytes
    }

    private func sendWaiting() {
        while descriptor >= 0, let next = waiting.first {
            let sent = next.bytes.withUnsafeReadableBytes { bytes in
                Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            guard sent >= 0 else { return failed(errno) }
            waiting[0].bytes.moveReaderIndex(forwardBy: sent)
            if waiting[0].bytes.readableBytes == 0 { waiting.removeFirst().done() }
        }
    }

    /// What the kernel says to a call: it may only have to come again.
    private func failed(_ number: Int32) {
        guard number != EAGAIN, number != EINTR else { return }
        connection?.end(because: CloseReason(IOError(errnoCode: number, reason: "socket")))
        close()
    }

    // MARK: The loop

    private func watch(_ events: Int32, _ action: @escaping () -> Void) {
        let bound = NIOLoopBound(action, eventLoop: eventLoop)
        eventLoop.loop.watch(descriptor, for: events) { bound.value() }
    }

    private func later(_ action: @escaping () -> Void) { eventLoop.assumeIsolated().execute(action) }
}
