import ChatProtocol
import NIOCore

/// What is done beside the batches, so that none waits for it: ending what is too old, measuring how much room there is.
/// Confined to the hub's event loop.
final class Housekeeper {
    private let context: HubContext
    private let quota: StoreQuotaDesk
    private let deliverer: Deliverer
    private let memory: MemoryKeeper
    private let draining: Draining
    private var retention: RetentionSweep?

    init(
        context: HubContext, quota: StoreQuotaDesk, deliverer: Deliverer, memory: MemoryKeeper, draining: Draining
    ) {
        self.context = context
        self.quota = quota
        self.deliverer = deliverer
        self.memory = memory
        self.draining = draining
    }

    /// Starts what goes on as long as the hub lives.
    func start() {
        countUsage()
        measureRegularly()
        context.schedule(in: context.settings.firstRetention) { self.startRetention() }
    }

    // MARK: Retention

    private func startRetention() {
        guard !draining.isDraining else { return }
        retention = RetentionSweep(now: context.clock.wall(), retention: context.settings.limits.retention)
        stepRetention()
    }

    private func stepRetention() {
        guard let sweep = retention, !draining.isDraining else { return }
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.retire(sweep)
        } then: { result in
            switch result {
            case .success(let step):
                for (account, bytes) in step.freed { self.quota.removed(bytes, for: account) }
                self.deliverer.forget(before: step.firsts)
                self.retention = step.sweep.isDone ? nil : step.sweep
            case .failure(let error):
                self.retention = nil
                self.context.log.error("retention", metadata: ["error": "\(error)"])
            }
            if self.retention != nil {
                self.context.schedule(in: self.context.settings.retentionPause) { self.stepRetention() }
            } else {
                self.context.schedule(in: self.context.settings.retentionInterval) { self.startRetention() }
            }
        }
    }

    // MARK: Room

    /// Counts once what each account has in the store; from then on it is reckoned.
    private func countUsage() {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.usage()
        } then: { result in
            switch result {
            case .success(let used): for (account, bytes) in used { self.quota.added(Int(bytes), for: account) }
            case .failure(let error): self.context.log.error("usage", metadata: ["error": "\(error)"])
            }
            self.measure()
        }
    }

    /// Measures the store and its disk, again and again.
    private func measure() {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.room()
        } then: { result in
            if case .success(let room) = result {
                self.quota.measured(storeSize: room.used, diskFree: room.diskFree)
                self.context.store.giveBackRoom(isShort: self.quota.isRoomShort)
            }
            for fault in self.context.store.takeFaults() {
                self.context.log.warning("the store's upkeep", metadata: ["error": "\(fault)"])
            }
        }
    }

    private func measureRegularly() {
        context.schedule(in: context.settings.measureInterval) {
            guard !self.draining.isDraining else { return }
            self.measure()
            self.memory.giveBack()
            self.measureRegularly()
        }
    }
}
