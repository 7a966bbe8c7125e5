import ChatProtocol
import NIOCore

/// An operation that waits for its batch, and what is to be done with its outcome.
struct PendingOperation {
    enum Then {
        case answerAppend(Session, correlation: UInt32, wantReceipt: Bool)
        case call((Result<OperationOutcome, Failure>) -> Void)
    }
    /// Bytes that an operation counts beside its payload.
    private static let bytesBesidePayload = 128

    var operation: StoreOperation
    var then: Then

    /// Who asked for it is gone.
    var isAbandoned: Bool {
        guard case .answerAppend(let session, _, _) = then else { return false }
        return session.isClosing
    }

    var bytes: Int {
        guard case .append(let entry) = operation else { return Self.bytesBesidePayload }
        return Self.bytesBesidePayload + entry.payload.count
    }
}

/// What was committed, and the frames that tell of it.
struct CommittedBatch: Sendable {
    var outcomes: [OperationOutcome]
    var runs: [EntryRun]
}

extension Hub {
    func enqueue(_ operation: StoreOperation, _ then: PendingOperation.Then) {
        let item = PendingOperation(operation: operation, then: then)
        queue.add(item, bytes: item.bytes)
        scheduleBatch()
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

    func beginBatch() {
        guard let items = queue.begin() else { return reportIdle() }
        let batch = StoreBatch(items.map(\.operation))
        bridge.perform { [store] () throws(StoreFailure) in
            // A batch whose end is not known is committed again, and the next ones wait for it.
            try await store.settle(batch) { committed in
                CommittedBatch(outcomes: committed.outcomes, runs: EntryRun.runs(of: committed.news))
            }
        } then: { result in
            self.finishBatch(items, result)
        }
    }

    private func finishBatch(_ items: [PendingOperation], _ result: Result<CommittedBatch, StoreFailure>) {
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
            beginBatch()
            for run in committed.runs {
                recent.add(run)
                fanOut(run)
            }
        case .failure(let failure):
            log.error("a batch could not be written", metadata: ["error": "\(failure)"])
            for item in items { answer(item, .failure(failure.failure)) }
            beginBatch()
        }
        if !queue.isOverBound { resumeAfterBatch() }
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

    // MARK: What may be lost

    private var hasSideWork: Bool { cursors.hasWork || !seen.isEmpty }

    /// Writes what has moved within a while.
    func scheduleSideWork(in delay: TimeAmount? = nil) {
        guard cursorTimer == nil else { return }
        cursorTimer = schedule(in: delay ?? settings.cursorDelay) {
            self.cursorTimer = nil
            self.noteMarks {}
        }
    }

    /// Writes what has moved, and calls `then` when everything that had moved until now is written.
    func noteMarks(then: @escaping () -> Void) {
        whenNoted.append(then)
        if !isNoting { noteMarks() }
    }

    private func noteMarks() {
        let waiting = whenNoted
        whenNoted = []
        guard hasSideWork else { return waiting.forEach { $0() } }
        isNoting = true
        readsInBatch.removeAll(keepingCapacity: true)
        let page = cursors.take()
        let marks = SoftMarks(cursors: page.cursors, readMarks: page.readMarks, seen: seen)
        seen = []
        bridge.perform { [store] () throws(StoreFailure) in
            try await store.note(marks)
        } then: { result in
            self.isNoting = false
            switch result {
            case .success: self.cursors.written()
            case .failure(let failure):
                self.log.error("cursors could not be written", metadata: ["error": "\(failure)"])
                self.keepMarks(marks)
            }
            for body in waiting { body() }
            if !self.whenNoted.isEmpty { self.noteMarks() }
            self.reportIdle()
        }
    }

    /// What could not be written is tried again later; at the end of the service there is no later.
    private func keepMarks(_ marks: SoftMarks) {
        guard !isDraining else {
            cursors = CursorBook()
            return
        }
        cursors.failed()
        seen = marks.seen + seen
        scheduleSideWork()
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

    func reportIdle() {
        guard queue.isIdle, !isNoting, !whenIdle.isEmpty else { return }
        guard !hasSideWork else { return noteMarks {} }
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
