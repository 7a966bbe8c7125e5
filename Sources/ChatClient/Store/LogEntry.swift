import ChatProtocol

/// Where an entry stands in a log, and who put it there.
struct EntryPlace: Equatable, Sendable {
    var conversation: ConversationID
    var seq: SequenceNumber
    var id: MessageID
    var sender: AccountID
    var device: DeviceID
    /// When the server took it.
    var time: Timestamp
}

/// An entry of a log as it came.
struct ReceivedEntry: Equatable, Sendable {
    var place: EntryPlace
    var payloadKind: UInt8
    var payload: [UInt8]

    init(_ entry: Entry) {
        place = EntryPlace(
            conversation: entry.conversation, seq: entry.seq, id: entry.id, sender: entry.sender, device: entry.device,
            time: entry.time)
        payloadKind = entry.payloadKind
        payload = entry.payload
    }
}

/// What an entry was opened to. It is decided in the transaction that stores it.
enum EntryOpening: Equatable, Sendable {
    /// A message for people.
    case opened(Content)
    /// A message for people that this device cannot read. It is kept, and told as a gap.
    case unreadable(kind: UInt8, payload: [UInt8])
    /// It is not what the server says of it (M1). It is kept, and told as a gap.
    case mismatched(payload: [UInt8])
    /// It has its number, and nobody is told: of a kind or type that a later version knows.
    case notForPeople

    /// Where this device is in no group in which it could be opened.
    static func unopened(_ entry: ReceivedEntry) -> EntryOpening {
        switch PayloadKind(rawValue: entry.payloadKind) {
        case .message: .unreadable(kind: entry.payloadKind, payload: entry.payload)
        case .commit, .proposal, nil: .notForPeople
        }
    }

    /// What the server is told of it.
    var disposition: Disposition {
        switch self {
        case .opened: .stored
        case .unreadable, .mismatched: .undecryptable
        case .notForPeople: .skipped
        }
    }
}

/// What arrives on a subscribed connection and is kept.
enum Incoming: Equatable, Sendable {
    case entry(ReceivedEntry)
    case gap(Gap)

    var conversation: ConversationID {
        switch self {
        case .entry(let entry): entry.place.conversation
        case .gap(let gap): gap.conversation
        }
    }
}

/// What became of a batch in the store.
struct StoredBatch: Sendable {
    /// What may be acknowledged, in order.
    struct Item: Equatable, Sendable {
        var conversation: ConversationID
        var seq: SequenceNumber
        var disposition: Disposition
        /// Its sender may wait for the acknowledgement.
        var isUrgent: Bool
    }

    /// Whether readers have something new.
    var hasNews = false
    var items: [Item] = []
    /// The first that no honest server sends; what follows it was not looked at.
    var refused: Incoming?
}
