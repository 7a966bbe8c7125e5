import Dispatch
import Glibc
import Synchronization
import System

/// Who sent a signal.
enum SignalOrigin: Equatable, Sendable {
    /// The kernel; for a terminal, and then to everybody in our process group.
    case kernel
    case process(pid_t)
}

/// Signals as events: a handler writes the signal's number and sender into a pipe, and a source reads them.
///
/// Dispatch's own signal sources need the signal to be ignored, and on Linux an ignored signal that the main thread
/// does not block is gone before they see it.
enum SignalPipe {
    private struct Ends: Sendable {
        var read: Int32 = -1
        var write: Int32 = -1

        init() {
            if let ends = try? NewDescriptor.pipe(blocks: false) { (read, write) = ends }
        }
    }

    private static let ends = Ends()
    private static let actions = Mutex<[Int32: @Sendable (SignalOrigin) -> Void]>([:])
    /// Of its own: the shared queues may be full of work that waits.
    private static let queue = DispatchQueue(label: "signals")
    private static let source = Mutex<Reader?>(nil)

    /// Unchecked: a source of Dispatch may be used from any thread, which libdispatch sees to, and this one never changes.
    private struct Reader: @unchecked Sendable {
        let source: any DispatchSourceRead
    }

    /// Has `action` called when this signal comes, instead of what the signal does by itself.
    static func catchSignal(_ number: Int32, _ action: @escaping @Sendable () -> Void) {
        catchSignal(number) { (_: SignalOrigin) in action() }
    }

    /// As above, for who must know where it comes from.
    static func catchSignal(_ number: Int32, _ action: @escaping @Sendable (SignalOrigin) -> Void) {
        actions.withLock { $0[number] = action }
        start()
        var disposition = sigaction()
        disposition.__sigaction_handler.sa_sigaction = handleSignal
        // What was interrupted goes on by itself.
        disposition.sa_flags = SA_RESTART | SA_SIGINFO
        // One after the other, so that they are noted in the order in which they are delivered.
        sigfillset(&disposition.sa_mask)
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
        guard case .success(let bytes) = Descriptor.readAvailable(ends.read, limit: 64 * Note.size) else { return }
        let notes = stride(from: 0, through: bytes.count - Note.size, by: Note.size).map {
            Note(bytes: bytes[$0..<$0 + Note.size])
        }
        // What became of a child is told behind the signals that may have brought it about.
        for isOfChild in [false, true] {
            for note in notes where (note.number == SIGCHLD) == isOfChild {
                actions.withLock { $0[note.number] }?(note.origin)
            }
        }
    }

    /// Runs inside of whatever was interrupted: only what signal-safety(7) allows. The pipe is there before the first
    /// handler is installed; a full one holds enough signals already. So few bytes are written whole or not at all.
    fileprivate static func note(_ number: Int32, code: Int32, sender: pid_t) {
        let before = errno
        // From a process the code is 0 or less, with its identifier beside it.
        var note = UInt64(UInt8(truncatingIfNeeded: number)) | (code <= 0 ? 1 << 8 : 0)
        note |= UInt64(UInt32(bitPattern: sender)) << 32
        _ = write(ends.write, &note, Note.size)
        errno = before
    }

    /// What travels through the pipe.
    private struct Note {
        static let size = MemoryLayout<UInt64>.size
        var number: Int32
        var origin: SignalOrigin

        init(bytes: ArraySlice<UInt8>) {
            let note = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            number = Int32(note & 0xff)
            let sender = pid_t(truncatingIfNeeded: note >> 32)
            origin = note & 1 << 8 == 0 ? .kernel : .process(sender)
        }
    }
}

private func handleSignal(_ number: Int32, _ information: UnsafeMutablePointer<siginfo_t>?, _: UnsafeMutableRawPointer?)
{
    let code = information?.pointee.si_code ?? 0
    SignalPipe.note(number, code: code, sender: information?.pointee._sifields._kill.si_pid ?? 0)
}
