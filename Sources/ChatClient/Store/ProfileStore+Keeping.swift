import CLISupport
import ChatProtocol
import Glibc

/// Sees to it that texts stay no longer in the profile's store than they shall (`keep`).
extension ProfileStore {
    /// How often a process that stays looks whether the store's log can be emptied.
    private static let idle = Duration.seconds(30)

    /// As long as a process stays.
    func keepTexts() async {
        var mark: LogFile?
        while !Task.isCancelled {
            var pause = Self.idle
            do throws(Problem) {
                let (now, before) = (WallClock.now, mark)
                (pause, mark) = try store { store in
                    try eraseWhereDue(store, now: now)
                    let present = LogFile(of: store.database.path)
                    try emptyLog(store, isIdle: present == before, now: now)
                    return (try keeping(store).pause, present)
                }
            } catch { log.info("what is not to be kept stays for now: \(error.text)") }
            await Monotonic.pass(Monotonic.now + min(pause, Self.idle))
        }
    }

    /// A command, behind its answer.
    func keepTextsAtEnd(_ store: ClientStore) {
        do {
            let now = WallClock.now
            try eraseWhereDue(store, now: now)
            try emptyLog(store, isIdle: false, now: now)
        } catch { log.debug("what is not to be kept stays for now: \(error)") }
    }

    private func keeping(_ store: ClientStore) throws -> Keeping {
        Keeping(policy: try settings.keep ?? store.keepDefault())
    }

    private func eraseWhereDue(_ store: ClientStore, now: Timestamp) throws {
        let keeping = try keeping(store)
        guard keeping.isDue(try store.keepingPast(), now: now) else { return }
        if try store.eraseTexts(keeping, now: now) { store.wake() }
    }

    private func emptyLog(_ store: ClientStore, isIdle: Bool, now: Timestamp) throws {
        let size = store.database.logFileSize
        guard size > 0, Keeping.emptiesLog(size, try store.keepingPast(), isIdle: isIdle, now: now) else { return }
        try store.emptyLog(now: now)
    }
}

/// How the write-ahead log of a store was written last, by whatever process.
private struct LogFile: Equatable {
    private var size: Int64
    private var time: timespec

    init?(of store: String) {
        var status = stat()
        guard stat(store + "-wal", &status) == 0 else { return nil }
        (size, time) = (Int64(status.st_size), status.st_mtim)
    }

    static func == (one: LogFile, other: LogFile) -> Bool {
        one.size == other.size && one.time.tv_sec == other.time.tv_sec && one.time.tv_nsec == other.time.tv_nsec
    }
}
