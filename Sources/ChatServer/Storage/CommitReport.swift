import ChatProtocol

/// A commit that the store has taken and a member cannot process.
package struct CommitReport: Sendable, Equatable {
    /// For so long reports count together, and commits are refused behind them.
    package static let period = Duration.seconds(Int64(Limits.blockedHours) * 3_600)

    package var conversation: ConversationID
    package var seq: SequenceNumber
    /// SHA-256 of it as the member got it.
    package var digest: [UInt8]
    package var reporter: DeviceReader

    package init(conversation: ConversationID, seq: SequenceNumber, digest: [UInt8], reporter: DeviceReader) {
        self.conversation = conversation
        self.seq = seq
        self.digest = digest
        self.reporter = reporter
    }

    /// There is no such commit, or another one.
    package static var mistaken: Failure {
        Failure(.invalidTarget, sentence: "under this number there is no commit of another device with this digest")
    }

    /// Why a commit is refused until then; nil where it is not.
    package static func refusal(until: Timestamp?, at time: Timestamp) -> Failure? {
        guard let until, until > time else { return nil }
        return Failure(.blocked, retryAfter: until - time)
    }
}
