import CLISupport
import ChatProtocol

/// A resume point that this process has for itself. Confined to its listener.
final class ResumePointHolder {
    let name: UserName
    private var stored: ResumePosition?
    private var lock: LockFile?

    /// Takes the point over together with the lock on it.
    init(_ name: UserName, lock: LockFile, stored: ResumePosition?) {
        self.name = name
        self.lock = lock
        self.stored = stored
    }

    /// Sets it, wherever it stands.
    func set(_ position: ResumePosition, in store: ClientStore) throws(Problem) {
        do {
            try store.write { try store.setResumePosition(name, position, now: WallClock.now) }
        } catch { throw Problem(store: error) }
        stored = position
    }

    /// Moves it on; it never goes back by that.
    func move(to position: ResumePosition, in store: ClientStore) throws(Problem) {
        if let stored {
            guard position.position >= stored.position, position != stored else { return }
        }
        try set(position, in: store)
    }

    func release() { lock = nil }
}
