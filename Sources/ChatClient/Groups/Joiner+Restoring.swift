import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// Going on behind a restore of the server that has lost what this device knows (S4).
extension Joiner {
    /// What there is of the log is processed: the server's life is the one that the group is in now.
    func adopt(
        _ position: ConversationPosition, _ conversation: ConversationID
    ) async throws(Problem) -> GroupCourse.Event {
        switch try await adoption(position, conversation) {
        case .isHere: return try await standing(conversation)
        // Other processes read on all the time.
        case .isUnsure: return .refused(.busy)
        case .isElsewhere:
            if let event = try await restored(position, conversation) { return event }
            log.warning("the group of conversation \(conversation) is at \(position.mark) by the server's word")
            return .cannotProcess
        }
    }

    /// As before something is written there, for a device that only reads: of a group that is not where the server says nothing more is
    /// asked for.
    func goOnReading(_ conversation: ConversationID) async throws(Problem) {
        let end = try await LogReader(store: store, wire: wire, log: log).read(conversation)
        if case .head(let position) = end { _ = try await adoption(position, conversation) }
    }

    private func adoption(
        _ position: ConversationPosition, _ conversation: ConversationID
    ) async throws(Problem) -> GroupAdoption {
        var adoption = GroupAdoption.isElsewhere
        var proposals: WaitingProposals?
        for _ in 0..<GroupCourse.rounds {
            let (judge, known) = (place.judge, proposals)
            adoption = try await store.withOpener { opener, store in
                try opener.change(conversation, in: store) { held in
                    try store.adopt(position, conversation, known, &held, judge)
                }
            }
            guard case .isUnsure(let place) = adoption else { break }
            proposals = try await waitingProposals(at: place)
        }
        return adoption
    }

    private func waitingProposals(at place: ProposalPlace) async throws(Problem) -> WaitingProposals {
        var found = WaitingProposals(at: place)
        var after = place.start
        while true {
            let page = try await wire.readLog(of: place.group.conversation, after: after)
            for item in page.items { found.take(item) }
            guard page.through > after, page.through < min(place.end, page.standing.head) else { return found }
            after = page.through
        }
    }

    /// The log is processed to its head, and the server's group is behind what is held, or gone. Going back into it would shut out whoever
    /// knows the later state, since its secrets are gone: the next incarnation is founded, into which
    /// everybody has a Welcome; everyone's is joined by those who knew the later state as by newcomers.
    ///
    /// - Returns: nil where that is not so, or the server is in a state in which this device never was.
    func restored(
        _ position: ConversationPosition, _ conversation: ConversationID
    ) async throws(Problem) -> GroupCourse.Event? {
        guard let former = try await former(conversation), former.standing.generation != place.generation else {
            return nil
        }
        if case .room = former.policy.kind { return nil }
        let own = former.group.context.asPrevious(of: former.policy.group)
        guard position.mark.isGroup else { return .restored(after: own) }
        guard position.mark < own.mark else { return nil }
        let (info, _, _) = try await description(of: conversation)
        guard let name = GroupName(groupId: info.groupContext.groupId), name.conversation == conversation else {
            return nil
        }
        let state = info.groupContext.asPrevious(of: name)
        let kept = try await store.withStore { try $0.transcript(of: name, epoch: state.epoch) }
        return state.mark == position.mark && kept == state.confirmedTranscriptHash ? .restored(after: state) : nil
    }

    /// What was held before, and behind a restore may be gone back to.
    func kept(_ former: Former, for next: GroupPolicy) async throws(Problem) -> [GroupMark: [UInt8]] {
        guard former.standing.generation != place.generation, let previous = next.previous else { return [:] }
        let name = GroupName(conversation: next.group.conversation, incarnation: previous.incarnation)
        let hash = try await store.withStore { try $0.transcript(of: name, epoch: previous.epoch) }
        return hash.map { [previous.mark: $0] } ?? [:]
    }
}
