import ChatServer
import Glibc

// The first process of a container is not ended by a signal that it does nothing about; `run` does more.
if getpid() == 1 {
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _exit(128 + $0) } }
}
exit(await ChatdProgram.run(Array(CommandLine.arguments.dropFirst())))
