import CGlibc
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
    static var ours: (between: [Int32], from: Int32) { ours(beside: extra) }

    /// Has a program that is started get none of ours.
    ///
    /// Not by FD_CLOEXEC: libraries open without it, and at any moment. That a number is free is no error.
    package static func closeOurs(in actions: inout posix_spawn_file_actions_t) {
        let ours = ours
        for number in ours.between { posix_spawn_file_actions_addclose(&actions, number) }
        posix_spawn_file_actions_addclosefrom_np(&actions, ours.from)
    }

    static func ours(beside extra: Set<Int32>) -> (between: [Int32], from: Int32) {
        guard let highest = extra.max() else { return ([], 3) }
        return ((3..<max(3, min(highest, mostOfOurs))).filter { !extra.contains($0) }, highest + 1)
    }

    private static func listed() -> [Int32]? {
        guard case .success(let names) = FilePath.names(in: "/proc/self/fd") else { return nil }
        // The one that the folder was read by is closed.
        return names.compactMap { Int32($0) }.filter { $0 > 2 && fcntl($0, F_GETFD) >= 0 }
    }

    private static func asked() -> [Int32] { (3..<probed).filter { fcntl($0, F_GETFD) >= 0 } }
}
