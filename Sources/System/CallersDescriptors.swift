import Glibc

/// Which descriptors who started us has given us. What we open ourselves is no business of the programs that we start.
package enum CallersDescriptors {
    /// Looked for where `/proc` is not there.
    private static let probed: Int32 = 1024
    /// Of the ones below the caller's highest: we hold far fewer, and the kernel gives the lowest free number.
    private static let mostOfOurs: Int32 = 4096

    /// The caller's, beside the standard ones: to be asked for once before anything is opened.
    package static let extra: Set<Int32> = Set(listed() ?? asked())

    /// The numbers between the caller's descriptors, that are ours or free, and the first from which on all are.
    package static var ours: (between: [Int32], from: Int32) { ours(beside: extra) }

    static func ours(beside extra: Set<Int32>) -> (between: [Int32], from: Int32) {
        guard let highest = extra.max() else { return ([], 3) }
        return ((3..<max(3, min(highest, mostOfOurs))).filter { !extra.contains($0) }, highest + 1)
    }

    private static func listed() -> [Int32]? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var numbers: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name), number > 2, number != dirfd(folder) { numbers.append(number) }
        }
        return numbers
    }

    private static func asked() -> [Int32] { (3..<probed).filter { fcntl($0, F_GETFD) >= 0 } }
}
