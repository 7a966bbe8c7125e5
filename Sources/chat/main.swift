import ChatCLI
import Dispatch
import Glibc
import System

// The only place where the program ends.

@Sendable func end(_ ending: Ending) -> Never {
    switch ending {
    case .status(let status): exit(status)
    case .signal(let number):
        // Worker threads have most signals blocked.
        var all = sigset_t()
        sigfillset(&all)
        signal(number, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, &all, nil)
        raise(number)
        // Not reached; a shell would show the same.
        exit(128 + number)
    }
}

ProcessMemory.useOneHeap()
let arguments = ProcessArguments.all(otherwise: CommandLine.argc, CommandLine.unsafeArgv)
switch ChatProgram.begin(arguments) {
case .ended(let ending): end(ending)
case .command(let command, isBrief: true):
    SignalDisposition.survivesFileLimit()
    MainThread.serve { end(await command()) }
case .command(let command, isBrief: false):
    Task.detached { end(await command()) }
    dispatchMain()
}
