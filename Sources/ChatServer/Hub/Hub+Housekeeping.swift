import CCrypt
import ChatProtocol
import NIOCore

/// What is done beside the batches, so that none waits for it: ending what is too old,
/// measuring how much room there is.
extension Hub {
    /// Starts what goes on as long as the hub lives.
    package func startHousekeeping() {
        countUsage()
        measureRegularly()
        _ = schedule(in: settings.firstRetention) { self.startRetention() }
    }

    // MARK: Retention

    private func startRetention() {
        guard !isDraining else { return }
        retention = RetentionSweep(now: clock.wall(), retention: settings.limits.retention)
        stepRetention()
    }

    private func stepRetention() {
        guard let sweep = retention, !isDraining else { return }
        bridge.perform { [store] () throws(StoreFailure) in
            try await store.retire(sweep)
        } then: { result in
            switch result {
            case .success(let step):
                for (account, bytes) in step.freed { self.quota.removed(bytes, for: account) }
                self.recent.forget(before: step.firsts)
                self.retention = step.sweep.isDone ? nil : step.sweep
            case .failure(let error):
                self.retention = nil
                self.log.error("retention", metadata: ["error": "\(error)"])
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
        bridge.perform { [store] () throws(StoreFailure) in
            try await store.usage()
        } then: { result in
            switch result {
            case .success(let used): for (account, bytes) in used { self.quota.added(Int(bytes), for: account) }
            case .failure(let error): self.log.error("usage", metadata: ["error": "\(error)"])
            }
            self.measure()
        }
    }

    /// Measures the store and its disk, again and again.
    private func measure() {
        bridge.perform { [store] () throws(StoreFailure) in
            try await store.room()
        } then: { result in
            if case .success(let room) = result {
                self.quota.storeSize = room.used
                self.quota.diskFree = room.diskFree
                self.store.giveBackRoom(isShort: self.quota.isRoomShort)
            }
            for fault in self.store.takeFaults() {
                self.log.warning("the store's upkeep", metadata: ["error": "\(fault)"])
            }
        }
    }

    private func measureRegularly() {
        _ = schedule(in: settings.measureInterval) {
            guard !self.isDraining else { return }
            self.measure()
            self.returnMemory()
            self.measureRegularly()
        }
    }

    // MARK: Memory

    /// Connections made, after which freed memory is worth giving back.
    private static let connectionsBeforeTrim = 32
    /// Bytes freed late, after which the same.
    private static let bytesBeforeTrim = 4 << 20

    /// Handshakes leave holes of some tens of KiB each, more than a connection keeps, and so do replies that waited for
    /// peers. They are given back once a crowd has come in, and not while it does.
    private func returnMemory() {
        defer { connectionsAtLastLook = connectionsMade }
        guard connectionsMade == connectionsAtLastLook else { return }
        guard
            connectionsMade - connectionsAtLastTrim >= Self.connectionsBeforeTrim
                || bytesTakenLate >= Self.bytesBeforeTrim
        else { return }
        connectionsAtLastTrim = connectionsMade
        bytesTakenLate = 0
        Task { shim_malloc_trim() }
    }
}
