import ChatProtocol

/// Answers messages when they are on disk, or were refused. Confined to the hub's event loop.
final class AppendAnswers {
    private let everyone: ConversationID
    private let rates: RateDesk
    private let receipts: ReceiptDesk

    init(everyone: ConversationID, rates: RateDesk, receipts: ReceiptDesk) {
        self.everyone = everyone
        self.rates = rates
        self.receipts = receipts
    }

    func answer(_ answer: AppendAnswer) {
        guard case .bundle(let bundle) = answer.operation else { return }
        let (session, result) = (answer.question.session, answer.result)
        let correlation = answer.question.correlation
        // What is not stored does not keep the account from the next message to everyone.
        if bundle.objection == nil, bundle.conversation == everyone, !result.hasStored {
            rates.giveBackEveryone(bundle.sender)
        }
        switch result {
        case .success(.appended(let stored)):
            session.finish(correlation, .success(Appended(stored, bundle.id)), weight: RequestWeight.append)
            if answer.question.wantReceipt { watch(session, stored) }
        case .success(.refused(let failure)), .failure(let failure):
            session.refuse(correlation, failure, weight: RequestWeight.append)
        case .success:
            session.refuse(correlation, Failure(.internalError), weight: RequestWeight.append)
        }
    }

    private func watch(_ session: Session, _ stored: StoredAppend) {
        guard stored.conversation.isDirect else { return }
        receipts.watch(session, stored.conversation.id)
        // Whoever sends again may have missed what became of the first one.
        if stored.duplicate { receipts.tell(of: stored.conversation, for: session) }
    }
}

extension Appended {
    init(_ stored: StoredAppend, _ id: MessageID) {
        self.init(
            conversation: stored.conversation.id, id: id, seq: stored.seq, time: stored.time, digest: stored.digest,
            position: stored.position, duplicate: stored.duplicate)
    }
}

extension Result where Success == OperationOutcome {
    /// Whether it made a new entry.
    fileprivate var hasStored: Bool {
        guard case .success(.appended(let stored)) = self else { return false }
        return !stored.duplicate
    }
}
