import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// Coming back to a group, or to what goes on from it, without believing the server about what happened meanwhile.
extension Joiner {
    /// What this device has of the group that it was in.
    struct Former: Sendable {
        var group: PublicGroup
        var policy: GroupPolicy
        var standing: GroupStanding

        /// I2: whether a later incarnation goes on from it.
        ///
        /// - Parameter kept: what may be gone back to (S4).
        func check(_ next: GroupPolicy, kept: [GroupMark: [UInt8]]) throws(Problem) {
            do throws(RuleViolation) {
                _ = try HeldIncarnation(
                    policy: policy, epoch: Epoch(group.epoch),
                    confirmedTranscriptHash: group.context.confirmedTranscriptHash, kept: kept
                ).check(next)
            } catch { throw .historyForked(error.detail) }
        }
    }

    /// Nil: nothing is held that could be followed.
    func former(_ conversation: ConversationID) async throws(Problem) -> Former? {
        let judge = place.judge
        return try await store.withOpener { opener, store in
            try opener.change(conversation, in: store) { held in
                let rows = store.groupRows
                guard let standing = try store.groupStanding(of: conversation),
                    try StoredGroup.summary(of: standing.group.groupId, from: rows)?.status == .active
                else { return nil }
                let group = try rows.telling {
                    try held.current(standing.group.groupId, in: rows, judge: judge)
                }
                return Former(
                    group: try PublicGroup(following: group), policy: try GroupPolicy(group.context),
                    standing: standing)
            }
        }
    }

    /// Why a description of the group is believed.
    ///
    /// - Throws: `history_forked` (79).
    func ground(
        _ next: GroupPolicy, _ info: GroupInfo, _ former: Former?, in conversation: ConversationID
    ) async throws(Problem) -> JoiningGround {
        guard let former else { return .word }
        // Anybody may be in everyone's group and found it anew: what a restore has lost of it is nobody's word.
        if next.kind == .everyone, former.standing.generation != place.generation { return .word }
        let (epoch, transcript) = (Epoch(info.groupContext.epoch), info.groupContext.confirmedTranscriptHash)
        if former.standing.generation != place.generation, next.group.incarnation <= former.policy.group.incarnation {
            return try await restored(former, to: next, epoch: epoch, transcript, conversation)
        }
        if next.group == former.policy.group {
            return .followed(try await follow(former.group, behind: former.standing.seq, to: epoch, conversation).group)
        }
        return .followed(try await followFounding(of: next.group, former, to: epoch))
    }

    /// S4: back to an epoch that this device was in, or to what others have gone on with from there; of this incarnation, or of one before
    /// where the server has lost this one.
    private func restored(
        _ former: Former, to next: GroupPolicy, epoch: Epoch, _ transcript: [UInt8], _ conversation: ConversationID
    ) async throws(Problem) -> JoiningGround {
        let isLast = next.group == former.policy.group
        let kept = try await store.withStore { try $0.transcripts(of: next.group) }
        if isLast, kept[epoch] == transcript { return .restored(policy: former.policy, transcript: transcript) }
        let policy = isLast ? former.policy : next
        guard isLast || former.policy.isOfSame(as: next) else {
            throw .historyForked("incarnation \(next.group.incarnation) has another policy than there was")
        }
        let founding = try await founding(of: next.group).group
        let follower = try await follow(founding, behind: .beforeFirst, to: epoch, conversation, known: kept)
        guard follower.transcripts.contains(where: { kept[$0.key] == $0.value }),
            (try? GroupPolicy(follower.group.context)) == policy
        else {
            throw .historyForked("the server is in an epoch \(epoch) that no epoch leads to in which this device was")
        }
        return .followed(follower.group, staying: follower.staying)
    }

    /// I2: a later incarnation is followed from its founding; what its admins have changed since stands in its log.
    func followFounding(of next: GroupName, _ former: Former, to epoch: Epoch) async throws(Problem) -> PublicGroup {
        let (founding, policy) = try await founding(of: next)
        try former.check(policy, kept: try await kept(former, for: policy))
        return try await follow(founding, behind: former.standing.seq, to: epoch, next.conversation).group
    }

    /// Whether there is a later incarnation, by the server's word.
    func isOver(_ name: GroupName) async throws(Problem) -> Bool {
        let policy = try await founding(in: name.conversation).policy
        return policy.group.conversation == name.conversation && policy.group.incarnation > name.incarnation
    }

    private func founding(of name: GroupName) async throws(Problem) -> (group: PublicGroup, policy: GroupPolicy) {
        let founding = try await founding(in: name.conversation)
        guard founding.policy.group == name, founding.group.epoch == 0 else {
            throw .historyForked("the group was founded as another one")
        }
        return founding
    }

    /// The first state of an incarnation, which the server keeps as long as there is no later one, and what it was for then.
    private func founding(
        in conversation: ConversationID
    ) async throws(Problem) -> (group: PublicGroup, policy: GroupPolicy) {
        let part: GroupPart = try await wire.ask(ReadGroup(conversation: conversation, founding: true))
        do {
            let founding = try PublicGroup(
                try GroupInfo(decoding: part.groupInfo), now: GroupJudge.now, judge: place.judge)
            return (founding, try GroupPolicy(founding.context))
        } catch {
            log.warning("the founding of a group cannot be followed: \(error)")
            throw .historyForked("its founding is not one")
        }
    }

    private func follow(
        _ start: PublicGroup, behind seq: SequenceNumber, to epoch: Epoch, _ conversation: ConversationID,
        known: [Epoch: [UInt8]] = [:]
    ) async throws(Problem) -> LogFollower {
        var follower = LogFollower(start, known: known, judge: place.judge)
        var after = seq
        var isFromBeginning = false
        while follower.epoch < epoch {
            let page = try await wire.readLog(of: conversation, after: after)
            // Where this device was told that the log was further on, it is looked for from its beginning.
            if page.standing.head < after, !isFromBeginning {
                after = .beforeFirst
                isFromBeginning = true
                continue
            }
            for item in page.items where follower.epoch < epoch {
                do throws(MLSError) { try follower.take(item) } catch {
                    log.warning("entry \(item.last) of a group's log cannot be followed: \(error)")
                    throw .historyForked("entry \(item.last) does not go on from what came before it")
                }
            }
            // Nothing but what it says is worth another request.
            guard page.through > after, !page.items.isEmpty else { break }
            after = page.through
        }
        guard follower.epoch == epoch else {
            throw .historyForked("its log ends in epoch \(follower.epoch), and the server says \(epoch)")
        }
        return follower
    }
}

extension GroupPolicy {
    /// Whether two incarnations are of the same room, with the same policy, or of the same two: that one of them began anew since is the
    /// gate's affair.
    fileprivate func isOfSame(as other: GroupPolicy) -> Bool {
        if case .direct(let own) = kind, case .direct(let others) = other.kind {
            return own.map(\.account) == others.map(\.account)
        }
        return kind == other.kind
    }
}
