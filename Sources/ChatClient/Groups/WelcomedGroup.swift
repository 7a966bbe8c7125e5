import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// A group that this device was added to, opened by the private half of one of its key packages, and found to be what it was delivered
/// for (K5).
struct WelcomedGroup: Sendable {
    private(set) var group: Group
    let policy: GroupPolicy
    /// Whose leaf has signed the group's description: whoever has added this device.
    private let signer: Party
    private let signerLeaf: LeafNode
    /// The package by which it was added.
    let reference: [UInt8]

    /// Why a Welcome is not entered: it is told, and the device joins from outside.
    struct Refusal: Error, Equatable {
        var text: String
        /// It came without the tree, which the server has as long as nobody commits.
        var lacksTree = false
    }

    /// The packages that a Welcome is for.
    static func references(_ bytes: [UInt8]) -> [[UInt8]] { (try? welcome(bytes))?.newMembers ?? [] }

    private static func welcome(_ bytes: [UInt8]) throws(Refusal) -> MLS.Welcome {
        guard let message = try? MLSMessage(decoding: bytes), case .welcome(let welcome) = message.body else {
            throw Refusal(text: "it is no Welcome")
        }
        return welcome
    }

    /// - Parameter tree: where it does not come with the Welcome.
    init(
        _ bytes: [UInt8], with package: KeyPackageSecrets, _ place: GroupPlace, tree: [UInt8]? = nil
    ) throws(Refusal) {
        let welcome = try Self.welcome(bytes)
        do {
            reference = try package.keyPackage.reference()
            let (joined, index) = try Group.joinTellingSigner(
                welcome, with: package, tree: try tree.map(ExportedRatchetTree.init(decoding:)), now: GroupJudge.now,
                judge: place.judge)
            guard let leaf = joined.members.first(where: { $0.index == index })?.leaf else {
                throw Refusal(text: "nobody has signed it")
            }
            signer = try DeviceCredential(leaf.credential).party
            signerLeaf = leaf
            group = joined
            group.keepResumptionSecrets(ofEpochs: 0)
            policy = try GroupPolicy(group.context)
        } catch let refusal as Refusal { throw refusal } catch {
            throw Refusal(text: "\(error)", lacksTree: (error as? MLSError)?.check == .treeMissing)
        }
    }

    /// K5, by what is known when it is stored.
    func check(
        deliveredFor conversation: ConversationID, _ place: GroupPlace, heldIncarnation: UInt32?, tombstone: Epoch?,
        pinnedRoom: ConversationID? = nil, isBlocked: Bool = false
    ) throws(Refusal) {
        do throws(RuleViolation) {
            try WelcomeRules(
                deliveredFor: conversation, own: place.party, signer: signer, signerIsBlocked: isBlocked,
                pinnedRoom: pinnedRoom,
                heldIncarnation: heldIncarnation, tombstone: tombstone
            ).check(policy, epoch: mark.epoch)
        } catch { throw Refusal(text: "\(error)") }
    }

    /// Whether it leads to where the log's commit does: nobody else could read what is written to a group beside it.
    func check(_ commit: Entry) throws(Refusal) {
        guard PayloadKind(rawValue: commit.payloadKind) == .commit,
            let message = try? MLSMessage(decoding: commit.payload), group.began(with: message)
        else { throw Refusal(text: "it leads to another group than the commit \(commit.seq) with which it came") }
    }

    /// Who has added this device.
    var adder: AccountID { signer.account }

    var name: GroupName { policy.group }
    /// The room's name; nil where it is of none.
    var room: RoomName? { if case .room(let room) = policy.kind { room.name } else { nil } }

    var mark: GroupMark { GroupMark(incarnation: name.incarnation, epoch: Epoch(group.epoch)) }

    /// K4: stores the group and takes the private half away, in one. The name of a room is pinned to it. Within a transaction.
    ///
    /// - Parameters:
    ///   - seq: of the commit that has added this device.
    ///   - time: of that commit, where it is known.
    ///   - hash: of the log there, where it is known.
    func enter(
        _ store: ClientStore, _ place: GroupPlace, seq: SequenceNumber, time: Timestamp? = nil, hash: LogHash?,
        now: Timestamp = WallClock.now
    ) throws {
        if let room {
            try store.useRoom(room, name.conversation, now: now)
            try store.forgetLeft(name.conversation)
        }
        var group = group
        let rows = store.groupRows
        if let former = try store.groupStanding(of: name.conversation) {
            if former.group != name {
                let summary = try rows.telling { try StoredGroup.summary(of: former.group.groupId, from: rows) }
                try store.leave(former, epoch: Epoch(summary?.epoch ?? 0))
                try store.dropRestored(in: name.conversation)
            }
            if former.seq.next == seq { try store.passOver(seq, in: name.conversation) }
        }
        try store.dropRestored(in: name.conversation, besides: group)
        try store.noteAbsence(before: seq, in: name.conversation, isDone: true, now: now)
        try store.keepTranscript(of: name, group.context)
        try store.keepPrevious(of: policy)
        try rows.telling {
            try group.replaceFormer(in: rows)
            try group.save(to: rows)
        }
        let standing = GroupStanding(group: name, generation: place.generation, seq: seq, hash: hash)
        try store.setGroupStanding(standing)
        try store.keepLogMark(of: standing)
        try noteMembers(in: store, seq: seq, time: time ?? now)
        try store.consumeKeyPackage(reference)
        try store.giveWay(in: name.conversation)
        try store.forgetWelcomeRequest(of: name.conversation)
    }
}

extension WelcomedGroup {
    /// Who has added this device.
    private func noteMembers(in store: ClientStore, seq: SequenceNumber, time: Timestamp) throws {
        guard let own = group.member(group.ownLeaf) else { return }
        let others = group.members.filter { $0.index != group.ownLeaf }.map(\.leaf)
        let changes = LeafChanges(
            before: others, after: others + [own], added: [own], removed: [], removedByServer: [],
            committer: signerLeaf)
        for change in changes.told(isActive: { _ in true }) {
            try store.noteMembers(change, in: name.conversation, seq: seq, time: time)
        }
    }
}

extension ClientStore {
    /// What waited as a whole group is nothing: another one has its place. Within a transaction.
    func giveWay(in conversation: ConversationID) throws {
        guard let waiting = try waitingCommit(of: conversation) else { return }
        let isFormer = try groupStanding(of: conversation)?.group != waiting.group
        if waiting.kind.isStaged || isFormer { try drop(waiting) }
    }
}
