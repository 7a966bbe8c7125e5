import CLISupport
import ChatClient
import ChatProtocol
import GroupRules

/// The lines that a command prints because it was asked.
enum AskedLines {
    static let whoAmI = JSONLine<WhoAmI>(
        "whoami", "who this profile is",
        [
            .text("profile", "the profile") { $0.profile.text }, .text("user", "the account's name") { $0.user.text },
            .text("display_name", "the name for people") { $0.displayName },
            .text("server", "HOST:PORT") { $0.server.text },
            .optionalText("trust", "how the server is known: ca, or SHA256:… of its key") { $0.serverTrust },
            .text("device", "this device's identifier") { $0.device.hex },
            .text("device_name", "this device's name") { $0.deviceName },
            .optionalText("fingerprint", "SHA256:… of this device's login key, while it has one") {
                $0.deviceFingerprint
            },
            .optionalText("acct1", "the account's fingerprint, once it is known here") { $0.accountKey },
            .optionalText("dev1", "the fingerprint by which this device is approved") { $0.deviceKey },
            .mark("pending", "true where this device waits to be approved") { $0.isPending },
        ])

    static let profile = JSONLine<(summary: ProfileSummary, current: Bool)>(
        "profile", "a profile of this user",
        [
            .text("profile", "its name") { $0.summary.profile.text },
            .flag("current", "whether it is the one in use") { $0.current },
            .optionalText("user", "its account; none: not logged in") { $0.summary.user?.text },
            .optionalText("server", "HOST:PORT") { $0.summary.server?.text },
            .optionalText("code", "why it cannot be used") { $0.summary.problem?.code },
        ])

    static let user = JSONLine<AccountStatus>(
        "user", "a user of the server",
        [
            .text("user", "the name") { $0.account.name.text },
            .text("display_name", "the name for people") { $0.account.displayName },
            .flag("online", "whether a connection takes deliveries") { $0.online },
            .optionalTime("last_seen", "when the last such connection ended") { $0.lastSeen == 0 ? nil : $0.lastSeen },
        ])

    static let blocked = JSONLine<AccountRecord>(
        "blocked", "a user of whom nothing is taken",
        [.text("user", "the name") { $0.name.text }, .text("display_name", "the name for people") { $0.displayName }])

    /// Without a conversation: of all together.
    typealias Unread = (count: Int, conversation: ConversationName?, oldest: Timestamp?)

    static let unread = JSONLine<Unread>(
        "unread", "messages that were not shown; without conv: of all conversations",
        [
            .optionalText("conv", "the conversation") { $0.conversation?.text },
            .integer("count", "how many") { $0.count },
            .optionalTime("oldest", "when the server took the first of them") { $0.oldest },
        ])

    static let outbox = JSONLine<OutboxItem>(
        "outbox", "a message that waits to be sent, or was refused",
        [
            .uuid("id", "the message's identifier") { $0.id },
            .text("conv", "the conversation: @USER, #ROOM, or * for everybody") { $0.conversation.text },
            .choice("status", "whether it will be tried again") { $0.state },
            .time("time", "when it was queued") { $0.queued },
            .optionalTime("expires", "when it is dropped") { $0.expires },
            .integer("attempts", "how often it was tried from the outbox") { $0.attempts },
            .optionalText("code", "the last error") { $0.code }, .text("body", "the text") { $0.body },
        ])

    static let resumePoint = JSONLine<ResumePoint>(
        "resume", "a resume point",
        [
            .text("name", "its name") { $0.name.text },
            .text("cursor", "where it stands; opaque") { $0.cursor.text },
            .time("time", "when it last moved") { $0.moved },
            .integer("waiting", "received messages behind it") { $0.waiting },
            .optionalInteger("pid", "the process that uses it") { $0.holder },
        ])

    static let device = JSONLine<AccountDevice>(
        "device", "a device of this account",
        [
            .text("id", "its identifier") { $0.record.id.hex }, .text("name", "its name") { $0.record.name },
            .choice("state", of: DeviceState.allCases.map(\.name) + ["lost"], "whether it can log in") {
                $0.isLost ? "lost" : $0.record.state.name
            },
            .flag("this", "whether it is the one that asks") { $0.isThis },
            .optionalTime("created", "when it was made, where the server knows it") {
                $0.isLost ? nil : $0.record.created
            },
            .optionalTime("last_seen", "when it was last here") {
                $0.record.lastSeen == 0 ? nil : $0.record.lastSeen
            },
            .flag("online", "whether it takes deliveries") { $0.record.online },
            .optionalText("dev1", "its fingerprint, once it is approved") { $0.fingerprint },
            .mark("certifies", "true where it approves and revokes others") { $0.certifies },
            .optionalText("identity", "of the devices in an identity file: once, or reusable") { $0.enrols?.rawValue },
        ])

    static let key = JSONLine<KeySummary>(
        "key", "a user's key",
        [
            .text("user", "the name") { $0.user.text },
            .text("fingerprint", "acct1:… of the key that is trusted") { "\($0.fingerprint)" },
            .choice("trust", "how it stands") { $0.trust },
            .flag("own", "whether it is this account's") { $0.isOwn },
            .flag("met", "whether the user was met; else somebody has only compared it") { $0.isMet },
            .optionalTime("since", "when the user was met first") { $0.since },
            .optionalText("new", "acct1:… of the key that came instead") { $0.present.map { "\($0)" } },
            .optionalText("alarm", "why what the server says of it cannot be believed") { $0.alarm },
            .optionalTexts("devices", "dev1:… of the user's devices") { key in
                key.devices.isEmpty ? nil : key.devices.map { "\($0.fingerprint)" }
            },
            .optionalText("short", "sixty digits for two people to read to each other") {
                $0.spoken.map { "\($0)" }
            },
        ])

    static let roomInfo = JSONLine<RoomSummary>(
        "room_info", "a room",
        [
            .text("conv", "the conversation: #ROOM") { "#\($0.name)" },
            .text("room", "the name") { $0.name.text },
            .choice("access", "who comes in: whoever joins, or who is added; unfounded: its maker has not finished it")
            {
                $0.access
            },
            .flag("member", "whether this account is in it") { $0.isMember },
            .optionalNames("admins", "who adds others") { $0.admins },
            .optionalInteger("members", "how many users are in it, where that is told") { $0.members },
            .mark("changed", "true where the name was another room's here: nothing is sent there") { $0.isChanged },
        ])

    private static func member<Value>(_ part: @escaping @Sendable (Value) -> RoomPerson) -> [JSONLine<Value>.Field] {
        [
            .text("user", "the name") { part($0).user.text },
            .text("display_name", "the name for people") { part($0).displayName },
            .flag("own", "whether it is this account") { part($0).isOwn },
            .flag("admin", "whether the user is an admin of the room") { part($0).isAdmin },
            .optionalChoice("trust", "how the user's key stands, where anything is known of it") { part($0).trust },
        ]
    }

    static let roomPerson = JSONLine<RoomPerson>(
        "room_member", "somebody in a room",
        member { $0 } + [.integer("device_count", "how many devices of the user read along") { $0.devices.count }])

    static let roomDevice = JSONLine<(person: RoomPerson, device: RoomPerson.Device)>(
        "room_device", "a device that reads a room",
        member { $0.person } + [
            .text("device", "its identifier") { $0.device.id.hex },
            .flag("known", "whether the user's key, as it is known here, has this device") { $0.device.isKnown },
        ])

    static let server = JSONLine<KnownServer>(
        "server", "a server that is known",
        [
            .text("server", "HOST:PORT") { $0.address.text },
            .text("trust", "ca, or SHA256:… of its key") { server in
                switch server.standing {
                case .authority: "ca"
                case .pin(let pin): "\(pin)"
                }
            },
        ])

    static let check = JSONLine<DoctorCheck>(
        "check", "what doctor looked at",
        [
            .text("name", "what") { $0.name }, .choice("status", "how it stands") { $0.status },
            .text("text", "what was found") { $0.text }, .optionalText("hint", "what to do") { $0.problem?.hint },
            .optionalText("code", "the name of the error") { $0.problem?.code },
            .optionalInteger("exit", "the exit status that it means") { $0.problem?.exit.rawValue },
        ])
}

extension DeviceState {
    /// As lines and tables call it.
    var name: String {
        switch self {
        case .pending: "pending"
        case .active: "active"
        case .revoked: "revoked"
        case .suspended: "suspended"
        }
    }
}
