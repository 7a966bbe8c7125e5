import Dispatch
import Glibc
import Synchronization

/// Signals as events: a handler writes the signal's number into a pipe, and a source reads it.
///
/// Dispatch's own signal sources need the signal to be ignored, and on Linux an ignored signal that the main thread
/// does not block is gone before they see it.
enum SignalPipe {
    private struct Ends: Sendable {
        var read: Int32 = -1
        var write: Int32 = -1

        init() {
            var descriptors: [Int32] = [-1, -1]
            guard pipe(&descriptors) == 0 else { return }
            for descriptor in descriptors {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            }
            (read, write) = (descriptors[0], descriptors[1])
        }
    }

    private static let ends = Ends()
    private static let actions = Mutex<[Int32: @Sendable () -> Void]>([:])
    /// Of its own: the shared queues may be full of work that waits.
    private static let queue = DispatchQueue(label: "signals")
    private static let source = Mutex<Reader?>(nil)

    /// Unchecked: Dispatch's sources may be used from any thread.
    private struct Reader: @unchecked Sendable {
        let source: any DispatchSourceRead
    }

    /// Has `action` called when this signal comes, instead of what the signal does by itself.
    static func catchSignal(_ number: Int32, _ action: @escaping @Sendable () -> Void) {
        actions.withLock { $0[number] = action }
        start()
        var disposition = sigaction()
        disposition.__sigaction_handler.sa_handler = handleSignal
        // What was interrupted goes on by itself.
        disposition.sa_flags = SA_RESTART
        sigaction(number, &disposition, nil)
    }

    private static func start() {
        source.withLock { reader in
            guard reader == nil else { return }
            let source = DispatchSource.makeReadSource(fileDescriptor: ends.read, queue: queue)
            source.setEventHandler { deliver() }
            source.activate()
            reader = Reader(source: source)
        }
    }

    private static func deliver() {
        guard case .success(let numbers) = Descriptor.readAvailable(ends.read, limit: 64) else { return }
        for number in numbers { actions.withLock { $0[Int32(number)] }?() }
    }

    /// Runs inside of whatever was interrupted: only what signal-safety(7) allows. The pipe is there before the first
    /// handler is installed; a full one holds enough signals already.
    fileprivate static func note(_ number: Int32) {
        let before = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(ends.write, &byte, 1)
        errno = before
    }
}

private func handleSignal(_ number: Int32) { SignalPipe.note(number) }
