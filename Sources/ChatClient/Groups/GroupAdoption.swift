import ChatProtocol
import GroupRules
import MLS

/// What comes of taking a group into the server's present life.
enum GroupAdoption: Equatable, Sendable {
    case isHere
    /// The group is not where the server says that it is.
    case isElsewhere
    /// What waits in its epoch may have been lost by a restore: it is to be read anew.
    case isUnsure(ProposalPlace)
}

extension ClientStore {
    /// The log is processed to its head, at which the server is at `position`: the group is in the server's present life, and what was made
    /// in a former one is nothing. Within a transaction.
    ///
    /// - Parameter proposals: what waits in the epoch by the log as it is now, where it was read.
    func adopt(
        _ position: ConversationPosition, _ conversation: ConversationID, _ proposals: WaitingProposals?,
        _ held: inout HeldGroup, _ judge: GroupJudge
    ) throws -> GroupAdoption {
        guard var standing = try groupStanding(of: conversation),
            let summary = try StoredGroup.summary(of: standing.group.groupId, from: groupRows),
            summary.status == .active
        else { return .isHere }
        let mark = GroupMark(incarnation: standing.group.incarnation, epoch: Epoch(summary.epoch))
        let waiting = try waitingCommit(of: conversation)
        if standing.generation == position.generation {
            // Another process may be further by now than the server was when it answered.
            return mark >= position.mark || waiting?.kind.isStaged == true ? .isHere : .isElsewhere
        }
        guard mark == position.mark else { return waiting?.kind.isStaged == true ? .isHere : .isElsewhere }
        if summary.hasProposals {
            let place = ProposalPlace(standing, mark.epoch)
            guard let proposals, proposals.place == place else { return .isUnsure(place) }
        }
        standing.generation = position.generation
        _ = try dropSealed(before: position, in: conversation)
        // One of a member was made for the life that the group was in.
        if let waiting, waiting.kind == .commit || waiting.position.generation != position.generation {
            try drop(waiting)
            if waiting.kind == .commit { try discardPending(of: standing.group, &held, judge) }
        }
        if summary.hasProposals, let proposals {
            standing.firstProposal = proposals.first
            try change(standing.group, &held, judge) { try $0.take(proposals, judge) }
        }
        try setGroupStanding(standing)
        return .isHere
    }

    /// A commit that waited is nothing. Within a transaction.
    func discardPending(of group: GroupName, _ held: inout HeldGroup, _ judge: GroupJudge) throws {
        try change(group, &held, judge) { $0.discardPending() }
    }

    private func change(
        _ name: GroupName, _ held: inout HeldGroup, _ judge: GroupJudge, _ body: (inout Group) throws -> Void
    ) throws {
        let rows = groupRows
        try rows.telling {
            var group = try held.current(name.groupId, in: rows, judge: judge)
            try body(&group)
            try held.save(group, to: rows)
        }
    }
}
