import Dispatch
import Glibc

/// Tells when another process, or this one, has committed something to a profile's store.
///
/// It watches the file that writers touch after their commit. Where that cannot be watched (too many watches, a disk
/// that cannot be written) its user still has the polling.
final class WakeWatcher {
    private let source: any DispatchSourceRead

    /// Nil where the file cannot be watched.
    init?(_ path: String, onChange: @escaping @Sendable () -> Void) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        guard inotify_add_watch(descriptor, path, UInt32(IN_ATTRIB) | UInt32(IN_MODIFY)) >= 0 else {
            close(descriptor)
            return nil
        }
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 4 << 10)
            while read(descriptor, &buffer, buffer.count) > 0 {}
            onChange()
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    deinit { source.cancel() }
}
