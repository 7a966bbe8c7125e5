import ChatProtocol

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

    package init(
        conversation: ConversationInfo, author: DeviceReader, founding: [UInt8]? = nil, commit: [UInt8],
        groupInfo: [UInt8], welcome: [UInt8] = []
    ) {
        self.conversation = conversation
        self.author = author
        self.founding = founding
        self.commit = commit
        self.groupInfo = groupInfo
        self.welcome = welcome
    }
}

/// What a handshake that the group takes changes beside the log, and the follower as it is when that was stored.
package struct GroupRuling: Sendable {
    package var next: GroupFollower
    package var mark: GroupMark
    package var clears: [UInt8]
    package var rows: [SideRowChange]
    package var members: [MembershipChange]
    /// For whom the Welcome is.
    package var welcomed: [DeviceID]

    /// What it makes of the bundle that carries the handshake.
    package func apply(to bundle: inout Bundle, welcome: [UInt8]) {
        bundle.advance = mark
        bundle.clears = clears
        bundle.rows = rows
        bundle.members = members
        if !welcomed.isEmpty { bundle.welcome = NewWelcome(devices: welcomed, payload: welcome) }
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
