import CLISupport
import ChatProtocol

/// A resume point that this process has for itself. Confined to its listener.
final class ResumePointHolder {
    let name: UserName
    private(set) var position: Int64
    private(set) var since: UInt64
    /// Whether the store has it.
    private(set) var isStored: Bool
    private var lock: ResumeLock?

    /// Takes the point over together with the lock on it.
    init(_ name: UserName, lock: ResumeLock, stored: ResumePosition?) {
        self.name = name
        self.lock = lock
        position = stored?.position ?? -1
        since = stored?.since ?? 0
        isStored = stored != nil
    }

    /// Within a transaction.
    func move(to position: Int64, since: UInt64, in store: ClientStore) throws {
        try store.setResumePosition(
            name, ResumePosition(position: position, since: since), now: WallClock.now)
        self.position = position
        self.since = since
        isStored = true
    }

    func release() { lock = nil }
}
