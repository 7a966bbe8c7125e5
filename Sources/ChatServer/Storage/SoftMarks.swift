import ChatProtocol

/// What may be lost: how far devices have come and accounts have read, and when they were there.
package struct SoftMarks: Sendable, Equatable {
    package var cursors: [CursorMove]
    package var readMarks: [ReadMark]
    package var seen: [SeenMark]

    package init(cursors: [CursorMove] = [], readMarks: [ReadMark] = [], seen: [SeenMark] = []) {
        self.cursors = cursors
        self.readMarks = readMarks
        self.seen = seen
    }
}

/// How far a device has come in a conversation.
package struct CursorMove: Sendable, Equatable {
    package var device: DeviceID
    package var account: AccountID
    package var conversation: ConversationID
    /// Everything up to this is settled.
    package var acked: SequenceNumber
    /// The highest number that was stored.
    package var delivered: SequenceNumber
    /// The device was told where it starts.
    package var toldStart: Bool

    package init(
        device: DeviceID, account: AccountID, conversation: ConversationID, acked: SequenceNumber = 0,
        delivered: SequenceNumber = 0, toldStart: Bool = false
    ) {
        self.device = device
        self.account = account
        self.conversation = conversation
        self.acked = acked
        self.delivered = delivered
        self.toldStart = toldStart
    }
}

/// How far an account was shown a conversation.
package struct ReadMark: Sendable, Equatable {
    package var account: AccountID
    package var conversation: ConversationID
    package var seq: SequenceNumber

    package init(account: AccountID, conversation: ConversationID, seq: SequenceNumber) {
        self.account = account
        self.conversation = conversation
        self.seq = seq
    }
}

/// When a device, and its account where `online` was true, was last there: when this is noted.
package struct SeenMark: Sendable, Equatable {
    package var account: AccountID
    package var device: DeviceID
    package var online: Bool

    package init(account: AccountID, device: DeviceID, online: Bool) {
        self.account = account
        self.device = device
        self.online = online
    }
}
