import ChatProtocol
import WireCodec

extension Hub {
    /// Checks what can be checked without the store, and puts the entry into the batch that forms: also one that is
    /// not to be stored, for it may have been stored before.
    func append(_ request: Append, _ session: Session, _ correlation: UInt32) {
        if let refusal = refusal(of: request) { return session.send(refusal, correlation: correlation) }
        guard let identity = session.identity else { return }
        var entry = NewEntry(request, sender: identity.account.id, device: identity.device)
        if let objection = objection(to: entry, session, identity.account) { entry.object(objection) }
        session.requestBegan(weight: RequestWeight.append)
        enqueue(
            .append(entry), .answerAppend(session, correlation: correlation, wantReceipt: request.wantReceipt))
        waitForBatch(session)
    }

    /// Who adds to a full batch is not read from until it is written.
    func waitForBatch(_ session: Session) {
        guard queue.isOverBound else { return }
        session.pause(.batch)
        pausedForBatch.append(session)
    }

    /// What no append may be, whatever was stored before.
    private func refusal(of request: Append) -> Failure? {
        if isDraining { return Failure(.shuttingDown) }
        guard let kind = PayloadKind(rawValue: request.payloadKind) else { return Failure(.unknownPayloadKind) }
        // Epochs belong to groups: else anybody could take the last one, and with it everybody's next.
        if kind == .plainContent, request.advance != nil {
            return Failure(.forbidden, sentence: "a plain content begins no epoch")
        }
        if request.payload.count > Limits.payload { return Failure(.payloadTooLarge) }
        return nil
    }

    /// What the server has against storing it now. The rate comes first: a refusal costs work, too.
    private func objection(to entry: NewEntry, _ session: Session, _ account: AccountRecord) -> Failure? {
        let toEveryone = entry.conversation == identity.everyone
        if let failure = rates.chargeAppend(account.id, toEveryone: toEveryone, on: session) { return failure }
        let bytes = StoreQuota.bytes(ofPayload: entry.payload.count)
        guard let failure = notAllowed(entry, account) ?? quota.verdict(adding: bytes, for: account.id).failure
        else { return nil }
        giveBackEveryone(entry)
        return failure
    }

    private func notAllowed(_ entry: NewEntry, _ account: AccountRecord) -> Failure? {
        guard entry.conversation == identity.everyone, settings.broadcastByAdminsOnly,
            !account.flags.contains(.administrator)
        else { return nil }
        return Failure(.forbidden, sentence: "only administrators may write to everyone on this server")
    }

    /// What is not stored does not keep the account from the next message to everyone.
    private func giveBackEveryone(_ entry: NewEntry) {
        if entry.conversation == identity.everyone { rates.giveBackEveryone(entry.sender) }
    }

    /// The entry is on disk, or was refused.
    func appended(
        _ operation: StoreOperation, _ result: Result<OperationOutcome, Failure>, _ session: Session,
        _ correlation: UInt32, _ wantReceipt: Bool
    ) {
        guard case .append(let entry) = operation else { return }
        if entry.objection == nil, !result.hasStored { giveBackEveryone(entry) }
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
        case .success(.refused(let failure)), .failure(let failure):
            finish(session, correlation, Result<Done, _>.failure(failure), weight: RequestWeight.append)
        case .success:
            finish(
                session, correlation, Result<Done, _>.failure(Failure(.internalError)), weight: RequestWeight.append)
        }
    }

    private func watch(_ session: Session, _ stored: StoredAppend) {
        guard stored.conversation.isDirect else { return }
        watch(session, stored.conversation.id)
        // Whoever sends again may have missed what became of the first one.
        if stored.duplicate { publishReceipts(of: stored.conversation, for: session) }
    }
}

extension Result where Success == OperationOutcome {
    /// Whether it made a new entry.
    fileprivate var hasStored: Bool {
        guard case .success(.appended(let stored)) = self else { return false }
        return !stored.duplicate
    }
}
