import Glibc

/// Who uses the terminal.
package enum Foreground {
    /// Stops that are tried: where nobody could continue us the kernel does not stop us.
    private static let patience = 100

    /// Stops this process, as the kernel stops who reads the terminal from the background, until it is in the foreground.
    package static func await(on terminal: Int32) {
        // Threads of a pool have the signal blocked, and the kernel would let us change the modes from the background.
        var wanted = sigset_t()
        var before = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGTTIN)
        pthread_sigmask(SIG_UNBLOCK, &wanted, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var tries = 0
        while tries < patience, tcgetpgrp(terminal) >= 0, tcgetpgrp(terminal) != getpgrp() {
            tries += 1
            raise(SIGTTIN)
        }
    }
}
