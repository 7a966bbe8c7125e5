import Glibc
import SQLite
import System

/// Room on the disk that is kept for the message that says "the disk is full": a file beside the store that is made
/// smaller where the number of a login, or what is sent, finds no room.
struct StoreReserve: Sendable {
    static let size = 512 << 10
    /// What is given back at a time: room for the log and the shared memory of a store, and a short message.
    static let step = 64 << 10

    let path: String

    /// Makes it whole again where the disk has room. What cannot be made now is made later.
    func fill() {
        var status = stat()
        let exists = lstat(path, &status) == 0
        // A copy may have holes instead.
        guard !exists || status.st_size < Self.size || Int(status.st_blocks) * 512 < Self.size else { return }
        guard let free = DiskRoom.free(at: path.directory), free > 2 * UInt64(Self.size) else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = [UInt8](repeating: 0xff, count: Self.step)
        for start in stride(from: 0, to: Self.size, by: Self.step) {
            guard pwrite(descriptor, bytes, bytes.count, start) == bytes.count else { return }
        }
    }

    /// Runs `body`, and again with more and more of the reserve where the disk has no room.
    func withRoom<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        while true {
            do throws(Failure) { return try body() } catch {
                guard let cause = error as? SQLiteError, cause.mayLackRoom, release() else { throw error }
            }
        }
    }

    /// Gives back a part of it.
    ///
    /// - Returns: whether there was something to give.
    func release() -> Bool {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return false }
        return ftruncate(descriptor, max(0, Int(status.st_size) - Self.step)) == 0
    }
}

extension String {
    /// Of a path, what stands before its last part.
    fileprivate var directory: String { lastIndex(of: "/").map { String(self[..<$0]) } ?? "." }
}

extension SQLiteError {
    /// Shared memory that finds no room is told as a failure of input and output.
    fileprivate var mayLackRoom: Bool { kind == .full || kind == .inputOutput }
}
