import CLISupport
import ChatProtocol
import NIOCore

/// Ends what is too old, a step at a time, as long as the clock is believed. Confined to the hub's event loop.
final class RetentionKeeper {
    private let context: HubContext
    private let quota: StoreQuotaDesk
    private let deliverer: Deliverer
    private let draining: Draining
    private var sweep: RetentionSweep?
    /// What the sweep has ended so far.
    private var ended: (entries: Int, bytes: UInt64) = (0, 0)
    private var isSuspended = false
    /// Called with what those who are connected are to hear.
    private let hear: (ToldNews) -> Void
    /// Called when leaves have ended, which are to be removed.
    private let leavesEnded: () -> Void
    /// Called before what was not seen for long is looked for.
    private let noteSeen: () -> Void

    init(
        context: HubContext, quota: StoreQuotaDesk, deliverer: Deliverer, draining: Draining,
        noteSeen: @escaping () -> Void, hear: @escaping (ToldNews) -> Void, leavesEnded: @escaping () -> Void
    ) {
        self.context = context
        self.quota = quota
        self.deliverer = deliverer
        self.draining = draining
        self.noteSeen = noteSeen
        self.hear = hear
        self.leavesEnded = leavesEnded
    }

    /// Starts what goes on as long as the hub lives.
    func start() {
        context.schedule(in: context.settings.firstRetention) { self.begin() }
    }

    private func begin() {
        guard !draining.isDraining else { return }
        let now = context.clock.wall()
        noteSeen()
        context.bridge.perform { [store = context.store] () throws(StoreFailure) -> Timestamp? in
            let believed = try await store.believedTime()
            guard RetentionClock.believes(now, since: believed) else { return believed }
            try await StoreFailure.settling { () throws(StoreFailure) in try await store.setBelievedTime(now) }
            return nil
        } then: { result in
            switch result {
            case .success(nil):
                self.isSuspended = false
                self.ended = (0, 0)
                self.sweep = RetentionSweep(now: now, retention: self.context.settings.limits.retention)
                self.step()
            case .success(let believed?): self.suspend(now, believed)
            case .failure(let error):
                self.context.log.error("retention", metadata: ["error": "\(error)"])
                self.finish()
            }
        }
    }

    /// Nothing is deleted until the clock is back, or an administrator says that it is right.
    private func suspend(_ now: Timestamp, _ believed: Timestamp) {
        if !isSuspended {
            context.log.warning(
                "retention is suspended: the clock has leapt; if it is right: chatd retention resume",
                metadata: ["clock": "\(TimestampText.utc(now))", "last": "\(TimestampText.utc(believed))"])
        }
        isSuspended = true
        context.schedule(in: context.settings.suspendedInterval) { self.begin() }
    }

    private func step() {
        guard let sweep, !draining.isDraining else { return }
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.retire(sweep)
        } then: { result in
            switch result {
            case .success(let step):
                self.take(step)
            case .failure(let error):
                self.sweep = nil
                self.context.log.error("retention", metadata: ["error": "\(error)"])
            }
            guard self.sweep != nil else { return self.finish() }
            self.context.schedule(in: self.context.settings.retentionPause) { self.step() }
        }
    }

    private func take(_ step: RetentionStep) {
        for (account, bytes) in step.freed { quota.removed(bytes, for: account) }
        deliverer.forget(before: step.firsts)
        hear(ToldNews(step.news))
        if step.leaves > 0 { leavesEnded() }
        ended.entries += step.entries
        ended.bytes += step.freed.values.reduce(0, +)
        sweep = step.sweep.isDone ? nil : step.sweep
    }

    /// Says what was ended, and begins again in an hour.
    private func finish() {
        if ended.entries > 0 {
            context.log.notice("retention", metadata: ["entries": "\(ended.entries)", "bytes": "\(ended.bytes)"])
        }
        ended = (0, 0)
        context.schedule(in: context.settings.retentionInterval) { self.begin() }
    }
}
