import ChatProtocol
import WireCodec

/// Foundings, commits, and what somebody needs to join a group. Confined to the hub's event loop.
final class GroupRequests {
    private let context: HubContext
    private let desk: FollowerDesk
    private let removals: RemovalDesk
    private let turns: TurnDesk
    private let writer: BatchWriter
    private let quota: StoreQuotaDesk
    private var externals = RateTable<DeviceID>(capacity: 10_000)

    init(
        context: HubContext, desk: FollowerDesk, removals: RemovalDesk, writer: BatchWriter,
        quota: StoreQuotaDesk
    ) {
        self.context = context
        self.desk = desk
        self.removals = removals
        self.writer = writer
        self.quota = quota
        turns = TurnDesk(context: context)
    }

    func handle(_ frame: RawFrame, _ session: Session) throws(WireError) {
        let correlation = frame.correlation
        switch frame.frameKind {
        case .foundGroup: found(try frame.decode(), session, correlation)
        case .commit: commit(try frame.decode(), session, correlation)
        case .readLog: readLog(try frame.decode(), session, correlation)
        case .readGroup: readGroup(try frame.decode(), session, correlation)
        case .readWelcome: readWelcome(try frame.decode(), session, correlation)
        case .reportCommit: report(try frame.decode(), session, correlation)
        case .takeTurn: takeTurn(try frame.decode(), session, correlation)
        default: session.send(Failure(.unexpectedFrame), correlation: correlation)
        }
    }

    /// A connection is gone: nobody waits for it.
    func left(_ session: Session) { turns.left(session) }

    // MARK: Handshakes

    private func found(_ request: FoundGroup, _ session: Session, _ correlation: UInt32) {
        let weight = RequestWeight.of(
            bytes: request.founding.count + request.handshake.count + request.groupInfo.count + request.welcome.count)
        guard let reader = session.begin(weight: weight)?.reader else { return }
        let question = HandshakeQuestion(
            conversation: request.conversation, author: reader, founding: request.founding, commit: request.handshake,
            groupInfo: request.groupInfo, welcome: request.welcome)
        take(question, as: request.id, weight, session, correlation)
    }

    private func commit(_ request: Commit, _ session: Session, _ correlation: UInt32) {
        let weight = RequestWeight.of(
            bytes: request.handshake.count + request.groupInfo.count + request.welcome.count)
        guard let reader = session.begin(weight: weight)?.reader else { return }
        let question = HandshakeQuestion(
            conversation: request.conversation, author: reader, position: request.position, commit: request.handshake,
            groupInfo: request.groupInfo, welcome: request.welcome)
        take(question, as: request.id, weight, session, correlation)
    }

    /// Has it judged, and puts it into the batch that forms: also what is not to be stored, for it may have been stored before.
    private func take(
        _ question: HandshakeQuestion, as id: MessageID, _ weight: Int, _ session: Session, _ correlation: UInt32
    ) {
        desk.judge(question) { result, settle in
            // Whoever was expelled meanwhile stores nothing more.
            guard !session.isClosing else { return settle(false) }
            switch result {
            case .success(let decision):
                let bundle = self.bundle(question, decision, id)
                let ruling = bundle.objection == nil ? try? decision.ruling?.get() : nil
                self.writer.add(
                    .bundle(bundle),
                    .call { outcome in
                        let stored = outcome.stored
                        settle(stored?.duplicate == false)
                        if stored?.duplicate == false { self.follow(bundle) }
                        if let ruling, stored?.duplicate == false {
                            self.removals.committed(in: question.conversation, ruling, decision.position.generation)
                        }
                        session.finish(
                            correlation, self.answer(outcome, bundle, isFounding: question.founding != nil),
                            weight: weight)
                        self.turns.end(session, in: question.conversation)
                    })
                // In the same batch: no message comes between.
                self.removals.write(
                    ruling?.repeated ?? [], in: question.conversation, decision.position.generation
                ) { failure in
                    guard failure != nil else { return }
                    self.desk.forget(question.conversation)
                    // Where the commit was taken without them, the group is to refuse messages all the same.
                    self.removals.look(in: question.conversation)
                }
            case .failure(let failure):
                settle(false)
                session.refuse(correlation, failure, weight: weight)
            }
        }
    }

    private func bundle(_ question: HandshakeQuestion, _ decision: HandshakeDecision, _ id: MessageID) -> Bundle {
        var bundle = Bundle(
            id, in: question.conversation, sender: question.author.account, device: question.author.device,
            entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: question.commit))
        bundle.precondition = decision.position
        switch decision.ruling {
        case .success(let ruling): ruling.apply(to: &bundle, welcome: question.welcome)
        case .failure(let failure): bundle.object(failure)
        // The store says where it stands.
        case nil: break
        }
        if let failure = objection(to: bundle, question, decision) { bundle.object(failure) }
        return bundle
    }

    /// What its Welcome brings about elsewhere. It is on its way before there is an answer, so that whoever claims anew after it gets what
    /// is not used.
    private func follow(_ bundle: Bundle) {
        guard let use = PackageUse(bundle) else { return }
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.packagesWereUsed(use)
            try await store.dropSurplusWelcomes(of: use.devices)
        } then: { result in
            guard case .failure(let failure) = result else { return }
            self.context.log.error("Welcomes", metadata: ["error": "\(failure)"])
        }
    }

    private func objection(
        to bundle: Bundle, _ question: HandshakeQuestion, _ decision: HandshakeDecision
    ) -> Failure? {
        let verdict = quota.verdict(
            adding: StoreQuota.bytes(of: bundle), rows: bundle.bytesOfRows, for: question.author.account)
        if let failure = verdict.failure { return failure }
        guard case .success(let ruling)? = decision.ruling, ruling.isExternal else { return nil }
        let limit = RateLimit(burst: 2, interval: .seconds(Limits.externalCommitSeconds))
        let wait = externals.take(question.author.device, of: limit, at: context.clock.ticks)
        return wait > .zero ? Failure(.rateLimited, retryAfter: wait) : nil
    }

    private func answer(
        _ outcome: Result<OperationOutcome, Failure>, _ bundle: Bundle, isFounding: Bool
    ) -> Result<Appended, Failure> {
        switch outcome {
        case .success(.appended(let stored)): return .success(Appended(stored, bundle.id))
        case .success(.refused(var failure)):
            // A founding names no position: whoever stands in its way has founded.
            if isFounding, failure.errorCode == .preconditionFailed {
                failure = Failure(.groupExists, current: failure.current)
            }
            return .failure(failure)
        case .failure(let failure): return .failure(failure)
        case .success: return .failure(Failure(.internalError))
        }
    }

    // MARK: For who joins

    private func readGroup(_ request: ReadGroup, _ session: Session, _ correlation: UInt32) {
        guard let reader = session.begin(weight: RequestWeight.page)?.reader else { return }
        let finish = { (result: Result<GroupPart, Failure>) in
            session.finish(correlation, result, weight: RequestWeight.page)
        }
        guard !request.founding else { return readFounding(request, reader, finish) }
        desk.read(request.conversation, for: reader, withTree: true) { result in
            finish(result.flatMap { view in view.part(request) })
        }
    }

    private func readFounding(
        _ request: ReadGroup, _ reader: DeviceReader, _ finish: @escaping (Result<GroupPart, Failure>) -> Void
    ) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            let standing = try await store.standing(of: request.conversation, for: reader)
            let rows = try await store.sideRows(
                of: request.conversation, kind: GroupFollower.foundingKind, after: nil, limit: 1)
            guard let row = rows.first else { throw .refused(Failure(.noGroup, current: standing.standing)) }
            return GroupPart(
                conversation: request.conversation, position: standing.standing.position, groupInfo: row.value,
                treeSize: 0, offset: 0, tree: [])
        } then: {
            finish($0.mapError(self.context.failure))
        }
    }

    private func readWelcome(_ request: ReadWelcome, _ session: Session, _ correlation: UInt32) {
        guard let reader = session.begin()?.reader else { return }
        let operation = StoreOperation.takeWelcome(request.conversation, reader.device, request: request.request)
        writer.add(
            operation,
            .call { outcome in
                session.finish(
                    correlation,
                    outcome.flatMap { outcome -> Result<WelcomePart, Failure> in
                        switch outcome {
                        case .welcome(let taken): .success(WelcomePart(request.conversation, taken))
                        case .refused(let failure): .failure(failure)
                        default: .failure(Failure(.internalError))
                        }
                    })
            })
    }

    private func report(_ request: ReportCommit, _ session: Session, _ correlation: UInt32) {
        guard let reader = session.begin()?.reader else { return }
        let report = CommitReport(
            conversation: request.conversation, seq: request.seq, digest: request.digest, reporter: reader)
        writer.add(
            .report(report),
            .call { outcome in
                switch outcome {
                case .success(.done):
                    self.desk.reported()
                    session.finish(correlation, .success(Done()))
                case .success(.refused(let failure)), .failure(let failure): session.refuse(correlation, failure)
                case .success: session.refuse(correlation, Failure(.internalError))
                }
            })
    }

    private func takeTurn(_ request: TakeTurn, _ session: Session, _ correlation: UInt32) {
        guard let reader = session.begin(weight: RequestWeight.append)?.reader else { return }
        turns.ask(session, reader, request.conversation) { result in
            session.finish(correlation, result, weight: RequestWeight.append)
        }
    }

    // MARK: The log

    private func readLog(_ request: ReadLog, _ session: Session, _ correlation: UInt32) {
        guard let reader = session.begin(weight: RequestWeight.page)?.reader else { return }
        let conversation = request.conversation
        context.bridge.compute { [store = context.store] () throws(StoreFailure) in
            let page = try await store.page(
                of: conversation, after: request.after, entries: Limits.logPageEntries, bytes: Limits.logPageBytes)
            // Read behind the page, so that nobody is given what came after they had gone.
            do throws(StoreFailure) {
                let standing = try await store.standing(of: conversation, for: reader)
                return LogPage(page, standing, for: reader)
            } catch {
                guard error.refusal != nil, let former = try await store.formerStanding(of: conversation, for: reader)
                else { throw error }
                return LogPage(restOf: page, former, after: request.after, for: reader)
            }
        } then: { result in
            session.finish(
                correlation, result.mapError(self.context.failure), weight: RequestWeight.page)
        }
    }
}

extension Result where Success == OperationOutcome {
    fileprivate var stored: StoredAppend? {
        guard case .success(.appended(let stored)) = self else { return nil }
        return stored
    }
}

extension WelcomePart {
    fileprivate init(_ conversation: ConversationID, _ taken: TakenWelcome?) {
        self.init(
            conversation: conversation, id: taken?.id ?? MessageID(high: 0, low: 0), seq: taken?.head ?? .beforeFirst,
            welcome: taken?.payload ?? [])
    }
}
