import ChatProtocol
import GroupRules
import MLS

/// Where what waits in an epoch stands in the log, as far as that was processed.
struct ProposalPlace: Equatable, Sendable {
    let group: GroupName
    let epoch: Epoch
    /// It begins behind this entry.
    let start: SequenceNumber
    /// What comes behind this entry is processed later, in its place.
    let end: SequenceNumber

    init(_ standing: GroupStanding, _ epoch: Epoch) {
        group = standing.group
        self.epoch = epoch
        start = standing.firstProposal?.previous ?? .beforeFirst
        end = standing.seq
    }
}

/// What waits in an epoch by the log as it is now. Of an epoch of which a restore has lost a part, whoever was there knows proposals that the
/// server does not, and would not take a commit that names them (S4).
struct WaitingProposals: Sendable {
    let place: ProposalPlace
    private(set) var messages: [MLSMessage] = []
    /// The number of the first of them.
    private(set) var first: SequenceNumber?

    init(at place: ProposalPlace) { self.place = place }

    mutating func take(_ item: LogItem) {
        guard messages.count < RuleLimits.waitingProposals, case .entry(let entry) = item, entry.place.seq <= place.end,
            PayloadKind(rawValue: entry.payloadKind) == .proposal,
            let message = try? MLSMessage(decoding: entry.payload), message.groupId == place.group.groupId,
            message.epoch == place.epoch.value
        else { return }
        messages.append(message)
        first = first ?? entry.place.seq
    }
}

extension Group {
    /// Keeps a proposal for the commits of this epoch, where the rules have it (J8); nil: it is no proposal.
    mutating func keep(_ message: MLSMessage, _ judge: GroupJudge) throws(MLSError) -> Verdict? {
        guard case .proposal(let proposal) = try open(message) else { return nil }
        let verdict = judge.judge(
            proposal: proposal.proposal, from: proposal.sender, waiting: pendingProposals.count)
        if verdict == .accept { try cache(proposal) }
        return verdict
    }

    /// Nothing waits but these.
    mutating func take(_ proposals: WaitingProposals, _ judge: GroupJudge) throws(MLSError) {
        discardProposals()
        for message in proposals.messages {
            do throws(MLSError) { _ = try keep(message, judge) } catch  where !error.isOfStore {
                // It was passed over when the log was processed, too.
                continue
            }
        }
    }
}
