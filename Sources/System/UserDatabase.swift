import Glibc

/// What the system knows of the user of this process.
package enum UserDatabase {
    package struct Entry: Sendable {
        package var name: [UInt8]
        package var home: [UInt8]
    }

    /// Nil where the system does not know the user.
    package static var own: Entry? {
        var record = passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(getuid(), &record, &buffer, buffer.count, &result) == 0, result != nil,
            let name = record.pw_name, let home = record.pw_dir
        else { return nil }
        return Entry(name: bytes(name), home: bytes(home))
    }

    private static func bytes(_ text: UnsafeMutablePointer<CChar>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}
