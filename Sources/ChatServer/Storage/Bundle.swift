import ChatProtocol

/// What changes in one conversation, wholly or not at all; its sender was authenticated. Most are an entry and nothing
/// else; a commit of a group is an entry, its epoch, rows of the tree, who comes and goes, and a Welcome; a founding or a
/// claim may have no entry.
package struct Bundle: Sendable, Equatable {
    /// Rows that a bundle may change: side rows, memberships, and who gets its Welcome.
    package static let mostRows = 4_096
    /// Bytes of values of side rows, and of the Welcome.
    package static let mostRowBytes = 1 << 20

    package var conversation: ConversationID
    /// Makes it idempotent, together with sender and conversation: of its entry, where it has one.
    package var id: MessageID
    /// `AccountID.server`: the server itself, which may write everywhere.
    package var sender: AccountID
    package var device: DeviceID
    package var precondition: ConversationPosition?
    /// The incarnation and epoch that begin with it.
    package var advance: GroupMark?
    package var entry: NewEntry?
    /// Kinds of side rows of which all go, before its own are written.
    package var clears: [UInt8] = []
    package var rows: [SideRowChange] = []
    package var members: [MembershipChange] = []
    package var welcome: NewWelcome?
    /// What the policy of a room says from now on; nil: as before.
    package var room: RoomTraits?
    /// Whether messages are refused from now on, until a bundle says otherwise; nil: as it is.
    package var holdsMessages: Bool?
    /// What the caller has against it: told where it is not a duplicate. Only the store knows what is one, for the first
    /// may stand in the same batch.
    package private(set) var objection: Failure?

    package init(
        _ id: MessageID, in conversation: ConversationID, sender: AccountID, device: DeviceID, entry: NewEntry? = nil
    ) {
        self.id = id
        self.conversation = conversation
        self.sender = sender
        self.device = device
        self.entry = entry
    }

    package init(_ append: Append, sender: AccountID, device: DeviceID) {
        self.init(
            append.id, in: append.conversation, sender: sender, device: device,
            entry: NewEntry(payloadKind: append.payloadKind, payload: append.payload))
        precondition = append.precondition
    }

    /// It is not to be carried out, so what it would store is not kept either.
    package mutating func object(_ failure: Failure) {
        objection = failure
        entry?.payload = []
        clears = []
        rows = []
        members = []
        room = nil
        welcome = nil
    }

    package var payloadBytes: Int { entry?.payload.count ?? 0 }

    /// Of side rows: the founding of a group, its tree, its description. They are room of the store, and nobody's share.
    package var bytesOfRows: Int { rows.reduce(0) { $0 + ($1.value?.count ?? 0) } }

    /// Of side rows and the Welcome.
    package var bytesBeside: Int { bytesOfRows + (welcome?.payload.count ?? 0) }

    /// Whether the precondition holds, and the new incarnation and epoch, where there are some, lie ahead.
    package func fits(_ position: ConversationPosition) -> Bool {
        (precondition == nil || precondition == position) && (advance.map { $0 > position.mark } ?? true)
    }

    /// Whether it changes no more than a bundle may.
    package var isBounded: Bool {
        let count = rows.count + members.count + (room?.admins.count ?? 0) + (welcome?.devices.count ?? 0)
        return count <= Self.mostRows && bytesBeside <= Self.mostRowBytes
    }
}

/// What is to stand in the log.
package struct NewEntry: Sendable, Equatable {
    package var payloadKind: UInt8
    package var payload: [UInt8]

    package init(payloadKind: UInt8, payload: [UInt8]) {
        self.payloadKind = payloadKind
        self.payload = payload
    }
}

/// Who comes and goes with a bundle. Accounts never do in a direct conversation, of which they are what it is.
package enum MembershipChange: Sendable, Equatable {
    /// The account reads what follows the bundle. One that is a member stays as it is.
    case join(AccountID)
    /// As `join`, by the account itself: only where it is a member, the room is open or names it as an admin.
    case admit(AccountID)
    /// The account is none any more; the bundle's entry is the last one that its devices read.
    case leave(AccountID)
    /// A member's device gets a leaf of the group, and reads what follows the bundle, whatever it had before.
    case enter(DeviceID, of: AccountID, leaf: UInt32)
    /// The device loses its leaf; the bundle's entry is the last one that it reads, unless its account has left before.
    case lose(DeviceID)

    package var losesLeaf: Bool {
        if case .lose = self { true } else { false }
    }

    package var isOfAccount: Bool {
        switch self {
        case .join, .admit, .leave: true
        case .enter, .lose: false
        }
    }
}

extension Bundle {
    /// Whether its own device gets a leaf by it.
    private var entersOwnDevice: Bool {
        members.contains { change in
            if case .enter(let entering, let account, _) = change {
                entering == device && account == sender
            } else {
                false
            }
        }
    }

    package var isCommit: Bool { entry?.payloadKind == PayloadKind.commit.rawValue }

    /// Whether devices come or go with it.
    package var changesLeaves: Bool { members.contains { !$0.isOfAccount } }

    /// Why its entry does not belong into a conversation that stands there; nil where it does: messages and handshakes of the devices of
    /// its group, and messages of the present epoch only (E1). Of kinds that are none nobody asks the store: where there is no group it
    /// takes them for a log without one.
    ///
    /// - Parameters:
    ///   - isHeld: whether a bundle has said that messages are refused.
    ///   - hasLeaf: whether its device is in the group.
    package func refusal(at mark: GroupMark, isHeld: Bool, hasLeaf: @autoclosure () throws -> Bool) rethrows
        -> ErrorCode?
    {
        guard let entry else { return nil }
        let next = advance ?? mark
        guard let kind = PayloadKind(rawValue: entry.payloadKind) else {
            return next.isGroup ? .unknownPayloadKind : nil
        }
        guard next.isGroup else { return .noGroup }
        guard sender != .server else { return nil }
        guard kind != .message || precondition != nil else { return .preconditionFailed }
        guard try entersOwnDevice || hasLeaf() else { return .notInGroup }
        return kind == .message && isHeld ? .removalPending : nil
    }
}

/// A Welcome, kept once for all devices that it lets in, with its conversation.
package struct NewWelcome: Sendable, Equatable {
    /// So many of one account's are kept for a device, the newest: as many rooms as somebody is added to while they are away. Whoever makes
    /// more keeps others from nothing; what is too much goes by operations of its own (`dropSurplusWelcomes`).
    package static let kept = 256

    package var devices: [DeviceID]
    package var payload: [UInt8]

    package init(devices: [DeviceID], payload: [UInt8]) {
        self.devices = devices
        self.payload = payload
    }
}

/// A Welcome that a device has taken.
package struct TakenWelcome: Sendable, Equatable {
    /// The bundle that brought it.
    package var id: MessageID
    /// The conversation's head when it came: the device goes on behind it.
    package var head: SequenceNumber
    package var payload: [UInt8]

    package init(id: MessageID, head: SequenceNumber, payload: [UInt8]) {
        self.id = id
        self.head = head
        self.payload = payload
    }
}

extension AccountID {
    /// The sender of what the server says itself.
    package static var server: AccountID { AccountID(high: 0, low: 0) }
}

extension Entry {
    package init(_ bundle: Bundle, _ entry: NewEntry, seq: SequenceNumber, time: Timestamp) {
        self.init(
            conversation: bundle.conversation, seq: seq, id: bundle.id, sender: bundle.sender, device: bundle.device,
            payloadKind: entry.payloadKind, time: time, payload: entry.payload)
    }
}
