import ChatProtocol
import Transport

/// A commit as it was asked for, with all that came beside it: bytes that nobody has looked at yet.
package struct GroupHandshake: Sendable {
    package var conversation: ConversationInfo
    /// Who is logged in.
    package var author: DeviceReader
    /// The GroupInfo with which a group is founded; nil: the group is there.
    package var founding: [UInt8]?
    package var commit: [UInt8]
    package var groupInfo: [UInt8]
    package var welcome: [UInt8]
    /// How many devices the group may have.
    package var mostDevices: Int

    package init(
        conversation: ConversationInfo, author: DeviceReader, founding: [UInt8]? = nil, commit: [UInt8],
        groupInfo: [UInt8], welcome: [UInt8] = [], mostDevices: Int = Limits.groupDevices
    ) {
        self.conversation = conversation
        self.author = author
        self.founding = founding
        self.commit = commit
        self.groupInfo = groupInfo
        self.welcome = welcome
        self.mostDevices = mostDevices
    }
}

/// What a handshake that the group takes changes beside the log, and the follower as it is when that was stored.
package struct GroupRuling: Sendable {
    package var next: GroupFollower
    package var mark: GroupMark
    package var clears: [UInt8]
    package var rows: [SideRowChange]
    package var members: [MembershipChange]
    /// What the policy of a room says, where the handshake brings it.
    package var room: RoomTraits?
    /// For whom the Welcome is.
    package var welcomed: [DeviceID]
    /// Whoever commits comes in by it.
    package var isExternal = false
    /// The server's proposals that it could not take along, made anew (R2), and those that are due from now on (R1).
    package var repeated: [RemovalRuling] = []
    /// Others may have to go before anything is written: it closes the group, or more had to go than may wait at once.
    package var mayOweMore = false

    /// The follower behind all of it.
    package var last: GroupFollower { repeated.last?.next ?? next }

    /// With proposals that remove whoever has to go, so that no message comes before them. Whoever came back, or was added again by the
    /// same commit, has another leaf, and may have it.
    func owing(
        _ lost: Set<DeviceID>, besides author: DeviceID, by authority: GroupAuthority
    ) throws(Failure) -> GroupRuling {
        var ruling = self
        let others = lost.subtracting(welcomed).subtracting([author])
        ruling.repeated += try last.removals(of: others, by: authority)
        return ruling
    }

    /// What it makes of the bundle that carries the handshake.
    package func apply(to bundle: inout Bundle, welcome: [UInt8]) {
        bundle.holdsMessages = false
        bundle.advance = mark
        bundle.clears = clears
        bundle.rows = rows
        bundle.members = members
        bundle.room = room
        if !welcomed.isEmpty { bundle.welcome = NewWelcome(devices: welcomed, payload: welcome) }
    }
}

/// A proposal of the server that removes a device, and what it changes beside the log.
package struct RemovalRuling: Sendable {
    package var next: GroupFollower
    package var proposal: [UInt8]
    package var clears: [UInt8]
    package var rows: [SideRowChange]
    /// Whether messages are refused until it is committed (R1).
    package var holdsMessages: Bool

    /// The bundle that carries it: the same proposal in the same epoch has the same identifier.
    package func bundle(in conversation: ConversationID, generation: StoreGeneration) -> Bundle? {
        guard let id = MessageID.version8(digest: SHA256.hash(proposal)) else { return nil }
        var bundle = Bundle(
            id, in: conversation, sender: .server, device: DeviceReader.server.device,
            entry: NewEntry(payloadKind: PayloadKind.proposal.rawValue, payload: proposal))
        bundle.precondition = ConversationPosition(generation: generation, next.mark)
        bundle.clears = clears
        bundle.rows = rows
        // What holds them for another reason goes on.
        bundle.holdsMessages = holdsMessages ? true : nil
        return bundle
    }
}

/// What a follower is read from: the side rows of a conversation that are of its group, by their kinds.
package struct GroupRows: Sendable {
    /// Rows that are read at once.
    package static let page = 1_000

    package var kinds: [UInt8: [SideRow]] = [:]

    package init() {}

    package var isEmpty: Bool { kinds.values.allSatisfy(\.isEmpty) }

    /// Reads them all.
    package static func read(
        _ kinds: [UInt8], of conversation: ConversationID, from store: any StoredLogs
    ) async throws(StoreFailure) -> GroupRows {
        var rows = GroupRows()
        for kind in kinds {
            var read: [SideRow] = []
            while true {
                let next = try await store.sideRows(
                    of: conversation, kind: kind, after: read.last?.index, limit: page)
                read += next
                guard next.count == page else { break }
            }
            rows.kinds[kind] = read
        }
        return rows
    }
}
