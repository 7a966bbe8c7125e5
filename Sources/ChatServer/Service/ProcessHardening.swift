import Glibc
import System

/// What a process does about itself before it holds keys.
enum ProcessHardening {
    /// Descriptors that a server needs beside one a connection: the store's files for each of its connections, the
    /// listeners, the event loops, and what an administrator's command opens.
    private static let ownDescriptors: UInt64 = 64

    /// No core files, which would hold keys and messages: neither where the kernel writes them nor where it pipes
    /// them to a collector, which the limit alone does not stop.
    static func forbidCoreFiles() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        ProcessMemory.forbidDumps()
    }

    /// Gets the descriptors for so many connections, as far as they are allowed.
    ///
    /// - Returns: how many connections there are descriptors for, at most those that were asked for.
    static func descriptors(forConnections connections: UInt64) -> UInt64 {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { return connections }
        let needed = connections.addingReportingOverflow(ownDescriptors).partialValue
        if limit.rlim_cur < needed {
            limit.rlim_cur = min(limit.rlim_max, rlim_t(needed))
            setrlimit(kind, &limit)
            guard getrlimit(kind, &limit) == 0 else { return connections }
        }
        // Where there are very few, half of them: some are better than none.
        let current = UInt64(limit.rlim_cur)
        return min(connections, current - min(ownDescriptors, current / 2))
    }
}
