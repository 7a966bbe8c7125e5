import Dispatch
import Glibc
import System

/// Tells when another process, or this one, has committed something to a profile's store.
///
/// It watches the file that writers touch after their commit. Where that cannot be watched (too many watches, a disk
/// that cannot be written) its user still has the polling.
final class WakeWatcher {
    private let end: () -> Void

    /// Nil where the file cannot be watched.
    init?(_ path: String, onChange: @escaping @Sendable () -> Void) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        guard inotify_add_watch(descriptor, path, UInt32(IN_ATTRIB) | UInt32(IN_MODIFY)) >= 0 else {
            close(descriptor)
            return nil
        }
        let read = { @Sendable in
            var buffer = [UInt8](repeating: 0, count: 4 << 10)
            while Glibc.read(descriptor, &buffer, buffer.count) > 0 {}
            onChange()
        }
        end =
            if let loop = MainThread.servingLoop {
                Self.watch(descriptor, in: loop, read)
            } else {
                Self.watch(descriptor, read)
            }
    }

    deinit { end() }

    /// - Returns: what ends it.
    private static func watch(_ descriptor: Int32, _ read: @escaping @Sendable () -> Void) -> () -> Void {
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
        source.setEventHandler(handler: read)
        source.setCancelHandler { close(descriptor) }
        source.activate()
        return { source.cancel() }
    }

    private static func watch(
        _ descriptor: Int32, in loop: PollLoop, _ read: @escaping @Sendable () -> Void
    ) -> () -> Void {
        loop.perform { loop.watch(descriptor, for: POLLIN, read) }
        return {
            loop.perform {
                loop.unwatch(descriptor)
                close(descriptor)
            }
        }
    }
}
