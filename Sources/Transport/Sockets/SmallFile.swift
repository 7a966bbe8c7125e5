import Glibc

/// Reading a file that must be small.
enum SmallFile {
    struct Failure: Error {
        var text: String
    }

    /// All bytes of the file at `path`; refused where it has more than `limit`.
    static func read(_ path: String, limit: Int) -> Result<[UInt8], Failure> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(Failure(text: SystemError.text(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return .failure(Failure(text: SystemError.text(errno))) }
            if count == 0 { return .success(bytes) }
            guard bytes.count + count <= limit else {
                return .failure(Failure(text: "it is larger than \(limit) bytes"))
            }
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}

/// The kernel's words for an error number.
package enum SystemError {
    package static func text(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // The POSIX variant fills the buffer; a number it does not know still yields a text.
        _ = strerror_r(number, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
