import ChatProtocol

/// The numbers that a device logs in with: each is used at most once, or the server takes the store for a copy.
///
/// They are given away in blocks. A block is reserved by a commit that is synced; within it, commits need not be. After
/// a new start of the machine, which may have undone commits, what is left of the block is skipped.
struct LoginNumbers: Equatable, Sendable {
    /// Far below the server's window (`Limits.loginWindow`), so that a skipped block is no leap.
    static let block: UInt64 = 64

    /// The number that is given away next.
    var next: LoginNumber
    /// The first number that is not reserved.
    var reserved: LoginNumber
    /// The start of the machine in which the block was reserved; empty where that could not be told.
    var boot: String

    /// Whether `take` needs a synced commit.
    func needsSync(boot current: String) -> Bool { current.isEmpty || boot != current || next >= reserved }

    /// Takes a number.
    mutating func take(boot current: String) -> LoginNumber {
        if needsSync(boot: current) {
            next = max(next, reserved)
            // Where starts cannot be told apart each number is a block of its own.
            reserved = next.advanced(by: current.isEmpty ? 1 : Self.block)
            boot = current
        }
        defer { next = next.advanced(by: 1) }
        return next
    }
}
