import ChatProtocol

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
