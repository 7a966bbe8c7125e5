import MLS

#if canImport(Glibc)
    import Glibc
#endif

exit(Interop.run(Array(CommandLine.arguments.dropFirst())))
