import CLISupport
import ChatProtocol

/// Resume points, as people see and set them.
extension Client {
    package func resumePoints() throws(Problem) -> [ResumePoint] {
        let directory = settings.profileDirectory
        return try storeForReading { store in
            let name = try store.storeName()
            return try store.resumePositions().map { row in
                ResumePoint(
                    name: row.name, cursor: Cursor(store: name, position: row.position), moved: row.moved,
                    waiting: row.waiting, holder: LockFile.holder(of: directory.resumeLockFile(row.name)))
            }
        }
    }

    /// Sets where a reader with this name begins; `unshown` is with the first message that was not shown.
    ///
    /// - Throws: 75 where a process uses it, 65 for another store's cursor.
    package func setResumePoint(_ name: UserName, to start: ListenStart) throws(Problem) {
        let lock = try LockFile.resumePoint(name, in: settings.profileDirectory)
        try store { store in
            try checkCursor(start, store: try store.storeName())
            try store.write {
                let position: ResumePosition =
                    switch start {
                    // What was taken and is not here yet is not new. This machine's clock stands for the server's.
                    case .new: ResumePosition(position: try store.lastPosition(), since: WallClock.now)
                    case .cursor(let cursor): ResumePosition(position: cursor.position, since: 0)
                    case .since(let moment):
                        ResumePosition(position: try store.position(before: moment), since: moment)
                    case .unshown: ResumePosition(position: try store.positionBeforeNotShown(), since: 0)
                    }
                try store.setResumePosition(name, position, now: WallClock.now)
            }
        }
        _ = lock
    }

    /// - Throws: 67 `no_such_name`, 75 where a process uses it.
    package func removeResumePoint(_ name: UserName) throws(Problem) {
        let lock = try LockFile.resumePoint(name, in: settings.profileDirectory)
        guard try store({ store in try store.write { try store.removeResumePosition(name) } }) else {
            throw Problem(.noSuchName, "there is no resume point \(name)", advice: .seeResumePoints)
        }
        _ = lock
    }
}
