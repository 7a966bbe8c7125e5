import CLISupport
import ChatClient
import ChatProtocol

/// The objects that `--json` prints.
enum JSONLines {
    // MARK: what is told

    /// What a listener tells; nil for what is no line of the output.
    static func event(_ event: ListenEvent) -> JSONObject? {
        switch event {
        case .message(let message): Self.message(message)
        case .gap(let gap): Self.gap(gap)
        case .login(let notice): login(notice)
        case .live(let time): live(time: time)
        case .presence(let change): presence(change)
        case .receipt(let notice): receipt(notice)
        case .member(let notice): member(notice)
        case .deviceWaits, .offline: nil
        }
    }

    static func message(_ message: ReceivedMessage) -> JSONObject { answer(message, choice: nil) }

    /// The answer to a question.
    ///
    /// - Parameter choice: which of the choices it was; nil where there were none.
    static func answer(_ message: ReceivedMessage, choice: String?) -> JSONObject {
        switch message.conversation {
        case .user: ToldLines.direct.object((message, choice))
        case .room: ToldLines.room.object((message, choice))
        case .everyone: ToldLines.everyone.object((message, choice))
        }
    }

    static func gap(_ gap: GapNotice) -> JSONObject { ToldLines.gap.object(gap) }

    static func acknowledgement(_ acknowledgement: Acknowledgement, user: UserName? = nil) -> JSONObject {
        ToldLines.acknowledgement.object((acknowledgement, user))
    }

    static func login(_ notice: LoginNotice) -> JSONObject { ToldLines.login.object(notice) }
    static func live(time: Timestamp) -> JSONObject { ToldLines.live.object(time) }
    static func presence(_ change: PresenceChange) -> JSONObject { ToldLines.presence.object(change) }
    static func receipt(_ notice: ReceiptNotice) -> JSONObject { ToldLines.receipt.object(notice) }
    static func member(_ notice: MemberNotice) -> JSONObject { ToldLines.member.object(notice) }

    /// Something worth knowing that is no error; on stderr.
    static func notice(code: String, text: String, time: Timestamp) -> JSONObject {
        ToldLines.notice.object((code, text, time))
    }

    /// What happens inside, with `-v`; on stderr.
    static func log(level: String, text: String, time: Timestamp) -> JSONObject {
        ToldLines.log.object((level, text, time))
    }

    // MARK: what is asked

    static func whoAmI(_ record: WhoAmI) -> JSONObject { AskedLines.whoAmI.object(record) }

    static func profile(_ summary: ProfileSummary, current: Bool) -> JSONObject {
        AskedLines.profile.object((summary, current))
    }

    static func user(_ status: AccountStatus) -> JSONObject { AskedLines.user.object(status) }

    static func blocked(_ account: AccountRecord) -> JSONObject { AskedLines.blocked.object(account) }

    static func unread(_ count: UnreadCount) -> JSONObject {
        AskedLines.unread.object((count.count, count.conversation, count.oldest))
    }

    /// Of all conversations together.
    static func unread(total: Int) -> JSONObject { AskedLines.unread.object((total, nil, nil)) }

    static func outbox(_ item: OutboxItem) -> JSONObject { AskedLines.outbox.object(item) }
    static func resumePoint(_ point: ResumePoint) -> JSONObject { AskedLines.resumePoint.object(point) }

    static func device(_ device: AccountDevice) -> JSONObject { AskedLines.device.object(device) }

    static func key(_ key: KeySummary) -> JSONObject { AskedLines.key.object(key) }
    static func roomInfo(_ room: RoomSummary) -> JSONObject { AskedLines.roomInfo.object(room) }
    static func roomPerson(_ person: RoomPerson) -> JSONObject { AskedLines.roomPerson.object(person) }

    static func roomDevice(_ row: (person: RoomPerson, device: RoomPerson.Device)) -> JSONObject {
        AskedLines.roomDevice.object(row)
    }

    static func server(_ server: KnownServer) -> JSONObject { AskedLines.server.object(server) }
    static func check(_ check: DoctorCheck) -> JSONObject { AskedLines.check.object(check) }
}

extension ConversationName {
    /// What kind of conversation a message belongs to, as lines and handlers are told.
    var head: String {
        switch self {
        case .user: ToldLines.direct.head
        case .room: ToldLines.room.head
        case .everyone: ToldLines.everyone.head
        }
    }
}
