import Glibc

exit(Interop.run(Array(CommandLine.arguments.dropFirst())))
