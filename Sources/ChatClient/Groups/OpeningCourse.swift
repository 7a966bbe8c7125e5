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
    var epoch: UInt64?
    /// Messages of this epoch whose ratchets are not stored yet.
    private var messages: MessageBatch?
    var part = OpenedPart()
    /// Somebody came or went.
    var hasMemberNews = false

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
            epoch = summary.epoch
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
        guard gap.first.previous <= standing.seq else { return part.stop = .hole(after: standing.seq) }
        guard try store.storeGap(gap, now: setting.now) else { return part.stop = .impossible(gap.last) }
        // What the log's hash is behind it, only others know.
        self.standing?.seq = gap.last
        self.standing?.hash = nil
        note(gap.last, .skipped)
    }

    private mutating func take(_ entry: ReceivedEntry, digest: [UInt8], isWhole: Bool) throws {
        let place = entry.place
        let isOwn = place.sender == setting.identity.account && place.device == setting.identity.device
        if let standing {
            guard place.seq > standing.seq else { return try repeatItem(place) }
            guard place.seq == standing.seq.next else { return part.stop = .hole(after: standing.seq) }
        }
        let opening: EntryOpening
        switch PayloadKind(rawValue: entry.payloadKind) {
        case .commit:
            try takeCommit(entry, digest: digest, isWhole: isWhole, isOwn: isOwn)
            opening = .notForPeople
        case _ where standing == nil: return part.stop = .notMember
        case .message where isOwn: opening = try openOwn(entry, digest: digest)
        case .message where isWhole: opening = try openMessage(entry)
        case .proposal where isWhole:
            try takeProposal(entry)
            opening = .notForPeople
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
        self.standing = standing
        try store.keepLogMark(of: standing)
    }

    /// Another process has taken it in, or it came twice.
    private mutating func repeatItem(_ place: EntryPlace) throws {
        let isHere = try store.content(of: conversation, seq: place.seq) != nil
        note(place.seq, isHere ? .stored : .skipped, sender: place.sender)
    }

    private mutating func note(_ seq: SequenceNumber, _ disposition: Disposition, sender: AccountID? = nil) {
        let isUrgent = isDirect && sender != nil && sender != setting.identity.account
        part.items.append(
            StoredBatch.Item(conversation: conversation, seq: seq, disposition: disposition, isUrgent: isUrgent))
    }

    mutating func unreadable(_ entry: ReceivedEntry, _ why: String) -> EntryOpening {
        part.findings.append(.unreadable(entry.place.seq, why))
        return .unreadable(kind: entry.payloadKind, payload: entry.payload)
    }

    /// M1.
    private mutating func mismatched(_ entry: ReceivedEntry, _ why: String) -> EntryOpening {
        part.findings.append(.unreadable(entry.place.seq, "mismatch: \(why)"))
        return .mismatched(payload: entry.payload)
    }

    // MARK: Messages

    /// One's own message: it must be what was sealed in this epoch, byte for byte (E4), and where the server said that it is.
    private mutating func openOwn(_ entry: ReceivedEntry, digest: [UInt8]) throws -> EntryOpening {
        let place = entry.place
        guard let sealed = try store.sealedMessage(place.id, in: conversation), sealed.digest == digest,
            let epoch, sealed.position == standing?.position(epoch: epoch)
        else { return mismatched(entry, "not what this device has sent") }
        switch sealed.kept {
        case .whole(_, let content):
            try store.dropSealed(place.id, in: conversation)
            return .opened(content)
        case .taken(let seq, _):
            guard seq == place.seq else { return mismatched(entry, "it was acknowledged as entry \(seq)") }
            try store.dropSealed(place.id, in: conversation)
            return try store.content(of: conversation, seq: seq).map { .opened($0) } ?? .notForPeople
        }
    }

    private mutating func openMessage(_ entry: ReceivedEntry) throws -> EntryOpening {
        guard let standing, epoch != nil else { return unreadable(entry, "no state of the group") }
        do {
            let message = try MLSMessage(decoding: entry.payload)
            var batch = try messages ?? MessageBatch(of: standing.group.groupId, from: rows)
            let opened = try rows.telling { try batch.open(message, from: rows) }
            messages = batch
            return try check(opened, entry)
        } catch let error as MLSError where !error.isOfStore {
            return unreadable(entry, "\(error)")
        }
    }

    /// M1: what was opened is what the server says of it; M2: and no second message under one id. The sender that is shown is the
    /// leaf's, since it is the entry's.
    private mutating func check(_ opened: ApplicationMessage, _ entry: ReceivedEntry) throws -> EntryOpening {
        let place = entry.place
        guard let leaf = try? DeviceCredential(opened.leaf.credential), leaf.party.account == place.sender,
            leaf.device == place.device
        else { return mismatched(entry, "another device has written it") }
        guard let data = try? MessageData(wireBytes: opened.authenticatedData), data.id == place.id else {
            return mismatched(entry, "it was written under another id")
        }
        guard let content = try? Content(wireBytes: opened.data), let marks = try? MessageMarks(content) else {
            let isUnknown = opened.data.first.map { Content.ContentType(rawValue: $0) == nil } ?? false
            return isUnknown ? .notForPeople : unreadable(entry, "its content cannot be read")
        }
        guard try store.knownMessage(place.id, from: place.sender, in: conversation) == nil else {
            part.findings.append(.repeated(place.seq))
            return .notForPeople
        }
        try compare(marks, of: place)
        return .opened(content)
    }
}
