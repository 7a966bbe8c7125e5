import Glibc

/// The arguments of this process, each as its bytes.
package enum ProcessArguments {
    /// Without the program's name.
    ///
    /// As the kernel has them: Swift looks for them beside the environment, which is elsewhere once a library that was
    /// preloaded has changed it.
    ///
    /// - Parameter count: with the program's name, as far as the caller knows; taken where `/proc` is not there.
    package static func all(
        otherwise count: Int32, _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    ) -> [[UInt8]] {
        if case .success(let bytes) = SmallFile.read("/proc/self/cmdline", limit: .max), !bytes.isEmpty {
            var words = bytes.split(separator: 0, omittingEmptySubsequences: false).map { Array($0) }
            // Each ends with a NUL.
            if words.last?.isEmpty == true { words.removeLast() }
            return Array(words.dropFirst())
        }
        return (1..<max(1, Int(count))).compactMap { index in
            pointers[index].map {
                Array(UnsafeBufferPointer(start: $0, count: strlen($0))).map(UInt8.init(bitPattern:))
            }
        }
    }
}
