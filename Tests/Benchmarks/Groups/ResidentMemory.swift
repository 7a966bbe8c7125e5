import Foundation
import System

/// What this process holds in memory, without what its allocator could give back.
enum ResidentMemory {
    static func bytes() throws -> Int {
        ProcessMemory.trim()
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        guard let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Child.Failed(description: "the memory of this process cannot be read")
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
