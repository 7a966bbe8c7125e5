import ChatProtocol
import WireCodec

extension Hub {
    /// Checks what can be checked without the store, and puts the entry into the batch that forms.
    func append(_ request: Append, _ session: Session, _ correlation: UInt32) {
        if let refusal = refusal(of: request, session) { return session.send(refusal, correlation: correlation) }
        guard let identity = session.identity else { return }
        if let refusal = overQuota(request, session, identity.account.id) {
            return session.send(refusal, correlation: correlation)
        }
        session.requestBegan(weight: RequestWeight.append)
        enqueue(
            .append(NewEntry(request, sender: identity.account.id, device: identity.device)),
            .answerAppend(session, correlation: correlation, wantReceipt: request.wantReceipt))
        waitForBatch(session)
    }

    /// Who adds to a full batch is not read from until it is written.
    func waitForBatch(_ session: Session) {
        guard queue.isOverBound else { return }
        session.pause(.batch)
        pausedForBatch.append(session)
    }

    private func refusal(of request: Append, _ session: Session) -> Failure? {
        if isDraining { return Failure(.shuttingDown) }
        if PayloadKind(rawValue: request.payloadKind) == nil { return Failure(.unknownPayloadKind) }
        if request.payload.count > Limits.payload { return Failure(.payloadTooLarge) }
        if request.conversation == identity.everyone, settings.broadcastByAdminsOnly,
            session.identity?.account.flags.contains(.administrator) != true
        {
            return Failure(.forbidden, sentence: "only administrators may write to everyone on this server")
        }
        return nil
    }

    /// Judges the account's rate and its share of the store. Over the rate its connection is not read for a while;
    /// only a debt that is too large is refused.
    private func overQuota(_ request: Append, _ session: Session, _ account: AccountID) -> Failure? {
        if let failure = quota.verdict(adding: request.payload.count, for: account).failure { return failure }
        guard messageLimits.messages != nil || messageLimits.everyone != nil else { return nil }
        let verdict = messageQuotas[account, default: MessageQuota()].append(
            toEveryone: request.conversation == identity.everyone, limits: messageLimits, at: microseconds())
        if case .take(let pause) = verdict, pause > 0 { slowDown(session, for: pause) }
        return verdict.failure
    }

    private func slowDown(_ session: Session, for pause: UInt64) {
        session.pause(.rate)
        _ = schedule(in: .microseconds(Int64(clamping: pause))) { session.resume(.rate) }
    }

    func microseconds() -> UInt64 { clock.now().uptimeNanoseconds / 1000 }

    /// Forgets the accounts that have used nothing lately.
    func forgetQuotas() {
        let now = microseconds()
        messageQuotas = messageQuotas.filter { !$0.value.isFull(at: now) }
    }

    /// The entry is on disk, or was refused.
    func appended(
        _ operation: StoreOperation, _ result: Result<OperationOutcome, Failure>, _ session: Session,
        _ correlation: UInt32, _ wantReceipt: Bool
    ) {
        guard case .append(let entry) = operation else { return }
        switch result {
        case .success(.appended(let stored)):
            finish(
                session, correlation,
                .success(
                    Appended(
                        conversation: entry.conversation, id: entry.id, seq: stored.seq, time: stored.time,
                        digest: stored.digest, position: stored.position, duplicate: stored.duplicate)),
                weight: RequestWeight.append)
            if wantReceipt { watch(session, stored) }
        case .success(.refused(let code, let current)):
            finish(
                session, correlation, Result<Done, _>.failure(Failure(code, current: current)),
                weight: RequestWeight.append)
        case .success:
            finish(
                session, correlation, Result<Done, _>.failure(Failure(.internalError)), weight: RequestWeight.append)
        case .failure(let failure):
            finish(session, correlation, Result<Done, _>.failure(failure), weight: RequestWeight.append)
        }
    }

    private func watch(_ session: Session, _ stored: StoredAppend) {
        guard stored.conversation.type == .direct else { return }
        watch(session, stored.conversation.id)
        // Whoever sends again may have missed what became of the first one.
        if stored.duplicate { publishReceipts(of: stored.conversation, for: session) }
    }
}
