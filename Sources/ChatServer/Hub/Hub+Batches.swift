import ChatProtocol
import NIOCore

/// An operation that waits for its batch, and what is to be done with its outcome.
struct PendingOperation {
    enum Then {
        case answerAppend(Session, correlation: UInt32, wantReceipt: Bool)
        case call((Result<OperationOutcome, Failure>) -> Void)
    }
    var operation: StoreOperation
    var then: Then
}

/// What the writing thread gives back.
struct CommittedBatch: Sendable {
    var outcomes: [OperationOutcome]
    var runs: [EntryRun]
}

extension Hub {
    /// Bytes that an operation counts beside its payload.
    private static let operationBytes = 128

    func enqueue(_ operation: StoreOperation, _ then: PendingOperation.Then) {
        let item = PendingOperation(operation: operation, then: then)
        queue.add(item, bytes: Self.bytes(of: item))
        scheduleBatch()
    }

    private static func bytes(of item: PendingOperation) -> Int {
        guard case .append(let entry) = item.operation else { return operationBytes }
        return operationBytes + entry.payload.count
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
            Self.bytes(of: $0)
        }
        for item in dropped { answer(item, .failure(failure)) }
        if queue.isWriting { whenWritten.append(completion) } else { completion() }
    }

    func enqueue(_ operation: StoreOperation, _ completion: @escaping (Result<OperationOutcome, Failure>) -> Void) {
        enqueue(operation, .call(completion))
    }

    /// Not at once: what other connections have sent in this tick goes into the same batch.
    func scheduleBatch() {
        guard !isBatchScheduled, !queue.isWriting else { return }
        isBatchScheduled = true
        later {
            self.isBatchScheduled = false
            self.beginBatch()
        }
    }

    /// Writes moved cursors within a while, unless a batch takes them with it before.
    func scheduleSideWork(in delay: TimeAmount? = nil) {
        guard cursorTimer == nil else { return }
        cursorTimer = schedule(in: delay ?? settings.cursorDelay) {
            self.cursorTimer = nil
            self.beginBatch()
        }
    }

    private var hasSideWork: Bool { cursors.hasWork || !seen.isEmpty }

    func beginBatch() {
        // Cursors wait for their time, so that a busy server does not write a row an acknowledgement.
        let takesSideWork = hasSideWork && (cursorTimer == nil || isSideWorkUrgent || isDraining)
        guard let items = queue.begin(sideWork: takesSideWork) else { return reportIdle() }
        var batch = StoreBatch(time: clock.wall(), operations: items.map(\.operation))
        isSideWorkUrgent = false
        readsInBatch.removeAll(keepingCapacity: true)
        if takesSideWork {
            let page = cursors.take()
            (batch.cursors, batch.readMarks) = (page.cursors, page.readMarks)
            (batch.seen, seen) = (seen, [])
        }
        let written = batch
        store.writer.perform(on: loop) { side in
            let outcomes = try side.log.commit(written)
            return CommittedBatch(outcomes: outcomes, runs: EntryRun.runs(of: written, outcomes: outcomes))
        } completion: { result in
            self.finishBatch(items, written, result)
        }
    }

    private func finishBatch(
        _ items: [PendingOperation], _ batch: StoreBatch, _ result: Result<CommittedBatch, any Error>
    ) {
        queue.finish()
        // Those who come from now on wait for the next batch.
        let waiting = whenWritten
        whenWritten = []
        switch result {
        case .success(let committed):
            cursors.written()
            countForQuotas(batch, committed)
            for (item, outcome) in zip(items, committed.outcomes) { answer(item, .success(outcome)) }
            // The next batch is written while this one is told to everybody.
            beginBatch()
            for run in committed.runs {
                recent.add(run)
                fanOut(run)
            }
        case .failure(let error):
            let failure = StoreFailure(error)
            log.error("a batch could not be written", metadata: ["error": "\(failure)"])
            keepSideWork(of: batch)
            for item in items { answer(item, .failure(failure.failure)) }
            beginBatch()
        }
        if !queue.isOverBound { resumeAfterBatch() }
        for body in waiting { body() }
    }

    private func countForQuotas(_ batch: StoreBatch, _ committed: CommittedBatch) {
        for (operation, outcome) in zip(batch.operations, committed.outcomes) {
            guard case .append(let entry) = operation, case .appended(let stored) = outcome, !stored.duplicate else {
                continue
            }
            quota.added(StoreQuota.bytes(ofPayload: entry.payload.count), for: entry.sender)
        }
    }

    /// What rode in a batch that failed waits for a later one; at the end of the service there is none.
    private func keepSideWork(of batch: StoreBatch) {
        guard !isDraining else {
            cursors = CursorBook()
            seen = []
            return
        }
        cursors.failed()
        seen = batch.seen + seen
        if hasSideWork { scheduleSideWork() }
    }

    private func resumeAfterBatch() {
        let paused = pausedForBatch
        pausedForBatch = []
        for session in paused { session.resume(.batch) }
    }

    private func answer(_ item: PendingOperation, _ result: Result<OperationOutcome, Failure>) {
        switch item.then {
        case .answerAppend(let session, let correlation, let wantReceipt):
            appended(item.operation, result, session, correlation, wantReceipt)
        case .call(let completion): completion(result)
        }
    }

    // MARK: Idleness, for a drain

    private func reportIdle() {
        guard queue.isIdle, !hasSideWork else { return }
        let waiting = whenIdle
        whenIdle = []
        for body in waiting { body() }
    }

    // MARK: The loop

    func later(_ body: @escaping () -> Void) {
        loop.assumeIsolated().execute(body)
    }

    func schedule(in delay: TimeAmount, _ body: @escaping () -> Void) -> Scheduled<Void> {
        loop.assumeIsolated().scheduleTask(in: delay, body)
    }
}
