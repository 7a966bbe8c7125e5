import CLISupport
import ChatClient
import ChatProtocol

/// The objects that `--json` prints. `LineShape` describes each; a test holds both together.
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
        case .offline: nil
        }
    }

    static func message(_ message: ReceivedMessage) -> JSONObject {
        var object = JSONObject(head: message.conversation.head)
        object["id"] = .string(message.id.uuid)
        object["conv"] = .string(message.conversation.text)
        object["seq"] = place(message.seq)
        object["cursor"] = (message.cursor?.text).map(JSONValue.string)
        object["time"] = time(message.time)
        object["ts"] = TimestampText.seconds(message.time)
        object["sent"] = time(message.sent)
        object["from"] = .string(message.from.text)
        object["from_device"] = .string(message.fromDevice.hex)
        object["own"] = .bool(message.own)
        object["to"] = (message.to?.text).map(JSONValue.string)
        object["body"] = .string(message.body)
        object["reply_to"] = (message.replyTo?.uuid).map(JSONValue.string)
        object["auto"] = message.auto ? .bool(true) : nil
        return object
    }

    /// The answer to a question.
    ///
    /// - Parameter choice: which of the choices it was; nil where there were none.
    static func answer(_ message: ReceivedMessage, choice: String?) -> JSONObject {
        var object = Self.message(message)
        object["choice"] = choice.map(JSONValue.string)
        return object
    }

    static func gap(_ gap: GapNotice) -> JSONObject {
        var object = JSONObject(head: "gap")
        object["conv"] = .string(gap.conversation.text)
        object["reason"] = .string(gap.reason.rawValue)
        object["cursor"] = (gap.cursor?.text).map(JSONValue.string)
        object["time"] = time(gap.time)
        object["missed"] = gap.missed.map { .integer(Int64(clamping: $0)) }
        return object
    }

    static func acknowledgement(_ acknowledgement: Acknowledgement, user: UserName? = nil) -> JSONObject {
        var object = JSONObject(head: "ack")
        object["id"] = (acknowledgement.id?.uuid).map(JSONValue.string)
        object["conv"] = .string(acknowledgement.conversation.text)
        object["user"] = (user?.text).map(JSONValue.string)
        object["seq"] = acknowledgement.seq.map(place)
        object["time"] = time(acknowledgement.time)
        object["status"] = .string(acknowledgement.status.rawValue)
        object["code"] = (acknowledgement.problem?.code).map(JSONValue.string)
        return object
    }

    static func login(_ notice: LoginNotice) -> JSONObject {
        var object = JSONObject(head: "login")
        object["time"] = time(notice.time)
        object["user"] = .string(notice.user.text)
        object["display_name"] = .string(notice.displayName)
        object["server"] = .string(notice.server.text)
        object["device"] = .string(notice.device.hex)
        object["device_name"] = .string(notice.deviceName)
        return object
    }

    static func live(time: Timestamp) -> JSONObject {
        var object = JSONObject(head: "live")
        object["time"] = Self.time(time)
        return object
    }

    static func presence(_ change: PresenceChange) -> JSONObject {
        var object = JSONObject(head: "meta")
        object["delta"] = change.change == .full ? nil : .bool(true)
        object["time"] = time(change.time)
        object[change.change == .offline ? "offline" : "online"] = .array(change.users.map { .string($0.text) })
        return object
    }

    static func receipt(_ notice: ReceiptNotice) -> JSONObject {
        var object = JSONObject(head: "receipt")
        object["conv"] = .string(notice.conversation.text)
        object["time"] = time(notice.time)
        object["user"] = .string(notice.user.text)
        object["delivered"] = place(notice.delivered)
        object["read"] = place(notice.read)
        return object
    }

    /// Something worth knowing that is no error; on stderr.
    static func notice(code: String, text: String, time: Timestamp) -> JSONObject {
        var object = JSONObject(head: "notice")
        object["time"] = Self.time(time)
        object["code"] = .string(code)
        object["text"] = .string(text)
        return object
    }

    /// What happens inside, with `-v`; on stderr.
    static func log(level: String, text: String, time: Timestamp) -> JSONObject {
        var object = JSONObject(head: "log")
        object["time"] = Self.time(time)
        object["level"] = .string(level)
        object["text"] = .string(text)
        return object
    }

    // MARK: what is asked

    static func whoAmI(_ record: WhoAmI) -> JSONObject {
        var object = JSONObject(head: "whoami")
        object["profile"] = .string(record.profile.text)
        object["user"] = .string(record.user.text)
        object["display_name"] = .string(record.displayName)
        object["server"] = .string(record.server.text)
        object["trust"] = record.serverTrust.map(JSONValue.string)
        object["device"] = .string(record.device.hex)
        object["device_name"] = .string(record.deviceName)
        object["fingerprint"] = .string(record.deviceFingerprint)
        return object
    }

    static func profile(_ summary: ProfileSummary, current: Bool) -> JSONObject {
        var object = JSONObject(head: "profile")
        object["profile"] = .string(summary.profile.text)
        object["current"] = .bool(current)
        object["user"] = (summary.user?.text).map(JSONValue.string)
        object["server"] = (summary.server?.text).map(JSONValue.string)
        object["code"] = (summary.problem?.code).map(JSONValue.string)
        return object
    }

    static func user(_ status: AccountStatus) -> JSONObject {
        var object = JSONObject(head: "user")
        object["user"] = .string(status.account.name.text)
        object["display_name"] = .string(status.account.displayName)
        object["online"] = .bool(status.online)
        object["last_seen"] = status.lastSeen == 0 ? nil : time(status.lastSeen)
        return object
    }

    static func unread(_ count: UnreadCount) -> JSONObject {
        var object = JSONObject(head: "unread")
        object["conv"] = .string(count.conversation.text)
        object["count"] = .integer(Int64(count.count))
        object["oldest"] = time(count.oldest)
        return object
    }

    /// Of all conversations together.
    static func unread(total: Int) -> JSONObject {
        var object = JSONObject(head: "unread")
        object["count"] = .integer(Int64(total))
        return object
    }

    static func outbox(_ item: OutboxItem) -> JSONObject {
        var object = JSONObject(head: "outbox")
        object["id"] = .string(item.id.uuid)
        object["conv"] = .string(item.conversation.text)
        object["status"] = .string(item.state.rawValue)
        object["time"] = time(item.queued)
        object["expires"] = item.expires.map(time)
        object["attempts"] = .integer(Int64(item.attempts))
        object["code"] = item.code.map(JSONValue.string)
        object["body"] = .string(item.body)
        return object
    }

    static func resumePoint(_ point: ResumePoint) -> JSONObject {
        var object = JSONObject(head: "resume")
        object["name"] = .string(point.name.text)
        object["cursor"] = .string(point.cursor.text)
        object["time"] = time(point.moved)
        object["waiting"] = .integer(Int64(point.waiting))
        object["pid"] = point.holder.map { .integer(Int64($0)) }
        return object
    }

    static func device(_ record: DeviceRecord, isThis: Bool) -> JSONObject {
        var object = JSONObject(head: "device")
        object["id"] = .string(record.id.hex)
        object["name"] = .string(record.name)
        object["state"] = .string(name(of: record.state))
        object["this"] = .bool(isThis)
        object["created"] = time(record.created)
        object["last_seen"] = record.lastSeen == 0 ? nil : time(record.lastSeen)
        object["online"] = .bool(record.online)
        return object
    }

    static func name(of state: DeviceState) -> String {
        switch state {
        case .pending: "pending"
        case .active: "active"
        case .revoked: "revoked"
        }
    }

    static func server(_ server: KnownServer) -> JSONObject {
        var object = JSONObject(head: "server")
        object["server"] = .string(server.address.text)
        switch server.standing {
        case .authority: object["trust"] = .string("ca")
        case .pin(let pin): object["trust"] = .string("\(pin)")
        }
        return object
    }

    static func check(_ check: DoctorCheck) -> JSONObject {
        var object = JSONObject(head: "check")
        object["name"] = .string(check.name)
        object["status"] = .string(check.status.rawValue)
        object["text"] = .string(check.text)
        object["hint"] = (check.problem?.hint).map(JSONValue.string)
        object["code"] = (check.problem?.code).map(JSONValue.string)
        object["exit"] = (check.problem?.exit.rawValue).map { .integer(Int64($0)) }
        return object
    }

    // MARK: parts

    private static func time(_ time: Timestamp) -> JSONValue { .string(TimestampText.utc(time)) }
    private static func place(_ seq: SequenceNumber) -> JSONValue { .integer(Int64(clamping: seq.value)) }
}

extension ConversationName {
    /// What kind of conversation a message belongs to, as lines and handlers are told.
    var head: String {
        switch self {
        case .user: "dm"
        case .room: "room"
        case .everyone: "bcast"
        }
    }
}
