import CLISupport
import ChatClient
import ChatProtocol

/// Lines for people. What others wrote is inert in every one of them.
struct PlainText: Sendable {
    var palette: Palette
    /// Seconds east of UTC at a moment.
    var offset: @Sendable (Timestamp) -> Int = LocalTime.offset(at:)
    var now: @Sendable () -> Timestamp = { WallClock.now }

    /// What a listener tells; nil for what is no line of the output.
    func event(_ event: ListenEvent) -> [String]? {
        switch event {
        case .message(let message): [self.message(message)]
        case .gap(let gap): [self.gap(gap)]
        case .login(let notice): [login(notice)]
        case .live: [live()]
        case .presence(let change): presence(change)
        case .receipt(let notice): [receipt(notice)]
        case .member(let notice): member(notice)
        case .deviceWaits, .offline: nil
        }
    }

    /// `HH:MM:SS bob → me: hi`, with the date when it is not today's.
    func message(_ message: ReceivedMessage) -> String {
        let sender = message.own ? "me" : message.from.text
        let recipient: String
        switch message.conversation {
        case .everyone: recipient = "all"
        case .room: recipient = message.conversation.text
        case .user(let other): recipient = message.own && other != message.from ? other.text : "me"
        }
        let head = "\(palette.faint(moment(message.time))) \(palette.bold(sender)) → \(recipient): "
        return head + InertText.body(message.body)
    }

    func gap(_ gap: GapNotice) -> String {
        let count = gap.missed.map { $0 == 1 ? "1 message" : "\($0) messages" } ?? "messages"
        let place =
            switch gap.conversation {
            case .user(let user): "with \(user)"
            case .room: "in \(gap.conversation)"
            case .everyone: "to all"
            }
        return "\(palette.faint(moment(gap.time))) * \(count) \(place) missing: \(reason(gap.reason))"
    }

    private func reason(_ reason: GapNotice.Reason) -> String {
        switch reason {
        case .retention: "older than the server, or this profile, keeps them"
        case .restored: "the server, or this profile, was restored from a backup"
        case .beforeJoin: "from before this device or account"
        case .erased: "erased with the user who wrote them"
        case .undecryptable: "this device could not open them"
        case .resync: "this device has come back to the conversation; what was written meanwhile may be missing"
        case .mismatch: "not what the server says that it is"
        }
    }

    func login(_ notice: LoginNotice) -> String { "* logged in as \(notice.user) at \(notice.server)" }

    func live() -> String { "* everything missed has been shown" }

    func presence(_ change: PresenceChange) -> [String] {
        switch change.change {
        case .full: ["* online: \(change.users.map(\.text).joined(separator: ", "))"]
        case .online: change.users.map { "* \($0) is online" }
        case .offline: change.users.map { "* \($0) is offline" }
        }
    }

    func receipt(_ notice: ReceiptNotice) -> String {
        notice.read > 0
            ? "* read by \(notice.user) up to \(notice.read), delivered up to \(notice.delivered)"
            : "* delivered to \(notice.user) up to \(notice.delivered)"
    }

    /// `HH:MM:SS`, with the date before it when that is not today's.
    func moment(_ time: Timestamp) -> String {
        let offset = offset(time)
        let clock = TimestampText.clock(time, offset: offset)
        let now = now()
        let today = TimestampText.date(now, offset: self.offset(now))
        let date = TimestampText.date(time, offset: offset)
        return date == today ? clock : "\(date) \(clock)"
    }
}
