import ChatCLI
import Glibc

// The only place where the program ends.

switch await ChatProgram.run(Array(CommandLine.arguments.dropFirst())) {
case .status(let status): exit(status)
case .signal(let number):
    signal(number, SIG_DFL)
    raise(number)
    // Only a signal that is blocked leads here; a shell would show the same.
    exit(128 + number)
}
