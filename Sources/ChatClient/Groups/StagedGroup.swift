import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// A group that is nothing before the log has the commit by which this device founds or joins it: the membership, whole and in the epoch
/// that the commit begins, and the commit as it is sent.
struct StagedGroup: Sendable {
    private(set) var group: Group
    let commit: WaitingCommit
    /// From outside, what the group was before.
    private let joined: GroupContext?
    /// Of a room its name.
    private let room: RoomName?

    private init(_ group: Group, _ policy: GroupPolicy, _ commit: WaitingCommit, joined: GroupContext? = nil) {
        self.group = group
        self.joined = joined
        self.commit = commit
        room = if case .room(let room) = policy.kind { room.name } else { nil }
    }

    /// Puts it into its staging rows, beside what is sent; whose the name of a room is, is settled by this. Within a transaction.
    ///
    /// - Returns: false where another process has something waiting already, which goes first.
    /// - Throws: `room_changed` (79).
    func stage(in store: ClientStore, now: Timestamp) throws -> Bool {
        if let room {
            try store.useRoom(room, commit.conversation, now: now)
            try store.forgetLeft(commit.conversation)
        }
        guard try store.keepWaiting(commit) else { return false }
        if let joined { try store.keepTranscriptOfJoined(commit.group, joined) }
        var group = group
        let rows = store.stagedGroupRows
        try rows.telling { try group.save(to: rows) }
        return true
    }

    // MARK: Making

    /// Founds a group, in one commit that adds all others.
    ///
    /// - Parameter packages: of the devices that are added, each checked.
    static func founding(
        _ place: GroupPlace, _ policy: GroupPolicy, in conversation: ConversationID, adding packages: [KeyPackage],
        now: Timestamp
    ) throws(Problem) -> StagedGroup {
        guard policy.group.conversation == conversation else {
            throw Problem(
                .protocolFault, "the server calls the conversation of these two otherwise than it follows from them")
        }
        let identity = try place.identity()
        let judge = place.judge
        let id = try MessageIdentity.new(now: now)
        var generator = SystemRandomNumberGenerator()
        let lives = KeyPackageStock.lifetime(isLastResort: false, now: now)
        return try GroupPlace.wrap { () throws(MLSError) in
            var group = try Group.create(
                groupId: policy.group.groupId, suite: GroupPlace.suite, identity: identity,
                extensions: try policy.extensions(groupKey: place.groupKey),
                lifetime: Lifetime(notBefore: lives.from, notAfter: lives.to), judge: judge, using: &generator)
            group.keepResumptionSecrets(ofEpochs: 0)
            let founding = try group.groupInfo().encoded
            let pending = try group.commit(
                CommitOptions(packages.map { .add($0) }), now: GroupJudge.now, judge: judge, using: &generator)
            try group.mergePending()
            return StagedGroup(
                group, policy,
                WaitingCommit(
                    conversation: conversation, kind: .founding, id: id,
                    position: ConversationPosition(
                        generation: place.generation, incarnation: policy.group.incarnation, epoch: .first),
                    handshake: pending.message.encoded, groupInfo: try group.groupInfo(withTree: false).encoded,
                    welcome: pending.welcome?.encoded ?? [], founding: founding))
        }
    }

    /// Joins a group from outside, as the server describes it: that this may be written to is the gate's to say, leaf by leaf.
    ///
    /// - Parameters:
    ///   - follower: as it was described, or followed; it has a place in `conversation`.
    ///   - target: what it must be the group of.
    /// - Throws: `protocol_fault` (76) where it is no group of this conversation, or breaks a rule; what `checkPlace` says.
    static func joining(
        _ follower: PublicGroup, _ info: GroupInfo, at position: ConversationPosition, _ place: GroupPlace,
        in conversation: ConversationID, as target: GroupTarget, now: Timestamp
    ) throws(Problem) -> StagedGroup {
        let identity = try place.identity()
        let id = try MessageIdentity.new(now: now)
        var generator = SystemRandomNumberGenerator()
        do {
            let policy = try GroupPolicy(follower.context)
            try target.check(policy, in: conversation, place.party)
            guard position.mark == GroupMark(incarnation: policy.group.incarnation, epoch: Epoch(follower.epoch))
            else { throw Problem(.protocolFault, "the server describes another group than this conversation's") }
            try target.checkPlace(
                of: place.party, in: policy,
                follower.members.credentials.map(\.party))
            var options = ExternalJoinOptions()
            options.removing = follower.members.first { $0.leaf.credential == identity.credential }?.index
            var (group, message) = try Group.joinExternally(
                following: follower, info: info, identity: identity, options: options, now: GroupJudge.now,
                judge: place.judge, using: &generator)
            group.keepResumptionSecrets(ofEpochs: 0)
            return StagedGroup(
                group, policy,
                WaitingCommit(
                    conversation: conversation, kind: .externalJoin, id: id, position: position,
                    handshake: message.encoded, groupInfo: try group.groupInfo(withTree: false).encoded),
                joined: follower.context)
        } catch let problem as Problem {
            throw problem
        } catch { throw Problem(.protocolFault, "the server describes a group that cannot be joined: \(error)") }
    }
}

extension WaitingCommit {
    /// The group whose place in the log it waits for.
    var group: GroupName { GroupName(conversation: conversation, incarnation: position.incarnation) }

    /// It comes from outside over a leaf that its device has there.
    var replacesOwnLeaf: Bool {
        guard kind == .externalJoin, let message = try? MLSMessage(decoding: handshake),
            case .publicMessage(let commit) = message.body, case .commit(let body) = commit.content.body
        else { return false }
        return body.proposals.contains { if case .proposal(.remove) = $0 { true } else { false } }
    }
}

extension LoggedEntry {
    /// The hash of a group's log where this entry is its first.
    func hashAsFirst(of group: GroupName, _ generation: StoreGeneration) -> LogHash? {
        var log = LogChain(group: group, generation: generation, after: seq.previous)
        guard (try? log.take(self)) != nil else { return nil }
        return log.hash
    }
}
