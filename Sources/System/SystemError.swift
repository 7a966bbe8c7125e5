import Glibc

/// An error number of the kernel.
package struct SystemError: Error, Equatable, Sendable {
    package var number: Int32

    package init(number: Int32) { self.number = number }

    /// That of the call that has just failed in this thread.
    package static var last: SystemError { SystemError(number: errno) }

    package var text: String { Self.text(number) }

    /// Whether it says that there is no such file.
    package var isOfMissingFile: Bool { number == ENOENT || number == ENOTDIR }

    /// The kernel's words for an error number.
    package static func text(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
