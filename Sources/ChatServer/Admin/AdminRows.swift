import CLISupport
import ChatProtocol
import Transport

/// The objects that administrators' commands print with `--json`, one a line.
enum AdminRows {
    static func user(_ account: StoredAccount, devices: Int) -> JSONObject {
        var object = JSONObject(head: "user")
        object["user"] = .string(account.record.name.text)
        object["display_name"] = .string(account.record.displayName)
        object["administrator"] = .bool(account.record.flags.contains(.administrator))
        object["disabled"] = .bool(account.isDisabled)
        object["deleted"] = .bool(account.isDeleted)
        object["imported_password"] = .bool(account.hashOrigin == .imported && !account.passwordHash.isEmpty)
        object["devices"] = .integer(Int64(devices))
        object["created"] = .string(TimestampText.utc(account.created))
        object["last_seen"] = account.lastSeen == 0 ? .null : .string(TimestampText.utc(account.lastSeen))
        return object
    }

    /// What an identity file holds of an account's first device besides its keys; it is not printed.
    ///
    /// - Parameter addresses: where the server that runs listens.
    static func firstDevice(
        _ device: DeviceID, of account: AccountID, _ identity: StoreIdentity, addresses: JSONValue?
    ) -> JSONObject {
        var object = JSONObject(head: "first_device")
        object["account"] = .string(account.hex)
        object["device"] = .string(device.hex)
        object["server_id"] = .string(identity.server.hex)
        object["generation"] = .string(identity.generation.hex)
        object["everyone"] = .string(identity.everyone.hex)
        object["addresses"] = addresses
        return object
    }

    /// - Parameter token: only where it has just been made; nobody can read it again.
    static func invite(_ invite: Invite, token: String? = nil) -> JSONObject {
        var object = JSONObject(head: "invite")
        object["id"] = .string(shortID(invite.id))
        object["token"] = token.map(JSONValue.string)
        object["uses_left"] = .integer(Int64(invite.usesLeft))
        object["expires"] = .string(TimestampText.utc(invite.expires))
        object["created"] = .string(TimestampText.utc(invite.created))
        object["created_by"] = .string(invite.createdBy)
        return object
    }

    /// Enough digits to tell some hundred invites apart; `revoke` takes any beginning that fits one only.
    static func shortID(_ id: InviteID) -> String { String(id.hex.prefix(12)) }

    static func room(_ room: SurveyedRoom) -> JSONObject {
        var object = JSONObject(head: "room")
        object["room"] = .string(room.name.text)
        object["conversation"] = .string(room.conversation.hex)
        object["access"] = .string("\(room.access)")
        object["members"] = .integer(Int64(room.members))
        object["devices"] = .integer(Int64(room.devices))
        object["admins"] = .array(room.admins.map { .string($0.text) })
        object["incarnation"] = .integer(Int64(room.mark.incarnation))
        object["epoch"] = .integer(Int64(clamping: room.mark.epoch.value))
        object["last_message"] = room.lastMessage.map { .string(TimestampText.utc($0)) } ?? .null
        return object
    }

    static func restored(_ store: RestoredStore) -> JSONObject {
        var object = JSONObject(head: "restored")
        object["generation"] = .string(store.generation.hex)
        object["accounts"] = .integer(Int64(store.accounts))
        object["links"] = .integer(Int64(store.links))
        object["groups"] = .integer(Int64(store.groups))
        return object
    }

    static func imported(_ imported: Int, existing: Int) -> JSONObject {
        var object = JSONObject(head: "imported")
        object["imported"] = .integer(Int64(imported))
        object["existing"] = .integer(Int64(existing))
        return object
    }

    static func fingerprint(_ pin: String) -> JSONObject {
        var object = JSONObject(head: "fingerprint")
        object["fingerprint"] = .string(pin)
        return object
    }

    /// Not printed: it holds the key.
    static func identity(_ identity: ServerIdentity) -> JSONObject {
        var object = JSONObject(head: "identity")
        object["certificate"] = .string(String(decoding: identity.certificatePEM, as: UTF8.self))
        object["key"] = .string(String(decoding: identity.keyPEM, as: UTF8.self))
        return object
    }

    static func fault(_ text: String) -> JSONObject {
        var object = JSONObject(head: "fault")
        object["text"] = .string(text)
        return object
    }
}
