import Glibc
import Synchronization
import System

/// Hands on what a command writes, byte for byte and at once, and remembers its last lines.
///
/// One thread reads, so that the order of both outputs is kept as far as it can be seen. Each stream is written on a
/// queue of its own, which may wait for a slow reader; meanwhile that stream is not read, so that the command waits as
/// it would without us. None of our descriptors is made non-blocking: the command has them, too.
final class OutputRelay: Sendable {
    /// Bytes that are read together at most: what a pipe holds.
    private static let chunk = 64 << 10
    /// Bytes of a stream that are still handed on after the command's end: more than it can have left in a pipe.
    /// Behind them comes what its children go on writing, for ever perhaps.
    private static let rest = 1 << 20
    /// Lines that are kept besides those that are wanted: a program that draws several anew moves up so far.
    private static let redrawn = 64

    /// What the writers and the owner tell the reader.
    private struct Notes {
        var hasEnded = false
        /// Streams of which all that was read is written, and whether that has failed.
        var written: [(stream: Int, hasFailed: Bool)] = []
    }

    /// How far a stream is.
    private struct Flow {
        enum Phase { case idle, writing, closed }
        var phase = Phase.idle
        var rest = OutputRelay.rest
    }

    let streams: [OutputStream]
    private let writers: [BlockingLane]
    private let lines: Int
    private let tail: Mutex<TailBuffer>
    private let notes = Mutex(Notes())
    /// Wakes the reader for what stands in the notes.
    private let alarm: (read: Int32, write: Int32)
    private let isRead = Later<Void>()
    private let failure: @Sendable (SystemError) -> Void

    /// - Parameters:
    ///   - lines: how many of the last ones are wanted, of `limit` bytes at most. Four times as much is kept, since much
    ///     of what is written may be overwritten.
    ///   - failure: told where a stream could not be written, unless its reader has just gone.
    /// - Throws: what the system refused.
    init(
        _ plan: OutputPlan, lines: Int, limit: Int, failure: @escaping @Sendable (SystemError) -> Void
    ) throws(SystemError) {
        alarm = try NewDescriptor.pipe(blocks: false)
        self.lines = lines
        tail = Mutex(
            TailBuffer(lines: lines + Self.redrawn, limit: 4 * limit, streams: plan.streams.count))
        self.failure = failure
        var streams: [OutputStream] = []
        for stream in plan.streams { streams.append(try OutputStream(stream)) }
        self.streams = streams
        writers = streams.map { _ in BlockingLane("output") }
    }

    /// What the command finds in place of our descriptors.
    var redirections: [Spawn.Redirection] {
        streams.flatMap { stream in stream.descriptors.map { .init(ours: stream.end, its: $0) } }
    }

    var hasTerminal: Bool { streams.contains(where: \.isTerminal) }

    /// To be called when the command has been started, or could not be.
    func start() {
        // The command has them now; with them here there would be no end.
        for stream in streams { close(stream.end) }
        BlockingLane("output of the command").begin {
            self.run()
            self.isRead.set()
        }
    }

    /// To be called when the command has ended: waits until all that it wrote is handed on, and gives the last lines as
    /// a person sees them.
    func finish() async -> [String] {
        tell { $0.hasEnded = true }
        await isRead.value
        return SeenText.lines(lines, of: tail.withLock(\.last))
    }

    private func tell(_ note: (inout Notes) -> Void) {
        notes.withLock { note(&$0) }
        _ = Descriptor.write([0], to: alarm.write)
    }

    // MARK: The reader

    private func run() {
        var flows = streams.map { _ in Flow() }
        while flows.contains(where: { $0.phase != .closed }) {
            let hasEnded = takeNotes(&flows)
            var entries = entries(flows)
            // Whatever the command has written by its end can be read by now.
            let isDraining = hasEnded && flows.contains { $0.phase == .idle }
            guard poll(&entries, nfds_t(entries.count), isDraining ? 0 : -1) >= 0 else { continue }
            if entries[0].revents != 0 { _ = Descriptor.readAvailable(alarm.read, limit: 64) }
            for index in flows.indices where flows[index].phase == .idle {
                let (source, sink) = (entries[1 + 2 * index], entries[2 + 2 * index])
                if sink.revents == 0, source.revents != 0, flows[index].rest > 0 {
                    move(index, &flows[index], hasEnded: hasEnded)
                } else if sink.revents != 0 || hasEnded {
                    end(index, &flows[index])
                }
            }
        }
    }

    /// True once the command has ended.
    private func takeNotes(_ flows: inout [Flow]) -> Bool {
        let (written, hasEnded) = notes.withLock { notes in
            defer { notes.written = [] }
            return (notes.written, notes.hasEnded)
        }
        for (index, hasFailed) in written {
            flows[index].phase = .idle
            if hasFailed { end(index, &flows[index]) }
        }
        return hasEnded
    }

    /// What is waited for: the alarm, and of each stream that can be read both ends; of ours, whether who reads it is
    /// gone, which is told without being asked for.
    private func entries(_ flows: [Flow]) -> [pollfd] {
        let alarm = pollfd(fd: alarm.read, events: Int16(POLLIN), revents: 0)
        return zip(streams, flows).reduce(into: [alarm]) { entries, pair in
            let (stream, isIdle) = (pair.0, pair.1.phase == .idle)
            entries.append(pollfd(fd: isIdle ? stream.source : -1, events: Int16(POLLIN), revents: 0))
            entries.append(pollfd(fd: isIdle ? stream.sink : -1, events: 0, revents: 0))
        }
    }

    /// Reads what is there and has it written.
    private func move(_ index: Int, _ flow: inout Flow, hasEnded: Bool) {
        switch Descriptor.readAvailable(streams[index].source, limit: Self.chunk) {
        case .failure(let error) where error.number == EAGAIN || error.number == EINTR: return
        // A pseudo-terminal ends with an error.
        case .failure: end(index, &flow)
        case .success([]): end(index, &flow)
        case .success(let bytes):
            if hasEnded { flow.rest -= bytes.count }
            flow.phase = .writing
            tail.withLock { $0.append(bytes, stream: index) }
            writers[index].begin {
                let number = Descriptor.write(bytes, to: self.streams[index].sink)
                if let number, number != EPIPE { self.failure(SystemError(number: number)) }
                self.tell { $0.written.append((index, number != nil)) }
            }
        }
    }

    /// Who still writes is told that nobody reads.
    private func end(_ index: Int, _ flow: inout Flow) {
        flow.phase = .closed
        close(streams[index].source)
    }
}
