import ChatProtocol
import NIOCore

/// One lane of the store: its batches are written one after the other. Confined to the hub's event loop.
final class BatchLane {
    private let context: HubContext
    /// Answers what was in a batch, and hands on what is new.
    private unowned let writer: BatchWriter
    private var queue: BatchQueue<PendingOperation>
    private var isScheduled = false
    private var paused: [Session] = []
    /// What waits for the end of the batch that is being written.
    private var whenWritten: [() -> Void] = []

    init(context: HubContext, writer: BatchWriter) {
        self.context = context
        self.writer = writer
        queue = BatchQueue(bounds: context.settings.batch)
    }

    var isWriting: Bool { queue.isWriting }
    var isIdle: Bool { queue.isIdle }

    func add(_ item: PendingOperation) {
        queue.add(item, bytes: item.bytes)
        schedule()
    }

    /// Who adds to a full batch is not read from until it is written.
    func pauseIfFull(_ session: Session) {
        guard queue.isOverBound else { return }
        session.pause(.batch)
        paused.append(session)
    }

    func isPausing(_ session: Session) -> Bool { paused.contains { $0 === session } }

    /// Takes what waits for its batch and matches.
    func remove(where matches: (PendingOperation) -> Bool) -> [PendingOperation] {
        queue.remove(where: matches) { $0.bytes }
    }

    /// Calls `completion` when the batch that is being written is written; at once where there is none.
    func whenWritten(_ completion: @escaping () -> Void) {
        if queue.isWriting { whenWritten.append(completion) } else { completion() }
    }

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
        guard let items = queue.begin() else { return writer.laneRested() }
        let batch = StoreBatch(items.map(\.operation))
        let begun = context.clock.now()
        let loop = context.loop
        let end = NIOLoopBound(
            { (result: Result<CommittedBatch, StoreFailure>) in
                if case .failure(let failure) = result, failure.isUnknown {
                    self.settle(batch, items, after: failure, since: begun)
                } else {
                    self.finish(items, result, since: begun)
                }
            }, eventLoop: loop)
        let isBegun = context.store.commit(batch) { result in
            let told = result.map(CommittedBatch.init)
            loop.execute { end.value(told) }
        }
        if !isBegun { settle(batch, items, after: nil, since: begun) }
    }

    /// A batch whose end is not known is committed again, and the next ones wait for it.
    private func settle(
        _ batch: StoreBatch, _ items: [PendingOperation], after failure: StoreFailure?, since begun: NIODeadline
    ) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.settle(batch, after: failure, telling: CommittedBatch.init)
        } then: { result in
            self.finish(items, result, since: begun)
        }
    }

    private func finish(
        _ items: [PendingOperation], _ result: Result<CommittedBatch, StoreFailure>, since begun: NIODeadline
    ) {
        writer.count(items, result, since: begun)
        queue.finish()
        // Those who come from now on wait for the next batch.
        let waiting = whenWritten
        whenWritten = []
        switch result {
        case .success(let committed):
            putBackDeferred(items, committed)
            writer.answer(items, committed)
            // The next batch is written while this one is told to everybody.
            begin()
            writer.tell(committed.news)
        case .failure(let failure):
            writer.refuse(items, failure)
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

    private func resumePaused() {
        let resumed = paused
        paused = []
        for session in resumed where !writer.isPausing(session) { session.resume(.batch) }
    }
}
