import ChatProtocol
import GroupRules
import MLS
import SQLite
import WireCodec

/// Where a log is taken in, and by whom.
struct OpeningSetting {
    let store: ClientStore
    let identity: Identity
    let judge: GroupJudge
    let conversation: ConversationID
    let isReplay: Bool
    /// What lies behind, and of which nothing is here, was looked at before.
    var passesRepeats = false
    let now: Timestamp
}

/// A log as it is taken in within one transaction. A value: a copy is a place to come back to.
struct OpeningCourse {
    let setting: OpeningSetting
    let rows: GroupRowStore
    let isDirect: Bool
    var held: HeldGroup
    var standing: GroupStanding?
    /// Of the group that is used; nil where this device is in none.
    var epoch: Epoch?
    /// Messages of this epoch whose ratchets are not stored yet.
    var messages: MessageBatch?
    var part = OpenedPart()
    /// Accounts whose names were looked at.
    var named: Set<AccountID> = []
    /// Somebody came or went.
    var hasMemberNews = false
    /// What is told of the last gap, which handshakes alone have followed (E7).
    private var openGap: GapReason?

    var store: ClientStore { setting.store }
    var conversation: ConversationID { setting.conversation }

    init(_ setting: OpeningSetting, _ held: HeldGroup) throws {
        self.setting = setting
        self.held = held
        rows = setting.store.groupRows
        isDirect = try !setting.store.directConversations(among: [setting.conversation]).isEmpty
        standing = try setting.store.groupStanding(of: setting.conversation)
        if let standing, let summary = try StoredGroup.summary(of: standing.group.groupId, from: rows),
            summary.status == .active
        {
            epoch = Epoch(summary.epoch)
        }
    }

    /// The disk, or the store as a whole, fails: nothing of the transaction is worth anything.
    static func isOfDisk(_ error: any Error) -> Bool {
        if let error = error as? MLSError { return error.isOfStore }
        return (error as? SQLiteError).map { $0.kind != .constraint } ?? false
    }

    mutating func take(_ item: LogItem) throws {
        switch item {
        case .gap(let gap): try cross(gap)
        case .entry(let entry): try take(entry, digest: Primitives.sha256(entry.payload), isWhole: true)
        case .hashed(let entry): try take(entry, digest: entry.payload, isWhole: false)
        }
    }

    /// Stores what was used up of the ratchets, and where the log stands.
    mutating func finish() throws {
        try flush()
        guard let standing else { return }
        try store.setGroupStanding(standing)
        try store.dropLogMarks(before: standing)
    }

    /// Before anything else is done with the group's rows.
    mutating func flush() throws {
        guard let changes = messages?.changes else { return }
        messages = nil
        guard !changes.writes.isEmpty else { return }
        try rows.telling { try rows.apply(changes) }
    }

    private mutating func cross(_ gap: Gap) throws {
        guard let standing else { return part.stop = .notMember }
        guard gap.last > standing.seq else {
            // Who joins everyone knows where they begin, and is told that there was more before.
            if gap.reason == .beforeJoin, conversation == setting.identity.everyone {
                try store.noteBeginning(behind: gap, now: setting.now)
            }
            return note(gap.last, .skipped)
        }
        // Whoever is in the group did not join behind it: its log, which can be asked for, says how this device was removed before.
        guard gap.reason != .beforeJoin || epoch == nil else { return part.stop = .hole(after: standing.seq) }
        guard gap.first.previous <= standing.seq else { return part.stop = .hole(after: standing.seq) }
        guard try store.storeGap(gap, goesOn: openGap == gap.reason, now: setting.now) else {
            return part.stop = .impossible(gap.last)
        }
        openGap = gap.reason
        // What the log's hash is behind it, only others know.
        self.standing?.seq = gap.last
        self.standing?.hash = nil
        note(gap.last, .skipped)
    }

    private mutating func take(_ entry: ReceivedEntry, digest: [UInt8], isWhole: Bool) throws {
        let place = entry.place
        let isOwn = place.sender == setting.identity.account && place.device == setting.identity.device
        if let standing {
            guard place.seq > standing.seq else { return try repeatItem(entry, isOwn: isOwn) }
            guard place.seq == standing.seq.next else { return part.stop = .hole(after: standing.seq) }
        }
        if PayloadKind(rawValue: entry.payloadKind)?.isHandshake != true { openGap = nil }
        let opening: EntryOpening
        switch PayloadKind(rawValue: entry.payloadKind) {
        case .commit:
            try takeCommit(entry, digest: digest, isWhole: isWhole, isOwn: isOwn)
            opening = .notForPeople
        case _ where standing == nil: return part.stop = .notMember
        // What others wrote after its removal: where it was added again a Welcome leads behind that.
        case .message where try isWhole && epoch == nil && !isComingBack: return part.stop = .notMember
        case .message where isOwn: opening = try openOwn(entry, digest: digest)
        case .message where isWhole: opening = try openMessage(entry)
        case .proposal where isWhole:
            try takeProposal(entry)
            opening = .notForPeople
        // The text is kept from a device that has its place there, or has left it.
        case .message where try epoch != nil && !isComingBack: opening = unreadable(entry, "only its hash came")
        case .message, .proposal, nil: opening = .notForPeople
        }
        guard part.stop == nil else { return }
        guard try storeEntry(place, opening) else { return part.stop = .impossible(place.seq) }
        try advance(
            LoggedEntry(
                seq: place.seq, kind: entry.payloadKind, device: place.device, id: place.id, payloadHash: digest))
        note(place.seq, opening.disposition, sender: place.sender)
    }

    private func storeEntry(_ place: EntryPlace, _ opening: EntryOpening) throws -> Bool {
        try store.storeOpened(
            place, opening, own: setting.identity.account, isReplay: setting.isReplay, now: setting.now)
    }

    private mutating func advance(_ entry: LoggedEntry) throws {
        guard var standing else { return }
        if var log = standing.log {
            try log.take(entry)
            standing.hash = log.hash
        }
        standing.seq = entry.seq
        standing.lastEntry = entry.seq
        self.standing = standing
        try store.keepLogMark(of: standing)
    }

    /// Another process has taken it in, or it came twice.
    private mutating func repeatItem(_ entry: ReceivedEntry, isOwn: Bool) throws {
        let place = entry.place
        let isHere = try store.content(of: conversation, seq: place.seq) != nil
        if !isHere, !isOwn, !setting.passesRepeats, PayloadKind(rawValue: entry.payloadKind) == .message,
            try !wasProcessed(place)
        {
            return part.stop = .doubtful(place.seq)
        }
        note(place.seq, isHere ? .stored : .skipped, sender: place.sender)
    }

    /// Whether anything of it is here.
    private func wasProcessed(_ place: EntryPlace) throws -> Bool {
        guard let standing else { return false }
        return try store.hasRow(of: conversation, seq: place.seq)
            || store.logMark(of: standing.group, place.seq) != nil
    }

    private mutating func note(_ seq: SequenceNumber, _ disposition: Disposition, sender: AccountID? = nil) {
        let isUrgent = isDirect && sender != nil && sender != setting.identity.account
        part.items.append(
            StoredBatch.Item(conversation: conversation, seq: seq, disposition: disposition, isUrgent: isUrgent))
    }
}
