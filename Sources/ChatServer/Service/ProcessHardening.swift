import CCrypt
import Glibc

/// What a process does about itself before it holds keys.
enum ProcessHardening {
    /// Descriptors that a server asks for: each connection is one.
    private static let descriptors: rlim_t = 65_536

    /// No core files, which would hold keys and messages: neither where the kernel writes them nor where it pipes
    /// them to a collector, which the limit alone does not stop.
    static func forbidCoreFiles() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        shim_forbid_dumps()
    }

    /// As many descriptors as are allowed and needed.
    static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, descriptors))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
