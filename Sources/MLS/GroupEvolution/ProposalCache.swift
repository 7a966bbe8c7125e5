/// The proposals of the current epoch that were verified, in the order in which they came (RFC 9420 §12.1).
package struct ProposalCache: Sendable {
    private var byReference: [ProposalRef: SourcedProposal] = [:]
    private var order: [ProposalRef] = []
    private var ofSenders: [Sender: (count: Int, bytes: Int)] = [:]

    package var all: [SourcedProposal] { order.compactMap { byReference[$0] } }
    package var isEmpty: Bool { order.isEmpty }

    /// Those that a commit can name.
    var known: [(reference: ProposalRef, proposal: Proposal, sender: Sender)] {
        all.compactMap { item in item.reference.map { ($0, item.proposal, item.sender) } }
    }

    package subscript(reference: ProposalRef) -> SourcedProposal? { byReference[reference] }

    /// Keeps a proposal; the same one twice is kept once.
    mutating func insert(_ proposal: SourcedProposal, _ reference: ProposalRef) throws(MLSError) {
        guard byReference[reference] == nil else { return }
        try require(order.count < Limits.proposals, .limitExceeded, "\(order.count) proposals")
        var ofSender = ofSenders[proposal.sender, default: (0, 0)]
        ofSender.count += 1
        ofSender.bytes += proposal.proposal.encoded.count
        try require(
            ofSender.count <= Limits.cachedProposalsPerSender
                && ofSender.bytes <= Limits.cachedProposalBytesPerSender,
            .limitExceeded, "\(ofSender.count) proposals of one sender, \(ofSender.bytes) bytes")
        ofSenders[proposal.sender] = ofSender
        byReference[reference] = proposal
        order.append(reference)
    }

    /// The proposals that a commit names (RFC 9420 §12.4).
    func resolve(_ list: [ProposalOrRef], committer: Committer) throws(MLSError) -> [SourcedProposal] {
        var resolved: [SourcedProposal] = []
        var seen: Set<ProposalRef> = []
        for item in list {
            switch item {
            case .proposal(let proposal):
                resolved.append(SourcedProposal(proposal: proposal, sender: committer.sender, reference: nil))
            case .reference(let reference):
                if committer == .external { throw MLSError(.externalCommitReference) }
                try require(seen.insert(reference).inserted, .proposalReferenceTwice)
                guard let known = byReference[reference] else { throw MLSError(.proposalReferenceUnknown) }
                resolved.append(known)
            }
        }
        return resolved
    }
}
