import ChatProtocol
import GroupRules
import MLS
import WireCodec

/// The key with which the server proposes in groups, and by which it judges them: what does not change as long as it runs.
package struct GroupAuthority: Sendable {
    package static let keyBytes = 32

    package let server: ServerID
    private let key: SignatureKeyPair

    /// - Parameter key: the private half, as the store keeps it.
    package init?(server: ServerID, key: [UInt8]) {
        guard key.count == Self.keyBytes,
            let pair = try? SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, privateKey: Secret(key))
        else { return nil }
        self.server = server
        self.key = pair
    }

    /// The public half, which every group of this server names.
    package var publicKey: [UInt8] { key.publicKey.bytes }

    /// The server's proposal to remove a leaf.
    fileprivate func removal(of leaf: LeafIndex, in context: GroupContext) throws(MLSError) -> MLSMessage {
        try ExternalProposal.make(.remove(leaf), context: context, index: 0, key: key)
    }

    fileprivate var judge: GroupJudge { GroupJudge(server: server, groupKey: key.publicKey) }
}

/// Follows the group of one conversation without its secrets: bytes and facts go in, rows and a verdict come out. A value: whoever has
/// stored what a ruling changes goes on with the ruling's follower, and whoever could not has the one before.
///
/// This is the one file of the server that may use `MLS`, and of it only what knows no secret.
package struct GroupFollower: Sendable {
    /// The kind of side row that holds the founding GroupInfo; the others have the kinds of the library.
    package static let foundingKind: UInt8 = 64
    /// The kinds of side rows that a follower is read from.
    package static let kinds = [RowKind.followed, .groupInfo, .treeNode, .proposal].map(\.rawValue)

    private var group: PublicGroup
    package private(set) var policy: GroupPolicy

    private init(_ group: PublicGroup) throws(RuleViolation) {
        self.group = group
        policy = try GroupPolicy(group.context)
    }

    package var mark: GroupMark {
        GroupMark(incarnation: policy.group.incarnation, epoch: Epoch(group.epoch))
    }

    /// About what it takes in memory: a leaf has a key or two, a certificate, and its share of the nodes above it.
    package var bytes: Int { Self.bytes(members: group.memberCount) + group.pendingProposals.count * 1 << 10 }

    /// As measured (`make bench SECTIONS=groups`), and some more.
    package static func bytes(members: Int) -> Int { 3 << 10 + members * 1_536 }

    package var memberCount: Int { group.memberCount }

    /// The description of the epoch, and the tree, for those who join.
    package var groupInfo: [UInt8] { group.groupInfo?.encoded ?? [] }
    package var tree: [UInt8] { group.ratchetTree.encoded }

    /// The devices that have a leaf.
    package var devices: [DeviceReader] {
        group.members.compactMap { (try? DeviceCredential($0.leaf.credential)).map(DeviceReader.init) }
    }

    /// Those that no waiting proposal removes.
    package var remaining: [DeviceReader] {
        let waiting = Set(waitingRemoves)
        return group.members.compactMap { index, leaf in
            waiting.contains(index) ? nil : (try? DeviceCredential(leaf.credential)).map(DeviceReader.init)
        }
    }

    /// Whose devices they are.
    var parties: [Party] {
        group.members.compactMap { try? DeviceCredential($0.leaf.credential).party }
    }

    /// As the next incarnation names it.
    var asPrevious: GroupPolicy.Previous { group.context.asPrevious(of: policy.group) }

    /// Takes it from its rows.
    package static func load(
        _ rows: GroupRows, of name: GroupName, by authority: GroupAuthority
    ) throws(StoreFailure) -> GroupFollower {
        do {
            let group = try PublicGroup.load(
                name.groupId, from: LoadedRows(rows), judge: authority.judge)
            return try GroupFollower(group)
        } catch {
            throw StoreFailure(.damaged, "a group cannot be read from its rows: \(error)")
        }
    }

    // MARK: Judging

    /// Judges a commit to this group.
    package func judge(
        _ handshake: GroupHandshake, by authority: GroupAuthority
    ) throws(Failure) -> GroupRuling {
        let (judged, waiting) = try HandshakeFault.telling { () throws(HandshakeFault) in
            let judged = try self.ruling(handshake, by: authority.judge)
            let leaves = waitingRemoves.compactMap { group.member($0) }
            return (judged, try leaves.map { (leaf) throws(HandshakeFault) in try Self.device(of: leaf).device })
        }
        // What waited is gone with the epoch. A member's commit has taken it along.
        var ruling = try judged.owing(Set(waiting), besides: handshake.author.device, by: authority)
        // In an open group those who have to go are gathered, and messages go on.
        ruling.mayOweMore =
            !ruling.next.policy.isOpen && (policy.isOpen || waiting.count >= RuleLimits.waitingProposals)
        return ruling
    }

    /// The server's proposals that remove devices, as many as may wait; none of those that wait already.
    package func removals(
        of devices: Set<DeviceID>, by authority: GroupAuthority
    ) throws(Failure) -> [RemovalRuling] {
        try HandshakeFault.telling { () throws(HandshakeFault) in try proposals(removing: devices, by: authority) }
    }

    private func proposals(
        removing devices: Set<DeviceID>, by authority: GroupAuthority
    ) throws(HandshakeFault) -> [RemovalRuling] {
        guard !devices.isEmpty else { return [] }
        let waiting = Set(waitingRemoves)
        var current = self
        var rulings: [RemovalRuling] = []
        for (index, leaf) in group.members where !waiting.contains(index) {
            guard waiting.count + rulings.count < RuleLimits.waitingProposals else { break }
            guard devices.contains(try Self.device(of: leaf).device) else { continue }
            let message = try HandshakeFault.wrap { () throws(MLSError) in
                let message = try authority.removal(of: index, in: group.context)
                if case .proposal(let proposal) = try current.group.open(message) { try current.group.cache(proposal) }
                return message
            }
            let changes = current.group.changes()
            current = current.stored
            rulings.append(
                RemovalRuling(
                    next: current, proposal: message.encoded, clears: changes.clears.map(\.rawValue),
                    rows: changes.sideRows, holdsMessages: !policy.isOpen))
        }
        return rulings
    }

    /// Whether somebody is to commit who has to go.
    package var hasWaitingRemoves: Bool { !waitingRemoves.isEmpty }

    private var waitingRemoves: [LeafIndex] {
        group.pendingProposals.compactMap { if case .remove(let leaf) = $0.proposal { leaf } else { nil } }
    }

    /// Judges a founding: of the first group, or of the next incarnation of `former`.
    package static func found(
        _ handshake: GroupHandshake, after former: GroupFollower?, _ facts: FoundingFacts, by authority: GroupAuthority
    ) throws(Failure) -> GroupRuling {
        try HandshakeFault.telling { () throws(HandshakeFault) in
            let founding = handshake.founding ?? []
            let info = try HandshakeFault.wrap { () throws(MLSError) in try GroupInfo(decoding: founding) }
            try HandshakeFault.check(
                info.carriesTree && info.groupContext.epoch == 0, "a group is founded with its tree, in epoch 0")
            var group = try HandshakeFault.wrap { () throws(MLSError) in
                try PublicGroup(info, now: GroupJudge.now, judge: authority.judge)
            }
            try HandshakeFault.wrap { () throws(MLSError) in try group.replaceFormer(in: LoadedRows(facts.rows)) }
            let first = try HandshakeFault.rule { () throws(RuleViolation) in try GroupFollower(group) }
            try first.checkFounding(handshake, after: former, facts)
            var ruling = try first.ruling(handshake, by: authority.judge)
            ruling.rows.append(SideRowChange(kind: foundingKind, index: [], value: founding))
            let entering = Set(ruling.next.devices.map(\.device))
            let leaving = former?.devices.filter { !entering.contains($0.device) } ?? []
            ruling.members = leaving.map { .lose($0.device) } + (try ruling.next.entries())
            ruling.next.tell(&ruling, since: former)
            return ruling
        }
    }

    /// The ruling about a commit of the group as it is here.
    private func ruling(
        _ handshake: GroupHandshake, by judge: GroupJudge
    ) throws(HandshakeFault) -> GroupRuling {
        let staged = try HandshakeFault.wrap { () throws(MLSError) in
            guard case .commit(let commit) = try group.open(try MLSMessage(decoding: handshake.commit)) else {
                throw MLSError(.malformed, "no commit")
            }
            return try group.stage(commit, now: GroupJudge.now, judge: judge)
        }
        try checkAuthor(staged, handshake.author)
        try checkRemoves(staged)
        try checkSize(staged, most: handshake.mostDevices)
        var next = self
        let info = try HandshakeFault.wrap { () throws(MLSError) in
            try next.group.merge(staged)
            let info = try GroupInfo(decoding: handshake.groupInfo)
            try next.group.publish(info)
            return info
        }
        try next.checkDescription(info, handshake.author)
        next.policy = try HandshakeFault.rule { () throws(RuleViolation) in try GroupPolicy(next.group.context) }
        try HandshakeFault.check(
            next.hasExternalKey, "a GroupInfo without external_pub: nobody could join from outside")
        let added = try staged.added.map { (_, leaf) throws(HandshakeFault) in try Self.device(of: leaf).device }
        try Self.checkWelcome(handshake.welcome, staged)
        let changes = next.group.changes()
        var ruling = GroupRuling(
            next: next.stored, mark: next.mark, clears: changes.clears.map(\.rawValue), rows: changes.sideRows,
            members: try Self.members(staged), welcomed: added)
        ruling.isExternal = staged.committer == .newMemberCommit
        next.tell(&ruling, since: self)
        return ruling
    }

    /// As it is once its changes were stored.
    private var stored: GroupFollower {
        var stored = self
        stored.group.didStore()
        return stored
    }

    // MARK: What the server asks beyond the judge

    /// Who is logged in commits for themselves: as the leaf that they have, or that they join with.
    private func checkAuthor(_ staged: PublicGroup.Staged, _ author: DeviceReader) throws(HandshakeFault) {
        let leaf: LeafNode?
        switch staged.committer {
        case .member(let index): leaf = group.member(index)
        default: leaf = staged.changes.last { $0.new != nil }?.new
        }
        guard let leaf, try Self.device(of: leaf) == author else {
            throw HandshakeFault("the commit is another device's than the one that is logged in")
        }
    }

    /// Who commits describes what the group is then: nobody answers for what another device has signed.
    private func checkDescription(_ info: GroupInfo, _ author: DeviceReader) throws(HandshakeFault) {
        guard let leaf = group.member(info.signer), try Self.device(of: leaf) == author else {
            throw HandshakeFault("the GroupInfo is another device's than the one that commits")
        }
    }

    /// R2: a member's commit takes the server's waiting Removes along; who joins from outside cannot name them.
    private func checkRemoves(_ staged: PublicGroup.Staged) throws(HandshakeFault) {
        guard case .member = staged.committer else { return }
        let removed = Set(staged.removed.map(\.index))
        guard waitingRemoves.allSatisfy(removed.contains) else { throw HandshakeFault(Failure(.removalsLeftOut)) }
    }

    private func checkSize(_ staged: PublicGroup.Staged, most: Int) throws(HandshakeFault) {
        try HandshakeFault.check(
            staged.added.count <= ChatProtocol.Limits.addsPerCommit, "a commit adds at most 64 devices")
        let come = staged.changes.count { $0.old == nil } - staged.changes.count { $0.new == nil }
        if come > 0, group.memberCount + come > most {
            throw HandshakeFault(Failure(.tooLarge))
        }
    }

    /// E6.
    private var hasExternalKey: Bool {
        group.groupInfo?.extensions[.externalPub] != nil && group.groupInfo?.carriesTree == false
    }

    /// A Welcome is for those who are added, by the key packages with which they are.
    private static func checkWelcome(_ bytes: [UInt8], _ staged: PublicGroup.Staged) throws(HandshakeFault) {
        guard !staged.added.isEmpty else { return try HandshakeFault.check(bytes.isEmpty, "a Welcome for nobody") }
        let (welcomed, added) = try HandshakeFault.wrap { () throws(MLSError) in
            guard case .welcome(let welcome) = try MLSMessage(decoding: bytes).body else {
                throw MLSError(.malformed, "no Welcome for those who are added")
            }
            let packages = staged.proposals.compactMap { item in
                if case .add(let package) = item.proposal { package } else { nil }
            }
            let references = try packages.map { (package) throws(MLSError) in try package.reference() }
            return (welcome.newMembers, Set(references))
        }
        try HandshakeFault.check(
            welcomed.count == added.count && Set(welcomed) == added, "a Welcome for others than those who are added")
    }

    // MARK: Who comes and goes

    private func entries() throws(HandshakeFault) -> [MembershipChange] {
        try group.members.map { (index, leaf) throws(HandshakeFault) in
            let reader = try Self.device(of: leaf)
            return .enter(reader.device, of: reader.account, leaf: index.rawValue)
        }
    }

    /// Of a leaf that only got other keys nothing changes; who joins from outside, or is added, begins anew, also where the device had a
    /// leaf.
    private static func members(_ staged: PublicGroup.Staged) throws(HandshakeFault) -> [MembershipChange] {
        var losses: [MembershipChange] = []
        var enters: [MembershipChange] = []
        let joins = staged.committer == .newMemberCommit
        let added = Set(staged.added.map(\.index))
        for change in staged.changes
        where joins || added.contains(change.index) || change.old?.credential != change.new?.credential {
            if let old = change.old { losses.append(.lose(try device(of: old).device)) }
            guard let new = change.new else { continue }
            let reader = try device(of: new)
            enters.append(.enter(reader.device, of: reader.account, leaf: change.index.rawValue))
        }
        return losses + enters
    }

    private static func device(of leaf: LeafNode) throws(HandshakeFault) -> DeviceReader {
        DeviceReader(try HandshakeFault.rule { () throws(RuleViolation) in try DeviceCredential(leaf.credential) })
    }
}

extension DeviceReader {
    fileprivate init(_ credential: DeviceCredential) {
        self.init(account: credential.party.account, device: credential.device)
    }
}

extension HandshakeFault {
    fileprivate static func wrap<Value>(_ body: () throws(MLSError) -> Value) throws(HandshakeFault) -> Value {
        do throws(MLSError) { return try body() } catch { throw HandshakeFault("\(error)") }
    }
}

// MARK: - Rows

extension RowBatch {
    /// As changes of side rows: the row that every change of the group writes must be the one that was read.
    fileprivate var sideRows: [SideRowChange] {
        let expected = Dictionary(conditions.map { ($0.key.kind, $0.version) }) { first, _ in first }
        return writes.map { key, row in
            SideRowChange(
                kind: key.kind.rawValue, index: key.index.bigEndianBytes, expected: expected[key.kind],
                value: row?.value)
        }
    }
}

extension UInt64 {
    fileprivate var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

/// Rows that were read beforehand, as the library asks for them.
private struct LoadedRows: GroupStorage {
    private var rows: [RowKind: [UInt64: Row]] = [:]

    init(_ read: GroupRows) {
        for (kind, list) in read.kinds {
            guard let kind = RowKind(rawValue: kind) else { continue }
            for row in list {
                let index = row.index.reduce(0) { $0 << 8 | UInt64($1) }
                rows[kind, default: [:]][index] = Row(value: row.value, version: row.version)
            }
        }
    }

    func row(_ key: RowKey) throws(MLSError) -> Row? { rows[key.kind]?[key.index] }

    func rows(_ kind: RowKind, of groupId: [UInt8]) throws(MLSError) -> [(index: UInt64, row: Row)] {
        rows[kind]?.map { ($0.key, $0.value) } ?? []
    }

    /// Nothing is written past the conversation's bundle.
    func apply(_ batch: RowBatch) throws(MLSError) { throw MLSError(.storeFailed, "these rows are only read") }
}
