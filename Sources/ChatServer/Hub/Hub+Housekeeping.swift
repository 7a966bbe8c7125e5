import ChatProtocol
import NIOCore
import SQLite

/// What is done beside the batches, so that none waits for it: copying the write-ahead log into the database, ending
/// what is too old, measuring how much room there is.
extension Hub {
    /// Starts what goes on as long as the hub lives.
    package func startHousekeeping() {
        countUsage()
        measureRegularly()
        _ = schedule(in: settings.firstRetention) { self.startRetention() }
    }

    // MARK: The write-ahead log

    /// Bytes that a commit writes beside its payloads: some pages.
    private static let commitBytes = 16 << 10
    /// Bytes written after which they are copied into the database: enough for most pages to be copied once for many
    /// changes of them, little enough to be read again in no time at a start.
    private static let checkpointBytes = 16 << 20
    /// Bytes of the log above which the writer waits for it to be emptied: readers that never pause keep it growing.
    private static let largestLogBytes = 256 << 20

    /// A batch was written.
    func countForCheckpoint(_ payloadBytes: Int) {
        bytesSinceCheckpoint += Self.commitBytes + payloadBytes
        if bytesSinceCheckpoint >= Self.checkpointBytes { checkpoint() }
    }

    private func checkpoint() {
        guard !isCheckpointing else { return }
        isCheckpointing = true
        bytesSinceCheckpoint = 0
        store.keeper.perform(on: loop) { database in
            let pages = try database.checkpoint(.passive)
            return pages.log * Int(try database.pragma("PRAGMA page_size"))
        } completion: { result in
            self.isCheckpointing = false
            switch result {
            case .success(let bytes):
                if bytes > Self.largestLogBytes { self.emptyLog() }
            case .failure(let error): self.log.warning("no checkpoint", metadata: ["error": "\(StoreFailure(error))"])
            }
        }
    }

    /// Between two batches, on the writing connection: nobody can write meanwhile.
    private func emptyLog() {
        store.writer.perform(on: loop) { side in
            _ = try side.database.checkpoint(.truncate)
        } completion: { result in
            guard case .failure(let error) = result else { return }
            self.log.warning("the write-ahead log could not be emptied", metadata: ["error": "\(StoreFailure(error))"])
        }
    }

    // MARK: Retention

    private func startRetention() {
        guard !isDraining else { return }
        retention = RetentionSweep(now: clock.wall(), retention: settings.limits.retention)
        stepRetention()
    }

    private func stepRetention() {
        guard let sweep = retention, !isDraining else { return }
        store.writer.perform(on: loop) { side in
            var sweep = sweep
            let freed = try sweep.step(in: side.database)
            return (sweep, freed)
        } completion: { result in
            switch result {
            case .success(let (sweep, freed)):
                for (account, bytes) in freed { self.quota.removed(bytes, for: account) }
                self.retention = sweep.isDone ? nil : sweep
            case .failure(let error):
                self.retention = nil
                self.log.error("retention", metadata: ["error": "\(StoreFailure(error))"])
            }
            if self.retention != nil {
                _ = self.schedule(in: self.settings.retentionPause) { self.stepRetention() }
            } else {
                _ = self.schedule(in: self.settings.retentionInterval) { self.startRetention() }
            }
        }
    }

    // MARK: Room

    /// Counts once what each account has in the store; from then on it is reckoned.
    private func countUsage() {
        store.keeper.perform(on: loop) { database in
            try UsageStore.payloads(in: database)
        } completion: { result in
            switch result {
            case .success(let used): for (account, bytes) in used { self.quota.added(Int(bytes), for: account) }
            case .failure(let error): self.log.error("usage", metadata: ["error": "\(StoreFailure(error))"])
            }
            self.measure()
        }
    }

    /// Measures the store and its disk, again and again.
    private func measure() {
        store.keeper.perform(on: loop) {
            try UsageStore.room(in: $0)
        } completion: { result in
            if case .success(let room) = result {
                self.quota.storeSize = room.used
                self.quota.diskFree = room.diskFree
            }
        }
    }

    private func measureRegularly() {
        _ = schedule(in: settings.measureInterval) {
            guard !self.isDraining else { return }
            self.measure()
            self.measureRegularly()
        }
    }
}
