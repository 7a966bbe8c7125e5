import Glibc

package enum SignalDisposition {
    /// Whether who started us had this signal ignored, as `nohup` does, and nobody has changed it since.
    package static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        // Function pointers are compared as addresses: SIG_IGN is 1.
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    /// Has a file that may not grow any more (`ulimit -f`) be an error of whoever writes to it, instead of this process's end.
    /// For processes that start no others, which would inherit that.
    package static func survivesFileLimit() { signal(SIGXFSZ, SIG_IGN) }
}
