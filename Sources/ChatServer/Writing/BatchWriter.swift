import ChatProtocol
import NIOCore

/// Spreads what is to be written over the store's lanes, answers what was in a batch, and hands on what is new. Confined
/// to the hub's event loop.
///
/// Lanes are written beside each other. What one connection asks for in sequence is answered in that sequence all the
/// same.
final class BatchWriter {
    private let context: HubContext
    private let quota: StoreQuotaDesk
    private let answers: AppendAnswers
    private let news: NewsDesk
    private var lanes: [StoreLane: BatchLane] = [:]
    /// A disk that is full fails every batch: one line a minute says how many.
    private var failures = (log: LogInterval(), count: 0)
    /// Called when nothing waits to be written any more.
    var becameIdle: () -> Void = {}

    init(context: HubContext, quota: StoreQuotaDesk, answers: AppendAnswers, news: NewsDesk) {
        self.context = context
        self.quota = quota
        self.answers = answers
        self.news = news
    }

    var isWriting: Bool { lanes.values.contains(where: \.isWriting) }
    var isIdle: Bool { lanes.values.allSatisfy(\.isIdle) }

    // MARK: What is to be written

    func add(_ operation: StoreOperation, _ then: PendingOperation.Then) {
        lane(of: operation.conversation).add(PendingOperation(operation: operation, then: then))
    }

    /// An append, which is answered when all appends of the connection before it are.
    func append(_ bundle: Bundle, of session: Session, _ correlation: UInt32, wantReceipt: Bool) {
        let question = AppendQuestion(
            session: session, ticket: session.appendOrder.begin(), correlation: correlation, wantReceipt: wantReceipt)
        add(.bundle(bundle), .answerAppend(question))
    }

    /// Who adds to a full batch is not read from until it is written.
    func pauseIfFull(_ session: Session, in conversation: ConversationID) {
        lane(of: conversation).pauseIfFull(session)
    }

    func isPausing(_ session: Session) -> Bool { lanes.values.contains { $0.isPausing(session) } }

    /// Refuses the appends that wait for their batch and match, and calls `completion` when none of the batches being
    /// written can be stored any more: from then on there is nothing more of theirs.
    func dropAppends(
        because failure: Failure, where matches: (Bundle) -> Bool, completion: @escaping () -> Void
    ) {
        for lane in lanes.values {
            let dropped = lane.remove { item in
                guard case .bundle(let bundle) = item.operation else { return false }
                return matches(bundle)
            }
            for item in dropped { answer(item, .failure(failure)) }
        }
        var left = lanes.count
        guard left > 0 else { return completion() }
        for lane in lanes.values {
            lane.whenWritten {
                left -= 1
                if left == 0 { completion() }
            }
        }
    }

    /// Begins the batches with what waits, unless they are being written.
    func begin() {
        for lane in lanes.values { lane.begin() }
        if lanes.isEmpty { becameIdle() }
    }

    /// A lane has nothing to write.
    func laneRested() {
        if isIdle { becameIdle() }
    }

    private func lane(of conversation: ConversationID) -> BatchLane {
        let key = context.store.lane(of: conversation)
        if let lane = lanes[key] { return lane }
        let lane = BatchLane(context: context, writer: self)
        lanes[key] = lane
        return lane
    }

    // MARK: What was written

    /// Answers what was looked at of a batch.
    func answer(_ items: [PendingOperation], _ committed: CommittedBatch) {
        countForQuotas(items, committed)
        for (item, outcome) in zip(items, committed.outcomes) where outcome != .deferred {
            answer(item, .success(outcome))
        }
    }

    func tell(_ told: ToldNews) { news.tell(told) }

    /// A batch could not be written.
    func refuse(_ items: [PendingOperation], _ failure: StoreFailure) {
        noteFailure("\(failure)")
        for item in items { answer(item, .failure(failure.failure)) }
    }

    private func noteFailure(_ reason: String) {
        failures.count += 1
        guard failures.log.lets(context.clock.now()) else { return }
        context.log.error(
            "a batch could not be written", metadata: ["error": "\(reason)", "batches": "\(failures.count)"])
        failures.count = 0
    }

    func count(
        _ items: [PendingOperation], _ result: Result<CommittedBatch, StoreFailure>, since begun: NIODeadline
    ) {
        let time = UInt64(clamping: (context.clock.now() - begun).nanoseconds)
        guard case .success(let committed) = result else {
            return context.counts.wrote(operations: items.count, inNanoseconds: time, succeeded: false)
        }
        context.counts.wrote(operations: items.count, inNanoseconds: time, succeeded: true)
        for (item, outcome) in zip(items, committed.outcomes) {
            guard case .bundle(let bundle) = item.operation, case .appended(let stored) = outcome else { continue }
            context.counts.appended(bytes: bundle.payloadBytes, isDuplicate: stored.duplicate)
        }
    }

    private func countForQuotas(_ items: [PendingOperation], _ committed: CommittedBatch) {
        for (item, outcome) in zip(items, committed.outcomes) {
            guard case .bundle(let bundle) = item.operation, case .appended(let stored) = outcome, !stored.duplicate
            else {
                continue
            }
            quota.added(StoreQuota.bytes(of: bundle), rows: bundle.bytesOfRows, for: bundle.sender)
        }
    }

    private func answer(_ item: PendingOperation, _ result: Result<OperationOutcome, Failure>) {
        switch item.then {
        case .answerAppend(let question):
            let session = question.session
            session.appendOrder.end(
                question.ticket, with: AppendAnswer(operation: item.operation, question: question, result: result))
            // One at a time: an answer may let the connection go on, and ask again.
            while let answer = session.appendOrder.next() { answers.answer(answer) }
        case .call(let completion): completion(result)
        }
    }
}
