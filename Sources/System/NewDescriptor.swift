import CGlibc
import Glibc

/// Descriptors that are made for ourselves: no program that is started gets them by accident.
package enum NewDescriptor {
    /// The two ends of a pipe.
    ///
    /// - Parameter blocks: whether who reads waits until there is something, and who writes until there is room.
    package static func pipe(blocks: Bool = true) throws(SystemError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        // Closed in every program at once: others may be started at this moment.
        guard pipe2(&ends, blocks ? O_CLOEXEC : O_CLOEXEC | O_NONBLOCK) == 0 else { throw .last }
        return (ends[0], ends[1])
    }

    /// A file in memory with these bytes, to be read from its beginning: unlike a pipe it neither blocks the writer nor
    /// depends on a reader.
    package static func memoryFile(_ bytes: [UInt8]) -> Result<Int32, SystemError> {
        let file = memfd_create("input", 1)  // MFD_CLOEXEC
        guard file >= 0 else { return .failure(.last) }
        let failure = Descriptor.write(bytes, to: file) ?? (lseek(file, 0, SEEK_SET) == 0 ? nil : errno)
        guard let failure else { return .success(file) }
        close(file)
        return .failure(SystemError(number: failure))
    }
}
