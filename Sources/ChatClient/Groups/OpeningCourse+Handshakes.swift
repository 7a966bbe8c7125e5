import ChatProtocol
import GroupRules
import MLS

/// Commits and proposals, at their places in the log (E3).
extension OpeningCourse {
    /// Whether a whole group of this device waits for its entry: what cannot be followed until then is passed over.
    var isComingBack: Bool {
        get throws { try store.isOnItsWay(into: conversation) }
    }

    mutating func takeCommit(_ entry: ReceivedEntry, digest: [UInt8], isWhole: Bool, isOwn: Bool) throws {
        if isOwn, let waiting = try store.waitingCommit(of: conversation), waiting.id == entry.place.id,
            Primitives.sha256(waiting.handshake) == digest
        {
            return try takeOwn(waiting, at: entry.place)
        }
        guard standing != nil else { return part.stop = .notMember }
        if isWhole, let later = try later(entry) {
            // One's own founding comes too late where another one has its place.
            if let waiting = try store.waitingCommit(of: conversation), waiting.kind == .founding, !isOwn {
                try store.drop(waiting)
            }
            return try isComingBack ? part.findings.append(.unreadable(entry.place.seq, later)) : stop(entry.place.seq)
        }
        guard let standing, epoch != nil, isWhole else {
            return try pass(entry.place.seq, epoch == nil ? "no state of the group" : "only its hash came")
        }
        do {
            try flush()
            var group = try load(standing)
            guard case .commit(let commit) = try group.open(try MLSMessage(decoding: entry.payload)) else {
                return try pass(entry.place.seq, "an entry that is no commit")
            }
            let staged = try group.stage(commit, now: GroupJudge.now, judge: setting.judge)
            let former = former(of: group, staged)
            try group.merge(staged)
            try merged(group)
            try noteMembers(from: former, to: group, staged, at: entry.place)
        } catch let error as MLSError where !error.isOfStore {
            try pass(entry.place.seq, "\(error)")
        }
    }

    /// What is of a later incarnation than the one that is held.
    private func later(_ entry: ReceivedEntry) throws -> String? {
        guard let standing, let groupId = (try? MLSMessage(decoding: entry.payload))?.groupId,
            let name = GroupName(groupId: groupId), name.conversation == conversation,
            name.incarnation > standing.group.incarnation
        else { return nil }
        return "a commit of incarnation \(name.incarnation)"
    }

    private mutating func stop(_ seq: SequenceNumber) { part.stop = .superseded(seq) }

    private mutating func load(_ standing: GroupStanding) throws -> Group {
        try rows.telling { try held.current(standing.group.groupId, in: rows, judge: setting.judge) }
    }

    /// A commit that this device cannot follow.
    private mutating func pass(_ seq: SequenceNumber, _ why: String) throws {
        if try isComingBack {
            part.findings.append(.unreadable(seq, why))
        } else {
            part.stop = .cannotFollow(seq, why)
        }
    }

    /// This device's own commit is in the log.
    private mutating func takeOwn(_ waiting: WaitingCommit, at place: EntryPlace) throws {
        try flush()
        try store.dropWaitingCommit(of: conversation)
        guard waiting.kind == .commit else { return try enter(waiting, at: place) }
        guard let standing else { return part.stop = .notMember }
        do {
            var group = try load(standing)
            guard case .ownCommit = try group.open(try MLSMessage(decoding: waiting.handshake)) else {
                return part.stop = .cannotFollow(
                    place.seq, "the commit of this device is not the one that waits in the group")
            }
            let former = former(of: group, nil)
            try group.mergePending()
            try merged(group)
            try noteMembers(from: former, to: group, nil, at: place)
        } catch let error as MLSError where !error.isOfStore {
            part.stop = .cannotFollow(place.seq, "\(error)")
        }
    }

    /// The staged group takes its place.
    private mutating func enter(_ waiting: WaitingCommit, at place: EntryPlace) throws {
        let (name, seq) = (waiting.group, place.seq)
        let isReturn = epoch != nil && standing?.group == name
        let staged = try StoredGroup.summary(of: name.groupId, from: store.stagedGroupRows)
        guard let staged,
            Epoch(staged.epoch) > (try store.tombstone(of: name, in: waiting.position.generation) ?? 0),
            try store.promoteStagedGroup(name.groupId)
        else {
            try store.dropStagedGroup(name.groupId)
            return part.stop = .cannotFollow(
                seq, "the group that this device has made is not there, or not a later one")
        }
        let former = standing
        // Nobody can open for it what was written while it had lost its way, or since it was added first and could not enter.
        let isLate = try waiting.replacesOwnLeaf && store.tombstone(of: name) == nil
        if waiting.kind == .externalJoin, isReturn || isLate {
            try store.insertResync(conversation, now: setting.now)
        } else {
            try store.noteAbsence(before: seq, in: conversation, isDone: false, now: setting.now)
        }
        if let former, former.group != name { try store.leave(former, epoch: epoch ?? 0) }
        if waiting.kind == .founding { try store.dropRestored(in: conversation) }
        let generation = waiting.position.generation
        var hash = former?.group == name && former?.generation == generation ? former?.hash : nil
        // Sent again behind a restore, it may be in the log of either life.
        let isOfThisLife = generation == setting.identity.generation
        if waiting.kind == .founding { hash = isOfThisLife ? LogChain(group: name, generation: generation).hash : nil }
        standing = GroupStanding(group: name, generation: generation, seq: seq.previous, hash: hash)
        held.forget()
        if let context = staged.context {
            try store.keepTranscript(of: name, context)
            if let policy = try? GroupPolicy(context) { try store.keepPrevious(of: policy) }
        }
        try reached(Epoch(staged.epoch))
        if !isReturn { try noteMembers(ofOwn: name, isFounding: waiting.kind == .founding, at: place) }
    }

    /// The group is in another epoch, or this device is not in it any more.
    private mutating func merged(_ group: Group) throws {
        let before = epoch ?? 0
        try rows.telling { try held.save(group, to: rows) }
        standing?.firstProposal = nil
        guard group.status != .removed else {
            if let standing { try store.bury(standing, epoch: before) }
            try dropWaiting(before: nil)
            epoch = nil
            part.findings.append(.removed(epoch: before))
            return
        }
        if let standing { try store.keepTranscript(of: standing.group, group.context) }
        try store.dropRestored(in: conversation, besides: group)
        try reached(Epoch(group.epoch))
    }

    /// What was made for an epoch before has lost: the log up to its end was processed.
    private mutating func reached(_ epoch: Epoch) throws {
        self.epoch = epoch
        part.findings.append(.merged(epoch: epoch))
        guard let standing else { return }
        let position = standing.position(epoch: epoch)
        try dropWaiting(before: position)
        for id in try store.dropSealed(before: position, in: conversation) { part.findings.append(.leftOut(id)) }
    }

    /// - Parameter position: nil: whatever it is for.
    private mutating func dropWaiting(before position: ConversationPosition?) throws {
        guard let waiting = try store.waitingCommit(of: conversation) else { return }
        if let position, waiting.position.generation == position.generation, waiting.position.mark >= position.mark {
            return
        }
        try store.drop(waiting)
    }

    /// A proposal waits for a commit where somebody may commit it (J8).
    mutating func takeProposal(_ entry: ReceivedEntry) throws {
        guard let standing, epoch != nil else { return }
        do {
            try flush()
            var group = try load(standing)
            let isFirst = group.pendingProposals.isEmpty
            guard let verdict = try group.keep(try MLSMessage(decoding: entry.payload), setting.judge) else { return }
            guard verdict == .accept else {
                part.findings.append(.refusedProposal(entry.place.seq, "\(verdict)"))
                return
            }
            try rows.telling { try held.save(group, to: rows) }
            if isFirst { self.standing?.firstProposal = entry.place.seq }
        } catch let error as MLSError where !error.isOfStore {
            part.findings.append(.refusedProposal(entry.place.seq, "\(error)"))
        }
    }
}
