import ChatProtocol

/// How far accounts have come in the direct conversations that somebody watches. A plain value.
///
/// The truth is derived from the cursors in the store; this remembers it, so that an acknowledgement of a watched
/// conversation costs no query.
package struct ReceiptBoard {
    /// Conversations remembered; beyond this everything is forgotten, and asked for again when needed.
    private static let remembered = 10_000

    package enum Decision: Equatable {
        case nothing
        case publish(ReceiptState)
        /// It is not known how far the account was: ask the store, which knows of this too.
        case load
    }

    private var states: [ConversationID: [ReceiptState]] = [:]

    package init() {}

    /// A device of the account has stored everything up to `seq`.
    package mutating func delivered(
        _ conversation: ConversationID, _ account: AccountID, through seq: SequenceNumber
    ) -> Decision {
        guard var known = states[conversation], let index = known.firstIndex(where: { $0.account == account }) else {
            return .load
        }
        guard seq > known[index].delivered else { return .nothing }
        known[index].delivered = seq
        states[conversation] = known
        return .publish(known[index])
    }

    /// What the store says.
    ///
    /// - Returns: the states, with what was known beyond the store, and those of them that are news.
    package mutating func loaded(
        _ conversation: ConversationID, _ stored: [ReceiptState]
    ) -> (all: [ReceiptState], news: [ReceiptState]) {
        if states.count >= Self.remembered { states.removeAll() }
        let known = states[conversation] ?? []
        var news: [ReceiptState] = []
        let all = stored.map { state in
            let before =
                known.first { $0.account == state.account }
                ?? ReceiptState(account: state.account, delivered: 0, read: 0)
            let now = ReceiptState(
                account: state.account, delivered: max(state.delivered, before.delivered),
                read: max(state.read, before.read))
            if now != before { news.append(now) }
            return now
        }
        states[conversation] = all
        return (all, news)
    }
}
