import ChatProtocol

/// Where a listener begins.
package enum ListenStart: Equatable, Sendable {
    /// With what this device has not shown yet.
    case unshown
    /// With what the server takes from the login on.
    case new
    /// With what the server took since this moment.
    case since(Timestamp)
    case cursor(Cursor)
}

/// Which messages are wanted. `from` narrows; `toMe`, `rooms` and `everyone` together mean any of them.
package struct MessageFilter: Equatable, Sendable {
    /// Messages of these users; empty: of all.
    package var from: Set<UserName>
    /// Direct messages.
    package var toMe: Bool
    /// Messages to these rooms.
    package var rooms: Set<UserName>
    package var everyone: Bool
    /// Own messages too.
    package var own: Bool

    package init(
        from: Set<UserName> = [], toMe: Bool = false, rooms: Set<UserName> = [], everyone: Bool = false,
        own: Bool = false
    ) {
        self.from = from
        self.toMe = toMe
        self.rooms = rooms
        self.everyone = everyone
        self.own = own
    }

    package func matches(_ message: ReceivedMessage) -> Bool {
        if message.own && !own { return false }
        if !from.isEmpty && !from.contains(message.from) { return false }
        return includes(message.conversation)
    }

    /// Gaps are told for the conversations that are wanted.
    package func matches(_ gap: GapNotice) -> Bool { includes(gap.conversation) }

    /// Whether anything of that conversation may be wanted.
    package func includes(_ conversation: ConversationName) -> Bool {
        guard toMe || everyone || !rooms.isEmpty else { return true }
        return switch conversation {
        case .user: toMe
        case .everyone: everyone
        case .room(let name): rooms.contains(name)
        }
    }
}

package struct ListenOptions: Sendable {
    /// Nil: `unshown`, or with `resume` where that point stands.
    package var start: ListenStart?
    /// A durable position of its own in the local store.
    package var resume: UserName?
    package var filter: MessageFilter
    /// Go on when everything has been told.
    package var follow: Bool
    /// Tell who comes and goes.
    package var presence: Bool
    /// Tell receipts of direct conversations.
    package var receipts: Bool
    /// A first connection that fails ends it; otherwise it keeps trying and tells `offline`.
    package var requiresFirstConnection: Bool
    /// Without `follow`, how long a server that has not told everything may say nothing.
    package var patience = Duration.seconds(30)

    package init(
        start: ListenStart? = nil, resume: UserName? = nil, filter: MessageFilter = MessageFilter(),
        follow: Bool = true, presence: Bool = false, receipts: Bool = false, requiresFirstConnection: Bool = true
    ) {
        self.start = start
        self.resume = resume
        self.filter = filter
        self.follow = follow
        self.presence = presence
        self.receipts = receipts
        self.requiresFirstConnection = requiresFirstConnection
    }
}
