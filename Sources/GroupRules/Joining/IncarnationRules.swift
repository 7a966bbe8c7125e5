import ChatProtocol

/// I2, its pure half: whether a later incarnation goes on from the one that a device holds. That its handshakes are followed from the
/// founding GroupInfo is the other half.
package struct HeldIncarnation: Hashable, Sendable {
    package let policy: GroupPolicy
    /// The last epoch that was held, and the confirmed transcript hash there.
    package let epoch: Epoch
    package let confirmedTranscriptHash: [UInt8]
    /// S4, where the server says that its store began anew: the hashes of epochs that were held before, to one of which the next
    /// incarnation may go back.
    package let kept: [GroupMark: [UInt8]]

    package init(
        policy: GroupPolicy, epoch: Epoch, confirmedTranscriptHash: [UInt8], kept: [GroupMark: [UInt8]] = [:]
    ) {
        self.policy = policy
        self.epoch = epoch
        self.confirmedTranscriptHash = confirmedTranscriptHash
        self.kept = kept
    }

    package var mark: GroupMark { GroupMark(incarnation: policy.group.incarnation, epoch: epoch) }

    /// Whether a state that is to be gone on from is the one that is held, or one before it that was (S4).
    package func knows(_ state: GroupPolicy.Previous) -> Bool {
        if state.mark == mark { return state.confirmedTranscriptHash == confirmedTranscriptHash }
        return kept[state.mark] == state.confirmedTranscriptHash
    }

    /// What may be different in the next policy.
    package enum Step: Hashable, Sendable {
        case same
        /// The other party of a direct conversation has another root: the gate asks before anything is encrypted.
        case rootChanged(AccountID)
    }

    package func check(_ next: GroupPolicy) throws(RuleViolation) -> Step {
        let group = policy.group
        try require(
            next.server == policy.server && next.group.conversation == group.conversation
                && next.group.incarnation > group.incarnation,
            "incarnation \(next.group.incarnation) after \(group.incarnation)")
        guard let previous = next.previous else {
            throw RuleViolation(.i2, .historyForked, "a later incarnation that goes on from none")
        }
        if kept[previous.mark] == previous.confirmedTranscriptHash, previous.incarnation < next.group.incarnation {
            return try step(to: next.kind)
        }
        try require(
            previous.incarnation >= group.incarnation && previous.incarnation < next.group.incarnation,
            "it goes on from incarnation \(previous.incarnation)")
        if previous.incarnation == group.incarnation {
            try require(
                previous.epoch >= epoch, "it goes on from epoch \(previous.epoch), and epoch \(epoch) is held")
            try require(
                previous.epoch > epoch || previous.confirmedTranscriptHash == confirmedTranscriptHash,
                "another history leads to epoch \(epoch)")
        }
        return try step(to: next.kind)
    }

    private func step(to next: GroupPolicy.Kind) throws(RuleViolation) -> Step {
        if next == policy.kind { return .same }
        guard case .direct(let old) = policy.kind, case .direct(let new) = next,
            old.map(\.account) == new.map(\.account)
        else { throw RuleViolation(.i2, .historyForked, "another policy than the last one that was held") }
        let changed = zip(old, new).filter { $0 != $1 }.map(\.1.account)
        guard let account = changed.first, changed.count == 1 else {
            throw RuleViolation(.i2, .historyForked, "both parties have other roots")
        }
        return .rootChanged(account)
    }

    private func require(_ condition: Bool, _ detail: @autoclosure () -> String) throws(RuleViolation) {
        if !condition { throw RuleViolation(.i2, .historyForked, detail()) }
    }
}
