import CLISupport
import ChatProtocol
import WireCodec

/// Tells what an account holds and what it wrote, as far as it is kept, a step at a time: each is bounded, so that
/// neither the server nor the line to the administrator has to hold much, and others get between.
struct AccountExport {
    let store: any Store
    let account: StoredAccount

    /// What one step reads of the logs at most: payload bytes, entries, and conversations, of which most are short.
    private static let bytes = 1 << 20
    private static let entries = 1_000
    private static let conversations = 50

    /// - Parameter position: nil: at the beginning.
    /// - Returns: where to go on; nil where that was all.
    func step(from position: ExportPosition?, emit: Administration.Emit) async throws -> ExportPosition? {
        guard var position else {
            try await tellAccount(emit)
            return .conversations(after: nil)
        }
        var room = (bytes: Self.bytes, entries: Self.entries, conversations: Self.conversations)
        while room.bytes > 0, room.entries > 0, room.conversations > 0 {
            switch position {
            case .conversations(let after):
                let next = try await store.memberships(of: account.record.id, after: after, limit: 1).first
                guard let next else { return nil }
                emit(ExportRows.conversation(next, called: try await name(of: next.conversation)))
                room.conversations -= 1
                position = .entries(of: next.conversation.id, after: 0)
            case .entries(let conversation, let seq):
                let page = try await store.page(of: conversation, after: seq, entries: room.entries, bytes: room.bytes)
                for case .entry(let entry) in page.rows {
                    room.entries -= 1
                    room.bytes -= entry.payload.count
                    if entry.sender == account.record.id { emit(ExportRows.entry(entry)) }
                }
                position =
                    page.isLast ? .conversations(after: conversation) : .entries(of: conversation, after: page.through)
            }
        }
        return position
    }

    private func tellAccount(_ emit: Administration.Emit) async throws {
        let devices = try await store.devices(of: account.record.id)
        emit(AdminRows.user(account, devices: devices.count))
        for device in devices { emit(ExportRows.device(device)) }
    }

    /// As the account's own programs call it.
    private func name(of conversation: ConversationInfo) async throws -> String? {
        switch conversation.audience {
        case .everyone: return "*"
        case .room: return try await store.roomName(of: conversation.id).map { "#\($0)" }
        case .direct(let low, let high):
            let other = low == account.record.id ? high : low
            return try await store.account(other).map { "@\($0.record.name.text)" }
        }
    }
}

/// The objects of an export, one a line. Their keys never change their meaning and are only added.
enum ExportRows {
    static func device(_ device: DeviceRecord) -> JSONObject {
        var object = JSONObject(head: "device")
        object["device"] = .string(device.id.hex)
        object["name"] = .string(device.name)
        object["state"] = .string("\(device.state)")
        object["created"] = .string(TimestampText.utc(device.created))
        object["last_seen"] = device.lastSeen == 0 ? .null : .string(TimestampText.utc(device.lastSeen))
        return object
    }

    static func conversation(_ membership: Membership, called name: String?) -> JSONObject {
        var object = JSONObject(head: "conversation")
        object["conversation"] = .string(membership.conversation.id.hex)
        object["conv"] = name.map(JSONValue.string) ?? .null
        object["joined_after"] = .integer(Int64(clamping: membership.start.value))
        object["read"] = .integer(Int64(clamping: membership.read.value))
        return object
    }

    /// The payload is told as it was given: the server opens none.
    static func entry(_ entry: Entry) -> JSONObject {
        var object = JSONObject(head: "entry")
        object["conversation"] = .string(entry.conversation.hex)
        object["seq"] = .integer(Int64(clamping: entry.seq.value))
        object["id"] = .string(entry.id.uuid)
        object["time"] = .string(TimestampText.utc(entry.time))
        object["device"] = .string(entry.device.hex)
        object["kind"] = .integer(Int64(entry.payloadKind))
        object["payload"] = .string(Base64.encode(entry.payload, padded: true))
        return object
    }

    /// The last line, so that a part is not taken for the whole.
    static func end(of user: UserName, lines: Int) -> JSONObject {
        var object = JSONObject(head: "exported")
        object["user"] = .string(user.text)
        object["lines"] = .integer(Int64(lines))
        return object
    }
}
