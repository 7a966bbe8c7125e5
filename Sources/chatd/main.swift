import ChatServer
import Glibc

exit(await ChatdProgram.run(Array(CommandLine.arguments.dropFirst())))
