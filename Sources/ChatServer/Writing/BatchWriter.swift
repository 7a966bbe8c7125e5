import ChatProtocol
import NIOCore

/// Has the store write one batch after the other, answers what was in it, and hands on what is new. Confined to the
/// hub's event loop.
final class BatchWriter {
    private let context: HubContext
    private let quota: StoreQuotaDesk
    private let answers: AppendAnswers
    private let deliverer: Deliverer
    private var queue: BatchQueue<PendingOperation>
    private var isScheduled = false
    private var paused: [Session] = []
    /// What waits for the end of the batch that is being written.
    private var whenWritten: [() -> Void] = []
    /// A disk that is full fails every batch: one line a minute says how many.
    private var failures = (log: LogInterval(), count: 0)
    /// Called when nothing waits to be written any more.
    var becameIdle: () -> Void = {}

    init(context: HubContext, quota: StoreQuotaDesk, answers: AppendAnswers, deliverer: Deliverer) {
        self.context = context
        self.quota = quota
        self.answers = answers
        self.deliverer = deliverer
        queue = BatchQueue(bounds: context.settings.batch)
    }

    var isWriting: Bool { queue.isWriting }
    var isIdle: Bool { queue.isIdle }

    // MARK: What is to be written

    func add(_ operation: StoreOperation, _ then: PendingOperation.Then) {
        let item = PendingOperation(operation: operation, then: then)
        queue.add(item, bytes: item.bytes)
        schedule()
    }

    /// Who adds to a full batch is not read from until it is written.
    func pauseIfFull(_ session: Session) {
        guard queue.isOverBound else { return }
        session.pause(.batch)
        paused.append(session)
    }

    /// Refuses the appends that wait for their batch and match, and calls `completion` when none of the batch being
    /// written can be stored any more: from then on there is nothing more of theirs.
    func dropAppends(
        because failure: Failure, where matches: (NewEntry) -> Bool, completion: @escaping () -> Void
    ) {
        let dropped = queue.remove { item in
            guard case .append(let entry) = item.operation else { return false }
            return matches(entry)
        } bytes: {
            $0.bytes
        }
        for item in dropped { answer(item, .failure(failure)) }
        if queue.isWriting { whenWritten.append(completion) } else { completion() }
    }

    private func noteFailure(_ reason: String) {
        failures.count += 1
        guard failures.log.lets(context.clock.now()) else { return }
        context.log.error(
            "a batch could not be written", metadata: ["error": "\(reason)", "batches": "\(failures.count)"])
        failures.count = 0
    }

    // MARK: Batches

    /// Not at once: what other connections have sent in this tick goes into the same batch.
    private func schedule() {
        guard !isScheduled, !queue.isWriting else { return }
        isScheduled = true
        context.later {
            self.isScheduled = false
            self.begin()
        }
    }

    /// Begins a batch with what waits, unless one is being written.
    func begin() {
        guard let items = queue.begin() else { return becameIdle() }
        let batch = StoreBatch(items.map(\.operation))
        let begun = context.clock.now()
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            // A batch whose end is not known is committed again, and the next ones wait for it.
            try await store.settle(batch) { committed in
                CommittedBatch(outcomes: committed.outcomes, runs: EntryRun.runs(of: committed.news))
            }
        } then: { result in
            self.count(items, result, since: begun)
            self.finish(items, result)
        }
    }

    private func finish(_ items: [PendingOperation], _ result: Result<CommittedBatch, StoreFailure>) {
        queue.finish()
        // Those who come from now on wait for the next batch.
        let waiting = whenWritten
        whenWritten = []
        switch result {
        case .success(let committed):
            countForQuotas(items, committed)
            putBackDeferred(items, committed)
            for (item, outcome) in zip(items, committed.outcomes) where outcome != .deferred {
                answer(item, .success(outcome))
            }
            // The next batch is written while this one is told to everybody.
            begin()
            for run in committed.runs { deliverer.deliver(run) }
        case .failure(let failure):
            noteFailure("\(failure)")
            for item in items { answer(item, .failure(failure.failure)) }
            begin()
        }
        if !queue.isOverBound { resumePaused() }
        for body in waiting { body() }
    }

    /// What somebody else was in the way of goes before everything that has come since.
    private func putBackDeferred(_ items: [PendingOperation], _ committed: CommittedBatch) {
        let deferred = zip(items, committed.outcomes).filter { $0.1 == .deferred }.map(\.0)
        // Whoever was expelled meanwhile stores nothing more.
        let left = deferred.filter { !$0.isAbandoned }
        guard !left.isEmpty else { return }
        queue.putBack(left, bytes: left.reduce(0) { $0 + $1.bytes })
    }

    private func count(
        _ items: [PendingOperation], _ result: Result<CommittedBatch, StoreFailure>, since begun: NIODeadline
    ) {
        let time = UInt64(clamping: (context.clock.now() - begun).nanoseconds)
        guard case .success(let committed) = result else {
            return context.counts.wrote(operations: items.count, inNanoseconds: time, succeeded: false)
        }
        context.counts.wrote(operations: items.count, inNanoseconds: time, succeeded: true)
        for (item, outcome) in zip(items, committed.outcomes) {
            guard case .append(let entry) = item.operation, case .appended(let stored) = outcome else { continue }
            context.counts.appended(bytes: entry.payload.count, isDuplicate: stored.duplicate)
        }
    }

    private func countForQuotas(_ items: [PendingOperation], _ committed: CommittedBatch) {
        for (item, outcome) in zip(items, committed.outcomes) {
            guard case .append(let entry) = item.operation, case .appended(let stored) = outcome, !stored.duplicate
            else {
                continue
            }
            quota.added(StoreQuota.bytes(ofPayload: entry.payload.count), for: entry.sender)
        }
    }

    private func resumePaused() {
        let resumed = paused
        paused = []
        for session in resumed { session.resume(.batch) }
    }

    private func answer(_ item: PendingOperation, _ result: Result<OperationOutcome, Failure>) {
        switch item.then {
        case .answerAppend(let session, let correlation, let wantReceipt):
            answers.answer(item.operation, result, session, correlation, wantReceipt)
        case .call(let completion): completion(result)
        }
    }
}
