import Dispatch
import Glibc
import Synchronization

/// Hands on what a command writes, byte for byte and at once, and remembers its last lines.
///
/// Each stream has a thread that may wait for a slow reader, so that the command waits as it would without us, and
/// nothing else does. None of our descriptors is made non-blocking: the command has them, too.
final class OutputRelay: Sendable {
    /// Bytes that are read together at most: what a pipe holds.
    private static let chunk = 64 << 10
    /// Bytes that are still handed on after the command's end: more than it can have left in a pipe. Behind them
    /// comes what its children go on writing, for ever perhaps.
    private static let rest = 1 << 20

    let streams: [OutputStream]
    private let tail: Mutex<TailBuffer>
    /// Readable once the command has ended.
    private let end: (read: Int32, write: Int32)
    private let pumps = DispatchGroup()
    private let failure: @Sendable (SystemError) -> Void

    /// - Parameter failure: told once a stream that could not be written, unless its reader has just gone.
    /// - Throws: what the system refused.
    init(
        _ plan: OutputPlan, tail: TailBuffer, failure: @escaping @Sendable (SystemError) -> Void
    ) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError(number: errno) }
        for descriptor in ends { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        end = (ends[0], ends[1])
        self.tail = Mutex(tail)
        self.failure = failure
        var streams: [OutputStream] = []
        for stream in plan.streams { streams.append(try OutputStream(stream)) }
        self.streams = streams
    }

    /// What the command finds in place of our descriptors.
    var redirections: [Spawn.Redirection] {
        streams.flatMap { stream in stream.descriptors.map { .init(ours: stream.end, its: $0) } }
    }

    var hasTerminal: Bool { streams.contains(where: \.isTerminal) }

    /// To be called when the command has been started, or could not be.
    func start() {
        for stream in streams {
            // The command has it now; with it here there would be no end.
            close(stream.end)
            DispatchQueue(label: "output").async(group: pumps) {
                self.pump(stream)
                // Who still writes is told that nobody reads.
                close(stream.source)
            }
        }
    }

    /// To be called when the command has ended: waits until all that it wrote is handed on.
    func finish() async -> [TailBuffer.Line] {
        close(end.write)
        await withCheckedContinuation { continuation in
            pumps.notify(queue: .global()) { continuation.resume() }
        }
        return tail.withLock(\.last)
    }

    private func pump(_ stream: OutputStream) {
        while true {
            var entries = [
                pollfd(fd: stream.source, events: Int16(POLLIN), revents: 0),
                // Without events: whether what reads it is gone.
                pollfd(fd: stream.sink, events: 0, revents: 0), pollfd(fd: end.read, events: 0, revents: 0),
            ]
            guard poll(&entries, 3, -1) >= 0 else {
                if errno == EINTR { continue }
                return
            }
            if entries[1].revents != 0 { return }
            if entries[2].revents != 0 { return drain(stream) }
            guard move(stream) != nil else { return }
        }
    }

    /// What is there when the command has ended.
    private func drain(_ stream: OutputStream) {
        var room = Self.rest
        while room > 0, let count = move(stream), count > 0 { room -= count }
    }

    /// Hands on what is there; how much that was. Nil at the end, and where it cannot be written.
    private func move(_ stream: OutputStream) -> Int? {
        switch Descriptor.readAvailable(stream.source, limit: Self.chunk) {
        case .failure(let error): return error.number == EAGAIN || error.number == EINTR ? 0 : nil
        case .success(let bytes):
            // A pseudo-terminal ends with an error instead.
            guard !bytes.isEmpty else { return nil }
            tail.withLock { $0.append(bytes) }
            guard let number = Descriptor.write(bytes, to: stream.sink) else { return bytes.count }
            if number != EPIPE { failure(SystemError(number: number)) }
            return nil
        }
    }
}
