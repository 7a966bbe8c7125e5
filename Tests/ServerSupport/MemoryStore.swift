import ChatProtocol
import GroupRules
import Transport

import ChatServer

/// The store's contract in memory: what every law means without an engine. Any number of writers share one.
actor MemoryStore: Store {
    struct Conversation {
        var info: ConversationInfo
        var head: SequenceNumber = 0
        var mark = GroupMark.none
        var lastTime = Timestamp.zero
        /// Of a room: when it was made.
        var created = Timestamp.zero
        var logHash: [UInt8]?
        var isClosed = false
        var isHeld = false
        var members: [AccountID: Member] = [:]
        var entries: [SequenceNumber: Entry] = [:]
        /// Without an entry the number is 0.
        var answers: [EntryKey: StoredAppend] = [:]
        var welcomes: [Welcome] = []
        var rows: [RowKey: SideRow] = [:]
        var cursors: [DeviceID: Cursor] = [:]
        var leaves: [DeviceID: Leaf] = [:]
        /// Entries that have their digest in the place of their payload.
        var erased: Set<SequenceNumber> = []
        /// Accounts of which nothing is left to be erased.
        var erasedAccounts: Set<AccountID> = []
        /// Of a room; nil where it has lost it.
        var name: RoomName?
        /// Nil before it is founded.
        var traits: RoomTraits?
        /// Commits of devices that accounts cannot process.
        var reports: [DeviceID: [AccountID: (seq: SequenceNumber, time: Timestamp)]] = [:]
        var blocks: [DeviceID: Timestamp] = [:]

        /// It was a room, and was removed.
        var isRemoved: Bool { isClosed && info.audience == .room }
    }

    struct Welcome {
        var taken: TakenWelcome
        var time: Timestamp
        var sender: AccountID
        var devices: [DeviceID: Waiting]

        struct Waiting {
            /// As the device was when it came (`Device.voided`).
            var voided: Int
            /// Who has taken it; nil: nobody yet.
            var request: MessageID?
        }
    }

    struct Leaf {
        var index: UInt32
        var account: AccountID
        var span: LeafSpan
        var isRemoved = false
        /// As the device was when it got it (`Device.replaced`).
        var keys = 0
    }

    struct Member {
        var start: SequenceNumber
        var acked: SequenceNumber = 0
        var delivered: SequenceNumber = 0
        var read: SequenceNumber = 0
    }

    struct Cursor {
        var start: SequenceNumber
        var acked: SequenceNumber
        var delivered: SequenceNumber = 0
        var toldStart = false
    }

    struct EntryKey: Hashable {
        var sender: AccountID
        var id: MessageID
    }

    struct RowKey: Hashable {
        var kind: UInt8
        var index: [UInt8]
    }

    struct Device {
        var new: NewDevice
        var account: AccountID
        var state = DeviceState.active
        var created: Timestamp
        /// When it became active for the first time; 0: it never was.
        var activated: Timestamp = 0
        var pendingSince: Timestamp = 0
        var grant: [UInt8] = []
        /// Former login keys, the newest last.
        var replaced: [[UInt8]] = []
        /// How often what waited for it has become void.
        var voided = 0
        var lastSeen: Timestamp = 0
        var window = LoginWindow()
    }

    struct Package {
        enum State { case left, taken, lastResort }

        var new: NewPackage
        var state: State
    }

    /// What an account was given of a device for a conversation.
    struct PackageHandout {
        var claimer: AccountID
        var conversation: ConversationID
        var mark: GroupMark
        var taken: TakenPackage
        var given: Int
        var expires: Timestamp
        var time: Timestamp
    }

    struct Renewal {
        var device: DeviceID
        var entry: IdentityEntry.Renewal
        var time: Timestamp
        var hasSigned = false
    }

    struct Chain {
        var head = ChainHead.none
        var links: [(bytes: [UInt8], signer: DeviceID, instance: UInt32)] = []
        var renewals: [Renewal] = []
        var lastReset: Timestamp = 0
    }

    let clock: @Sendable () -> Timestamp
    let stored: StoreIdentity
    var conversations: [ConversationID: Conversation] = [:]
    var believed: Timestamp?
    var keptGroupKey: [UInt8]?
    var people: [AccountID: StoredAccount] = [:]
    var devices: [DeviceID: Device] = [:]
    var kept: [InviteID: (invite: Invite, digest: [UInt8])] = [:]
    var chains: [AccountID: Chain] = [:]
    /// In the order in which they came.
    var packages: [DeviceID: [Package]] = [:]
    var handouts: [DeviceID: [PackageHandout]] = [:]
    var blocked: [AccountID: Set<AccountID>] = [:]
    /// Accounts whose messages are to be erased.
    var erasing: Set<AccountID> = []

    init(_ identity: StoreIdentity, clock: @escaping @Sendable () -> Timestamp) {
        stored = identity
        self.clock = clock
        conversations[identity.everyone] = Conversation(
            info: ConversationInfo(id: identity.everyone, audience: .everyone))
    }

    func close() {}

    // MARK: Logs

    nonisolated func lane(of conversation: ConversationID) -> StoreLane {
        StoreLane(Int(conversation.bytes.last ?? 0) % 2)
    }

    func commit<Told: Sendable>(
        _ batch: StoreBatch, telling tell: @escaping @Sendable (Committed) -> Told
    ) async throws(StoreFailure) -> Told {
        var news: [(news: News, isOpen: Bool)] = []
        let outcomes = batch.operations.map { operation -> OperationOutcome in
            let before = conversations[operation.conversation]
            let outcome = perform(operation)
            guard let after = conversations[operation.conversation] else { return outcome }
            let (entry, changes) = told(operation, outcome, before, after, isRepeated: batch.isRepeated)
            guard entry != nil || !changes.isEmpty else { return outcome }
            let id = after.info.id
            let open = news.lastIndex { $0.news.conversation.id == id && $0.isOpen }
            let index = open ?? news.endIndex
            if open == nil { news.append((News(conversation: after.info, readers: .accounts([])), true)) }
            if let entry { news[index].news.entries.append(entry) }
            news[index].news.changes += changes
            guard operation.changesReaders, !outcome.isDuplicate, let before else { return outcome }
            news[index].news.readers = readers(of: before)
            news[index].isOpen = false
            return outcome
        }
        for index in news.indices where news[index].isOpen {
            let id = news[index].news.conversation.id
            if let conversation = conversations[id] { news[index].news.readers = readers(of: conversation) }
        }
        return tell(Committed(outcomes: outcomes, news: news.map(\.news)))
    }

    private func perform(_ operation: StoreOperation) -> OperationOutcome {
        switch operation {
        case .bundle(let bundle): carryOut(bundle)
        case .openRoom(let id, let name, let account): openRoom(id, name, account)
        case .forgetRoom(let id, let account): forgetRoom(id, account)
        case .removeRoom(let id): removeRoom(id)
        case .report(let report): self.report(report)
        case .takeWelcome(let id, let device, let request): takeWelcome(id, device, request)
        case .openDirect(let one, let other, let id): openDirect(min(one, other), max(one, other), id)
        case .join(let id, let account): join(id, account)
        case .close(let id): close(id)
        case .erase(let id, let account): erase(id, account)
        case .endLeaf(let id, let device): endLeaf(id, device)
        case .dropWelcome(let id, let device, let bundle): dropWelcome(id, device, bundle)
        case .retire(let id, let part): retire(id, part)
        }
    }

    func position(_ mark: GroupMark) -> ConversationPosition {
        ConversationPosition(generation: stored.generation, mark)
    }

    func standing(_ conversation: Conversation) -> ConversationStanding {
        ConversationStanding(position: position(conversation.mark), head: conversation.head)
    }

    func readers(of conversation: Conversation) -> News.Readers {
        guard conversation.mark.isGroup else {
            return conversation.info.readers(members: Array(conversation.members.keys))
        }
        return .devices(
            conversation.leaves.filter { $0.value.span.until == nil }.map {
                DeviceReader(account: $0.value.account, device: $0.key)
            })
    }

    private func openDirect(_ low: AccountID, _ high: AccountID, _ id: ConversationID) -> OperationOutcome {
        let audience = ConversationInfo.Audience.direct(low, high)
        if let known = conversations.values.first(where: { $0.info.audience == audience }) {
            return .opened(known.info, head: known.head, epoch: known.mark.epoch)
        }
        guard people[low]?.isDeleted != true, people[high]?.isDeleted != true else {
            return .refused(Failure(.noSuchUser))
        }
        var fresh = Conversation(info: ConversationInfo(id: id, audience: audience))
        for account in [low, high] { fresh.members[account] = Member(start: 0) }
        conversations[id] = fresh
        return .opened(fresh.info, head: 0, epoch: 0)
    }

    private func join(_ id: ConversationID, _ account: AccountID) -> OperationOutcome {
        guard var conversation = conversations[id] else { return .refused(Failure(.noSuchConversation)) }
        if conversation.members[account] == nil { conversation.members[account] = Member(start: conversation.head) }
        conversations[id] = conversation
        return .done
    }

    private func close(_ id: ConversationID) -> OperationOutcome {
        guard conversations[id] != nil else { return .refused(Failure(.noSuchConversation)) }
        conversations[id]?.isClosed = true
        return .done
    }

    private func erase(_ id: ConversationID, _ account: AccountID) -> OperationOutcome {
        guard var conversation = conversations[id] else { return .refused(Failure(.noSuchConversation)) }
        let left = conversation.entries.values.filter { $0.sender == account && !conversation.erased.contains($0.seq) }
        for entry in left.sorted(by: { $0.seq < $1.seq }).prefix(ErasedEntry.most)
        where PayloadKind(rawValue: entry.payloadKind)?.isHandshake != true {
            conversation.entries[entry.seq]?.payload = SHA256.hash(entry.payload)
            conversation.erased.insert(entry.seq)
        }
        let isDone = left.count < ErasedEntry.most
        if isDone { conversation.erasedAccounts.insert(account) }
        conversations[id] = conversation
        return isDone ? .done : .unfinished
    }

    func page(
        of id: ConversationID, after seq: SequenceNumber, entries: Int, bytes: Int
    ) async throws(StoreFailure) -> StoredPage {
        guard let conversation = conversations[id] else { return StoredPage(rows: [], through: seq, isLast: true) }
        var page = PageBuilder(position: seq, head: conversation.head, entries: entries, bytes: bytes)
        for entry in conversation.entries.values.sorted(by: { $0.seq < $1.seq }) where entry.seq > seq {
            guard page.hasRoom, page.take(entry, isErased: conversation.erased.contains(entry.seq)) else { break }
        }
        return page.finish()
    }

    func sideRows(
        of id: ConversationID, kind: UInt8, after index: [UInt8]?, limit: Int
    ) async throws(StoreFailure) -> [SideRow] {
        let rows = conversations[id]?.rows.filter { $0.key.kind == kind }.values.sorted {
            $0.index.lexicographicallyPrecedes($1.index)
        }
        let rest = (rows ?? []).drop { row in index.map { !$0.lexicographicallyPrecedes(row.index) } ?? false }
        return Array(rest.prefix(limit))
    }
}
