import ChatProtocol

/// An operation that waits for its batch, and what is to be done with its outcome.
struct PendingOperation {
    enum Then {
        case answerAppend(AppendQuestion)
        case call((Result<OperationOutcome, Failure>) -> Void)
    }
    /// Bytes that an operation counts beside its payload.
    private static let bytesBesidePayload = 128

    var operation: StoreOperation
    var then: Then

    /// Who asked for it is gone.
    var isAbandoned: Bool {
        guard case .answerAppend(let question) = then else { return false }
        return question.session.isClosing
    }

    var bytes: Int {
        guard case .bundle(let bundle) = operation else { return Self.bytesBesidePayload }
        return Self.bytesBesidePayload + bundle.payloadBytes + bundle.bytesBeside
    }
}

/// Who asked for an append, and where its answer stands among those of the connection.
struct AppendQuestion {
    var session: Session
    var ticket: AnswerOrder<AppendAnswer>.Ticket
    var correlation: UInt32
    var wantReceipt: Bool
}

/// What became of an append, until its turn has come to be told.
struct AppendAnswer {
    var operation: StoreOperation
    var question: AppendQuestion
    var result: Result<OperationOutcome, Failure>
}

/// What came of a batch, and what is told of it.
struct CommittedBatch: Sendable {
    var outcomes: [OperationOutcome]
    var news: ToldNews

    init(_ committed: Committed) {
        outcomes = committed.outcomes
        news = ToldNews(committed.news)
    }
}
