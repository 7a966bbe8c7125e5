import Glibc

/// Which of a command's two outputs have to come through us so that their last lines are known, and how: a plain value.
struct OutputPlan: Equatable, Sendable {
    /// What is known of a descriptor.
    struct Facts: Equatable, Sendable {
        /// Which file it is; nil for none.
        var file: File?
        var isWritable: Bool
        var isTerminal: Bool

        struct File: Equatable, Sendable {
            var device: UInt64
            var inode: UInt64
            /// Where the next byte goes; nil for what has no such place, such as a pipe.
            var offset: Int64?
            var flags: Int32
        }
    }

    /// One way through us.
    struct Stream: Equatable, Sendable {
        /// What the command writes to.
        var descriptors: [Int32]
        /// The command is to see a terminal.
        var isTerminal: Bool
    }

    /// What has no stream is inherited.
    private(set) var streams: [Stream] = []

    init(output: (Int32, Facts), errors: (Int32, Facts)) {
        for (descriptor, facts) in [output, errors] where facts.isWritable {
            // Both in one where they end in one: so their order is kept, too.
            if !streams.isEmpty, output.1.file != nil, output.1.file == errors.1.file {
                streams[0].descriptors.append(descriptor)
            } else {
                streams.append(Stream(descriptors: [descriptor], isTerminal: facts.isTerminal))
            }
        }
    }
}

extension OutputPlan.Facts {
    init(of descriptor: Int32) {
        let flags = fcntl(descriptor, F_GETFL)
        // One that we were not given is open in a way in which it cannot be written to.
        isWritable = flags >= 0 && flags & O_ACCMODE != O_RDONLY
        isTerminal = isatty(descriptor) == 1
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return }
        let offset = lseek(descriptor, 0, SEEK_CUR)
        file = File(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), offset: offset < 0 ? nil : Int64(offset),
            flags: flags)
    }
}
