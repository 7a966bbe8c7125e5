import ChatServer
import Glibc
import System

// The first process of a container is not ended by a signal that it does nothing about; `run` does more.
// The handler belongs to no actor: a signal comes on any thread.
if getpid() == 1 {
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { @Sendable in _exit(128 + $0) } }
}
let arguments = ProcessArguments.all(otherwise: CommandLine.argc, CommandLine.unsafeArgv)
exit(await ChatdProgram.run(arguments.map { String(decoding: $0, as: UTF8.self) }))
