import ChatProtocol
import GroupRules
import MLS

/// What came of making a commit.
enum CommitMaking: Equatable, Sendable {
    /// One waits now, this one or one that was made before: it goes first.
    case waits(WaitingCommit.Kind)
    /// Where the group stands.
    case nothingDue(GroupMark)
    /// This device is in no group of it.
    case notMember
    /// This device itself is to be removed: nobody commits that of themselves.
    case leaves
    /// The log was not read since the server was restored: it may have lost what waits here.
    case ofFormerLife
    /// A party has no leaf of an active device: the group goes on as its next incarnation.
    case deserted(GroupPolicy.Previous)
    /// MLS or the rules refuse it.
    case refused(String)
}

/// Makes commits of a member: with other keys for its leaf, all Removes that wait, Removes by value of leaves whose revocation is held
/// with its proof (J6), and what is wished. Within a transaction.
struct CommitMaker {
    /// Bytes of a Welcome beside the tree: the group's description, a secret for each newcomer, what the commit itself
    /// changes in the tree.
    private static let besideTree = 64 << 10

    let store: ClientStore
    let place: GroupPlace
    let conversation: ConversationID
    let now: Timestamp

    /// Keeps the commit in the group's rows and beside them, as it is sent.
    ///
    /// - Parameter isForced: other keys at least, whatever is due.
    func make(_ wish: CommitWish, _ held: inout HeldGroup, isForced: Bool = false) throws -> CommitMaking {
        if let waiting = try store.waitingCommit(of: conversation) { return .waits(waiting.kind) }
        let rows = store.groupRows
        guard let standing = try store.groupStanding(of: conversation),
            try StoredGroup.summary(of: standing.group.groupId, from: rows)?.status == .active
        else { return .notMember }
        guard standing.generation == place.generation else { return .ofFormerLife }
        return try rows.telling {
            var group = try held.current(standing.group.groupId, in: rows, judge: place.judge)
            let position = standing.position(epoch: Epoch(group.epoch))
            if group.pendingProposals.contains(where: { $0.proposal.removed == group.ownLeaf }) { return .leaves }
            if try isDeserted(group) { return .deserted(group.context.asPrevious(of: standing.group)) }
            guard let options = try options(wish, group, at: position, isForced) else {
                return .nothingDue(position.mark)
            }
            let pending: PendingCommit
            do {
                var generator = SystemRandomNumberGenerator()
                pending = try group.commit(options, now: GroupJudge.now, judge: place.judge, using: &generator)
            } catch { return .refused("\(error)") }
            let info = try pending.groupInfo()?.encoded ?? []
            try held.save(group, to: rows)
            _ = try store.keepWaiting(
                WaitingCommit(
                    conversation: conversation, kind: .commit, id: try MessageIdentity.new(now: now),
                    position: position, handshake: pending.message.encoded, groupInfo: info,
                    welcome: pending.welcome?.encoded ?? []))
            return .waits(.commit)
        }
    }

    // MARK: What is in it

    /// Nil: nothing is due and nothing is wished.
    private func options(
        _ wish: CommitWish, _ group: Group, at position: ConversationPosition, _ isForced: Bool
    ) throws -> CommitOptions? {
        let waiting = Set(group.pendingProposals.compactMap { $0.proposal.removed })
        let revoked = try revoked(in: group, besides: waiting)
        let untaken = try store.untakenCount(in: conversation, at: position)
        let renewed = try renewed(group)
        let isDue =
            !waiting.subtracting([group.ownLeaf]).isEmpty || !revoked.isEmpty || untaken >= Sealer.untaken
            || renewed != nil || isForced
        var wished = try wish.proposals(group, store)
        guard isDue || wished != nil else { return nil }
        if isDue, wished?.contains(where: \.changesContext) == true { wished = nil }
        let leaving = waiting.union(revoked.map(\.leaf))
        let others = (wished ?? []).filter { $0.removed.map { !leaving.contains($0) } ?? true }
        var options = CommitOptions(revoked.map { .remove($0.leaf) } + others)
        options.authenticatedData = CommitNote(revocations: revoked.map(\.proof)).authenticatedData
        options.welcomeCarriesTree = hasRoomForTree(of: group, adding: others.compactMap(\.added))
        options.newIdentity = renewed
        return options
    }

    /// Whether whoever is added can enter whatever happens meanwhile: the server has the tree of the last epoch alone.
    private func hasRoomForTree(of group: Group, adding packages: [KeyPackage]) -> Bool {
        guard !packages.isEmpty else { return false }
        let bytes = group.ratchetTree.encoded.count + packages.map(\.encoded.count).reduce(0, +)
        return bytes + Self.besideTree <= place.welcomeBytes
    }

    /// Leaves that anybody may remove (J6): their devices are revoked in their own accounts' chains.
    private func revoked(
        in group: Group, besides waiting: Set<LeafIndex>
    ) throws -> [(leaf: LeafIndex, proof: GroupRules.Revocation)] {
        var chains: [AccountID: AccountChain?] = [:]
        var found: [(leaf: LeafIndex, proof: GroupRules.Revocation)] = []
        for (index, leaf) in group.members where index != group.ownLeaf && !waiting.contains(index) {
            guard found.count < RuleLimits.revocations, let credential = try? DeviceCredential(leaf.credential) else {
                continue
            }
            let account = credential.party.account
            let chain = try chains[account] ?? store.chain(of: account)
            chains[account] = chain
            guard let proof = chain?.revocation(of: credential.device),
                (try? proof.verify(credential, on: place.server)) != nil
            else { continue }
            found.append((index, proof))
        }
        return found
    }

    /// What waits to be removed is as good as gone.
    private func isDeserted(_ group: Group) throws -> Bool {
        let waiting = Set(group.pendingProposals.compactMap { $0.proposal.removed })
        let staying = group.members.filter { !waiting.contains($0.index) }.map(\.leaf)
        return try store.isDeserted(try GroupPolicy(group.context), staying)
    }

    /// A renewal has given this device another key than its leaf has (J3).
    private func renewed(_ group: Group) throws -> MemberIdentity? {
        let identity = try place.identity()
        guard let leaf = group.member(group.ownLeaf), leaf.signatureKey != identity.signatureKey.publicKey else {
            return nil
        }
        return identity
    }
}

extension Proposal {
    /// The leaf that it removes.
    var removed: LeafIndex? { if case .remove(let leaf) = self { leaf } else { nil } }
    /// The package that it adds.
    var added: KeyPackage? { if case .add(let package) = self { package } else { nil } }
    /// It changes what the group is for (J4).
    var changesContext: Bool { if case .groupContextExtensions = self { true } else { false } }
}
