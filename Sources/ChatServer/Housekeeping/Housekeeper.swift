import ChatProtocol
import NIOCore

/// What is done beside the batches, so that none waits for it: ending what is too old, measuring how much room there is.
/// Confined to the hub's event loop.
final class Housekeeper {
    private let context: HubContext
    private let quota: StoreQuotaDesk
    private let memory: MemoryKeeper
    private let draining: Draining
    private let retention: RetentionKeeper

    init(
        context: HubContext, quota: StoreQuotaDesk, deliverer: Deliverer, memory: MemoryKeeper, draining: Draining,
        marks: MarkWriter, connections: ConnectionRegistry, news: NewsDesk, removals: RemovalDesk
    ) {
        self.context = context
        self.quota = quota
        self.memory = memory
        self.draining = draining
        retention = RetentionKeeper(
            context: context, quota: quota, deliverer: deliverer, draining: draining,
            // Who is connected for very long is seen, too.
            noteSeen: {
                let recently = context.clock.now() - .hours(24)
                for session in connections.sessions.values where session.opened < recently {
                    guard let identity = session.identity else { continue }
                    marks.add(SeenMark(account: identity.account.id, device: identity.device, online: false))
                }
            }, hear: { news.tell($0) }, leavesEnded: { removals.look(for: nil) })
    }

    /// Starts what goes on as long as the hub lives.
    func start() {
        countUsage()
        measureRegularly()
        retention.start()
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
